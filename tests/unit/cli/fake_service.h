#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "longhaul/service.h"

namespace lh::cli {

/// What stands behind longhaul::TransferService in these tests: no daemon, no bus. Commands see the
/// transfers put here; what they ask for is recorded.
struct FakeService {
  std::vector<longhaul::TransferInfo> transfers;
  /// Delivered in one go when somebody watches, after the present state.
  std::vector<longhaul::TransferEvent> news;
  std::function<void()> on_watch;
  std::string content;
  /// The call of CreateDownloads, counted from 1, that is refused.
  std::optional<std::size_t> refused_creation;
  std::size_t creations = 0;
  std::vector<std::string> calls;  ///< "create 2 named paused", "pause ID", …

  longhaul::TransferInfo& add(const std::string& id, longhaul::BackgroundTransferStatus status);
  [[nodiscard]] longhaul::TransferInfo* find(const std::string& id);
};

/// The one that is in force; empty at first and after reset_service().
[[nodiscard]] FakeService& fake_service();
void reset_service();

}  // namespace lh::cli
