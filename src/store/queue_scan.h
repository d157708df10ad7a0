#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/policy/scheduler.h"
#include "store/database.h"

namespace lh {

/// Rows (by sequence) of queued operations in queue order after `after`, without those of
/// `busy_origins`; at most `limit`. The work grows with `limit` and with the number of different
/// origins that wait, not with the number of rows of busy ones.
[[nodiscard]] Result<std::vector<std::int64_t>> scan_queue(
    Database& database, QueueKey after, const std::vector<std::string>& busy_origins,
    std::uint32_t limit);

}  // namespace lh
