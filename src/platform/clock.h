#pragma once

#include "core/base/time.h"

namespace lh {

/// Gives service time (see TimePoint). Simulations replace it.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual TimePoint now() const = 0;
};

/// UTC when it was made, plus CLOCK_BOOTTIME since then. Any thread.
class SystemClock final : public Clock {
 public:
  SystemClock();
  [[nodiscard]] TimePoint now() const override;

 private:
  TimePoint utc_at_start_;
  std::chrono::milliseconds boottime_at_start_;
};

}  // namespace lh
