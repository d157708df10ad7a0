#pragma once

#include <string>

#include "client/service_connection.h"
#include "longhaul/service.h"

namespace lh {

/// Creates one upload exactly once, also if the service ends meanwhile, and starts it if asked.
/// Throws hresult_error, at once for parts that no body can be made of.
[[nodiscard]] TransferId create_upload(ServiceConnection& connection, TransferSettings settings,
                                       const std::string& url, bool start);
[[nodiscard]] std::string create_upload(ServiceConnection& connection,
                                        const longhaul::UploadSettings& settings,
                                        const std::string& url, bool start);

}  // namespace lh
