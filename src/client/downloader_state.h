#pragma once

#include <mutex>

#include "ipc/codec.h"
#include "longhaul/security/password_credential.h"

namespace longhaul::detail {

/// The settings behind the handles of a downloader.
struct DownloaderState {
  std::mutex mutex;
  lh::TransferSettings settings;
  PasswordCredential server_credential = nullptr;
  PasswordCredential proxy_credential = nullptr;
  bool has_proxy = false;  ///< in `settings`; else that of the environment is used
};

}  // namespace longhaul::detail
