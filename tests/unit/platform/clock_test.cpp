#include "platform/clock.h"

#include <gtest/gtest.h>

namespace lh {
namespace {

TEST(SystemClock, StartsAtTheTimeOfDay) {
  const auto before =
      std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
  const SystemClock clock;
  const TimePoint now = clock.now();
  EXPECT_GE(now, before - std::chrono::milliseconds(2));
  EXPECT_LE(now, before + std::chrono::minutes(1));
}

TEST(SystemClock, NeverRunsBackwards) {
  const SystemClock clock;
  TimePoint last = clock.now();
  for (int i = 0; i < 100'000; ++i) {
    const TimePoint now = clock.now();
    ASSERT_GE(now, last);
    last = now;
  }
}

}  // namespace
}  // namespace lh
