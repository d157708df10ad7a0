#pragma once

#include "platform/clock.h"

namespace lh::sim {

/// Moves only when it is told to, and never backwards.
class VirtualClock final : public Clock {
 public:
  [[nodiscard]] TimePoint now() const override { return now_; }
  void advance_to(TimePoint when) {
    if (when > now_) now_ = when;
  }

 private:
  TimePoint now_{std::chrono::hours(24 * 365 * 55)};
};

}  // namespace lh::sim
