#include "core/http/retry_after.h"

#include <gtest/gtest.h>

#include "core/http/http_date.h"

namespace lh {
namespace {

using namespace std::chrono_literals;

const TimePoint kNow = TimePoint(784111777s);

TEST(RetryAfter, R42_TakesSecondsAndDates) {
  EXPECT_EQ(parse_retry_after("120", kNow), Duration(120s));
  EXPECT_EQ(parse_retry_after(" 0 ", kNow), Duration(0s));
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:50:37 GMT", kNow), Duration(60s));
}

TEST(RetryAfter, ADateInThePastIsNow) {
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:00:00 GMT", kNow), Duration(0s));
}

TEST(RetryAfter, HugeWaitsDoNotOverflow) {
  for (const char* value :
       {"18446744073709551615", "99999999999999999999999999", "9999999999999"}) {
    const auto wait = parse_retry_after(value, kNow);
    ASSERT_TRUE(wait) << value;
    EXPECT_GT(*wait, Duration(24h));
    EXPECT_GT(kNow + *wait, kNow);
  }
}

TEST(RetryAfter, RefusesEverythingElse) {
  for (const char* value : {"", "-1", "+1", "1.5", "1s", "soon", "1 2", "0x10"}) {
    EXPECT_FALSE(parse_retry_after(value, kNow)) << value;
  }
}

}  // namespace
}  // namespace lh
