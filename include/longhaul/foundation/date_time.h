#pragma once

/// @file
/// Points and spans of time in units of 100 ns; points count from 1601-01-01 UTC.

#include <chrono>
#include <cstdint>
#include <ratio>

namespace longhaul {

using TimeSpan = std::chrono::duration<std::int64_t, std::ratio<1, 10'000'000>>;

struct clock {
  using rep = std::int64_t;
  using period = TimeSpan::period;
  using duration = TimeSpan;
  using time_point = std::chrono::time_point<clock, TimeSpan>;
  static constexpr bool is_steady = false;

  /// From 1601 to 1970.
  static constexpr std::chrono::seconds kEpochDifference{11'644'473'600};

  [[nodiscard]] static time_point now() noexcept {
    return from_sys(std::chrono::system_clock::now());
  }
  template <typename Duration>
  [[nodiscard]] static time_point from_sys(std::chrono::sys_time<Duration> time) noexcept {
    return time_point(std::chrono::duration_cast<TimeSpan>(time.time_since_epoch()) +
                      kEpochDifference);
  }
  [[nodiscard]] static std::chrono::sys_time<TimeSpan> to_sys(time_point time) noexcept {
    return std::chrono::sys_time<TimeSpan>(time.time_since_epoch() - kEpochDifference);
  }
  [[nodiscard]] static std::time_t to_time_t(time_point time) noexcept {
    return std::chrono::system_clock::to_time_t(
        std::chrono::time_point_cast<std::chrono::system_clock::duration>(to_sys(time)));
  }
  [[nodiscard]] static time_point from_time_t(std::time_t time) noexcept {
    return from_sys(std::chrono::system_clock::from_time_t(time));
  }
};

using DateTime = clock::time_point;

}  // namespace longhaul
