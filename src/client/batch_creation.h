#pragma once

#include <string>
#include <vector>

#include "client/service_connection.h"
#include "longhaul/service.h"

namespace lh {

/// Creates all or none, in the order given, and starts them if asked; large batches in pieces.
/// Throws hresult_error.
[[nodiscard]] std::vector<std::string> create_downloads(
    ServiceConnection& connection, const longhaul::DownloadSettings& settings,
    const std::vector<longhaul::DownloadItem>& items, bool start);

}  // namespace lh
