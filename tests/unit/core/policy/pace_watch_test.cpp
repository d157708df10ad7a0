#include "core/policy/pace_watch.h"

#include <gtest/gtest.h>

namespace lh {
namespace {

using namespace std::chrono_literals;
using Pace = PaceWatch::Pace;

const TimePoint t0 = TimePoint(1000s);

PaceWatch started() {
  PaceWatch watch(30s, 4096);
  watch.started(t0, 1000);
  return watch;
}

TEST(PaceWatch, SaysNothingBeforeTheWindowIsOver) {
  PaceWatch watch = started();
  EXPECT_EQ(watch.next(), t0 + 30s);
  EXPECT_EQ(watch.look(t0 + 29s, 1000), std::nullopt);
}

TEST(PaceWatch, OneThatMovesIsNotStuckWindowAfterWindow) {
  PaceWatch watch = started();
  EXPECT_EQ(watch.look(t0 + 30s, 1000 + 4096), std::nullopt);
  EXPECT_EQ(watch.next(), t0 + 60s);
  EXPECT_EQ(watch.look(t0 + 60s, 1000 + 2 * 4096), std::nullopt);
}

TEST(PaceWatch, ATrickleIsStuckAndSaysSoEveryWindow) {
  PaceWatch watch = started();
  EXPECT_EQ(watch.look(t0 + 10s, 1001), std::nullopt);
  EXPECT_EQ(watch.look(t0 + 30s, 1000 + 4095), Pace::Stuck);
  EXPECT_EQ(watch.look(t0 + 31s, 1000 + 4096), std::nullopt) << "counted from the last window";
  EXPECT_EQ(watch.look(t0 + 60s, 1000 + 4097), Pace::Stuck);
}

TEST(PaceWatch, MovesAgainAsSoonAsEnoughHasCome) {
  PaceWatch watch = started();
  ASSERT_EQ(watch.look(t0 + 30s, 1000), Pace::Stuck);
  EXPECT_EQ(watch.look(t0 + 31s, 5095), std::nullopt);
  EXPECT_EQ(watch.look(t0 + 32s, 5096), Pace::Moving);
  EXPECT_EQ(watch.look(t0 + 33s, 9999), std::nullopt) << "told once";
  EXPECT_EQ(watch.next(), t0 + 62s);
}

TEST(PaceWatch, BytesThatWereThrownAwayAreAMove) {
  PaceWatch watch = started();
  ASSERT_EQ(watch.look(t0 + 30s, 1000), Pace::Stuck);
  EXPECT_EQ(watch.look(t0 + 31s, 10), Pace::Moving);
}

}  // namespace
}  // namespace lh
