#pragma once

#include <cstdint>
#include <memory>

#include "client/content_follower.h"
#include "client/service_connection.h"
#include "longhaul/storage/input_stream.h"

namespace lh {

/// GetResultStreamAt: the content of `snapshot` from `position` on. Does not wait.
[[nodiscard]] longhaul::IInputStream open_result_stream(
    const std::shared_ptr<ServiceConnection>& connection, const Snapshot& snapshot,
    std::uint64_t position, ContentFollower::Kept kept);

}  // namespace lh
