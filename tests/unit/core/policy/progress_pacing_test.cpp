#include "core/policy/progress_pacing.h"

#include <gtest/gtest.h>

namespace lh {
namespace {

using namespace std::chrono_literals;

const TimePoint t0 = TimePoint(1000s);

TEST(ProgressPacer, R25_AtMostTenReportsASecond) {
  ProgressPacer pacer(100ms);
  int reports = 0;
  for (auto elapsed = 0ms; elapsed < 1s; elapsed += 1ms) {
    if (pacer.allow(t0 + elapsed)) ++reports;
  }
  EXPECT_EQ(reports, 10);
}

TEST(ProgressPacer, TheFirstReportGoesOutAtOnce) {
  ProgressPacer pacer(100ms);
  EXPECT_EQ(pacer.next(t0), t0);
  EXPECT_TRUE(pacer.allow(t0));
}

TEST(ProgressPacer, SaysWhenTheNextOneMay) {
  ProgressPacer pacer(100ms);
  ASSERT_TRUE(pacer.allow(t0));
  EXPECT_FALSE(pacer.allow(t0 + 99ms));
  EXPECT_EQ(pacer.next(t0 + 30ms), t0 + 100ms);
  EXPECT_EQ(pacer.next(t0 + 5s), t0 + 5s);
  EXPECT_TRUE(pacer.allow(pacer.next(t0 + 30ms)));
}

}  // namespace
}  // namespace lh
