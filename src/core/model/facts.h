#pragma once

#include <optional>

#include "core/base/time.h"

namespace lh {

/// NetworkCostType (companions.md, section 8).
enum class NetworkCostType { Unknown = 0, Unrestricted = 1, Fixed = 2, Variable = 3 };

struct NetworkFacts {
  bool connected = true;
  std::optional<TimePoint> since;  ///< when `connected` last changed
  NetworkCostType cost = NetworkCostType::Unknown;
  bool roaming = false;
  bool over_limit = false;
  bool approaching_limit = false;
  bool restricted = false;

  friend bool operator==(const NetworkFacts&, const NetworkFacts&) = default;
};

struct PowerFacts {
  bool holds_background = false;  ///< battery or saver forbids background work
  std::optional<TimePoint> since;

  friend bool operator==(const PowerFacts&, const PowerFacts&) = default;
};

/// Everything outside the transfers themselves that decisions depend on.
struct Facts {
  NetworkFacts network;
  PowerFacts power;
  bool draining = false;  ///< the service is leaving: nothing new starts

  friend bool operator==(const Facts&, const Facts&) = default;
};

}  // namespace lh
