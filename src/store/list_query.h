#pragma once

#include <cstdint>
#include <vector>

#include "core/base/result.h"
#include "store/database.h"
#include "store/transfer_store.h"

namespace lh {

/// Sequences of the operations that match `filter`, ascending, after `after`; at most `limit`.
/// InvalidArgument for an id prefix of less than 4 characters; one that no id can have finds
/// nothing.
[[nodiscard]] Result<std::vector<std::int64_t>> find_listed(Database& database,
                                                            const ListFilter& filter,
                                                            std::uint64_t after,
                                                            std::uint32_t limit);

}  // namespace lh
