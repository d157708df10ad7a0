#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "client/service_connection.h"
#include "longhaul/storage/input_stream.h"
#include "platform/unique_fd.h"

namespace lh {

/// Gives what comes next, at most as much as fits, and waits for it; 0 at the end. May throw.
using BodyReader = std::function<std::size_t(std::span<std::uint8_t>)>;

/// Reads to the end into a file without a name, which the service then copies (R57). Throws
/// hresult_error if the disk fails or the service takes no stream of this length, and what `read`
/// throws.
[[nodiscard]] std::shared_ptr<UniqueFd> spool_body(ServiceConnection& connection,
                                                   const BodyReader& read);

/// A stream of the app's. Blocks in its reads: not for the thread that its handlers run on.
[[nodiscard]] BodyReader reader_of(longhaul::IInputStream stream);

}  // namespace lh
