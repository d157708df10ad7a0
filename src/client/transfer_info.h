#pragma once

#include "core/model/snapshot.h"
#include "ipc/codec.h"
#include "longhaul/service.h"

namespace lh {

/// Model values in the words of service.h.
[[nodiscard]] longhaul::TransferInfo to_info(Snapshot snapshot);
[[nodiscard]] longhaul::TransferEvent to_event(const Change& change);
[[nodiscard]] longhaul::TransferDetails to_details(Snapshot snapshot, Details details);
[[nodiscard]] longhaul::ServiceStatus to_service_status(StatusReport report);

}  // namespace lh
