#pragma once

#include "ipc/codec.h"
#include "longhaul/service.h"

namespace lh {

/// The settings of service.h as they cross the bus, but for a BodyStream. Throws hresult_error for
/// bad ones.
[[nodiscard]] TransferSettings to_model(const longhaul::DownloadSettings& settings);
[[nodiscard]] TransferSettings to_model(const longhaul::UploadSettings& settings);

/// Throws for what the bus cannot carry.
void require_all_utf8(const TransferSettings& settings);

}  // namespace lh
