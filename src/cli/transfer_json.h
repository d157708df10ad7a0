#pragma once

#include <string>

#include "longhaul/service.h"

namespace lh::cli {

// Each gives one line without its line break, with the keys and their order as documented in
// longhaul(1).

[[nodiscard]] std::string transfer_json(const longhaul::TransferInfo& transfer);
[[nodiscard]] std::string details_json(const longhaul::TransferDetails& details);
[[nodiscard]] std::string event_json(const longhaul::TransferEvent& event);
[[nodiscard]] std::string status_json(const longhaul::ServiceStatus& status);

/// "created", "state", "progress", "response", "ended", "forgotten".
[[nodiscard]] std::string event_name(longhaul::TransferEvent::What what);

}  // namespace lh::cli
