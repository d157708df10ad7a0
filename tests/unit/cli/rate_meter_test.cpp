#include "cli/rate_meter.h"

#include <gtest/gtest.h>

namespace lh::cli {
namespace {

using namespace std::chrono_literals;

class RateMeterTest : public testing::Test {
 protected:
  RateMeter meter;
  RateMeter::Moment now{100s};

  /// `rate` bytes a second for that long, told ten times a second.
  void run(std::uint64_t& bytes, std::uint64_t rate, std::chrono::milliseconds duration) {
    for (auto passed = 0ms; passed < duration; passed += 100ms) {
      now += 100ms;
      bytes += rate / 10;
      meter.note(now, bytes);
    }
  }
};

TEST_F(RateMeterTest, SaysNothingBeforeThereIsEnoughToSay) {
  EXPECT_EQ(meter.rate(now), std::nullopt);
  meter.note(now, 0);
  EXPECT_EQ(meter.rate(now), std::nullopt);
}

TEST_F(RateMeterTest, DoesNotCountWhatWasThereBefore) {
  std::uint64_t bytes = 1'000'000'000;
  meter.note(now, bytes);
  run(bytes, 1000, 2s);
  EXPECT_NEAR(*meter.rate(now), 1000, 1);
}

TEST_F(RateMeterTest, FollowsAChangeWithinItsWindow) {
  std::uint64_t bytes = 0;
  meter.note(now, bytes);
  run(bytes, 1000, 10s);
  run(bytes, 5000, 6s);
  EXPECT_NEAR(*meter.rate(now), 5000, 100);
}

TEST_F(RateMeterTest, IsSmooth) {
  std::uint64_t bytes = 0;
  meter.note(now, bytes);
  run(bytes, 10'000, 10s);
  const double before = *meter.rate(now);
  run(bytes, 0, 500ms);
  EXPECT_GT(*meter.rate(now), before * 0.8) << "half a second of silence is no news";
}

TEST_F(RateMeterTest, FallsToNothingWhenNothingComes) {
  std::uint64_t bytes = 0;
  meter.note(now, bytes);
  run(bytes, 10'000, 10s);
  EXPECT_NEAR(*meter.rate(now + 20s), 0, 1);
}

TEST_F(RateMeterTest, BeginsAnewAfterARestart) {
  std::uint64_t bytes = 0;
  meter.note(now, bytes);
  run(bytes, 10'000, 3s);
  meter.note(now, 0);
  EXPECT_EQ(meter.rate(now), std::nullopt);
}

TEST_F(RateMeterTest, IsRightWhenNewsComesInQuickSuccession) {
  std::uint64_t bytes = 0;
  meter.note(now, bytes);
  for (int i = 0; i < 3000; ++i) {
    now += 1ms;
    meter.note(now, bytes += 10);
  }
  EXPECT_NEAR(*meter.rate(now), 10'000, 200);
}

}  // namespace
}  // namespace lh::cli
