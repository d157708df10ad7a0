#pragma once

#include <optional>
#include <string_view>

#include "longhaul/background_transfer_types.h"

namespace lh {

/// Enumerator name as in api.md and the JSON: "PausedByApplication".
[[nodiscard]] std::string_view status_name(longhaul::BackgroundTransferStatus status);
[[nodiscard]] std::optional<longhaul::BackgroundTransferStatus> parse_status(std::string_view name);

}  // namespace lh
