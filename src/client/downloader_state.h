#pragma once

#include <mutex>

#include "ipc/codec.h"

namespace longhaul::detail {

/// The settings behind the handles of a downloader.
struct DownloaderState {
  std::mutex mutex;
  lh::DownloadSettingsModel settings;
};

}  // namespace longhaul::detail
