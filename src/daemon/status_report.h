#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/model/facts.h"
#include "ipc/codec.h"

namespace lh {

/// What does not change while the service runs.
struct ServiceFacts {
  std::string version;
  std::int32_t pid = 0;
  TimePoint since{};
  std::string state_folder;
  std::string config_file;
};

using StatusCounts = std::vector<std::pair<BackgroundTransferStatus, std::uint64_t>>;

/// What `longhaul status` shows.
[[nodiscard]] StatusReport make_status_report(const ServiceFacts& service, const Facts& facts,
                                              const StatusCounts& counts,
                                              const std::string& secrets);

}  // namespace lh
