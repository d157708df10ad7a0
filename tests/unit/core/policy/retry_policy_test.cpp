#include "core/policy/retry_policy.h"

#include <gtest/gtest.h>

namespace lh {
namespace {

using Kind = RetryDecision::Kind;

const TimePoint t0 = TimePoint(1000s);

Failure transient() {
  Failure failure;
  failure.transient = true;
  return failure;
}

RetryDecision decide(const Failure& failure, std::uint32_t failures, double jitter = 0,
                     const Limits& limits = {}) {
  return after_failure(failure, failures, limits, t0, jitter);
}

TEST(RetryPolicy, R39_GivesUpAfterTheThirdRetry) {
  EXPECT_EQ(decide(transient(), 3).kind, Kind::RetryAt);
  EXPECT_EQ(decide(transient(), 4).kind, Kind::GiveUp);
}

TEST(RetryPolicy, R39_TheNumberOfRetriesIsALimit) {
  Limits limits;
  limits.retry_count = 5;
  EXPECT_EQ(decide(transient(), 5, 0, limits).kind, Kind::RetryAt);
  EXPECT_EQ(decide(transient(), 6, 0, limits).kind, Kind::GiveUp);
  limits.retry_count = 0;
  EXPECT_EQ(decide(transient(), 1, 0, limits).kind, Kind::GiveUp);
}

TEST(RetryPolicy, R43_WaitingGrows) {
  EXPECT_EQ(decide(transient(), 1).at, t0 + 1s);
  EXPECT_EQ(decide(transient(), 2).at, t0 + 5s);
  EXPECT_EQ(decide(transient(), 3).at, t0 + 30s);
}

TEST(RetryPolicy, R43_TheLastDelayRepeats) {
  Limits limits;
  limits.retry_count = 10;
  EXPECT_EQ(decide(transient(), 9, 0, limits).at, t0 + 30s);
  limits.retry_delays.clear();
  EXPECT_EQ(decide(transient(), 9, 0, limits).at, t0);
}

TEST(RetryPolicy, JitterStretchesByUpToAQuarter) {
  EXPECT_EQ(decide(transient(), 3, 0.5).at, t0 + 33750ms);
  EXPECT_LE(decide(transient(), 3, 0.999999).at, t0 + 37500ms);
}

TEST(RetryPolicy, R42_FinalErrorsAreNotRetried) {
  EXPECT_EQ(decide(Failure{}, 1).kind, Kind::GiveUp);
}

TEST(RetryPolicy, R42_RetryAfterSaysWhen) {
  Failure failure = transient();
  failure.retry_after = 90s;
  EXPECT_EQ(decide(failure, 1, 0.9).at, t0 + 90s);
}

TEST(RetryPolicy, R42_RetryAfterIsClamped) {
  Failure failure = transient();
  failure.retry_after = 0s;
  EXPECT_EQ(decide(failure, 1).at, t0 + 1s);
  failure.retry_after = 48h;
  EXPECT_EQ(decide(failure, 1).at, t0 + 24h);
}

TEST(RetryPolicy, R42_RetryAfterIsPartOfTheBudget) {
  Failure failure = transient();
  failure.retry_after = 1s;
  EXPECT_EQ(decide(failure, 4).kind, Kind::GiveUp);
}

TEST(RetryPolicy, R42_SevenStatusesAreTransient) {
  for (int status = 100; status < 600; ++status) {
    const bool expected = status == 408 || status == 425 || status == 429 || status == 500 ||
                          status == 502 || status == 503 || status == 504;
    EXPECT_EQ(is_transient_http(status), expected) << status;
  }
}

}  // namespace
}  // namespace lh
