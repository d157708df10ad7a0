#include "platform/clock.h"

#include <ctime>

namespace lh {
namespace {

// CLOCK_BOOTTIME rather than CLOCK_MONOTONIC: a retry that falls due while the machine sleeps is
// due when it wakes up.
std::chrono::milliseconds boottime() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
}

}  // namespace

SystemClock::SystemClock()
    : utc_at_start_(std::chrono::time_point_cast<std::chrono::milliseconds>(
          std::chrono::system_clock::now())),
      boottime_at_start_(boottime()) {}

TimePoint SystemClock::now() const {
  return utc_at_start_ + (boottime() - boottime_at_start_);
}

}  // namespace lh
