#include "core/http/http_date.h"

#include <random>
#include <string>

#include <gtest/gtest.h>

namespace lh {
namespace {

using namespace std::chrono;

TimePoint at(seconds since_epoch) {
  return TimePoint(since_epoch);
}

TEST(HttpDate, ReadsTheThreeForms) {
  const TimePoint expected = at(784111777s);
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), expected);
  EXPECT_EQ(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT"), expected);
  EXPECT_EQ(parse_http_date("Sun Nov  6 08:49:37 1994"), expected);
  EXPECT_EQ(parse_http_date(" Sun, 06 Nov 1994 08:49:37 GMT "), expected);
}

TEST(HttpDate, TwoDigitYearsLieBetween1970And2069) {
  EXPECT_EQ(parse_http_date("Thursday, 01-Jan-70 00:00:00 GMT"), at(0s));
  EXPECT_EQ(parse_http_date("Tuesday, 01-Jan-69 00:00:00 GMT"),
            parse_http_date("Tue, 01 Jan 2069 00:00:00 GMT"));
}

TEST(HttpDate, KnowsLeapDaysAndLeapSeconds) {
  EXPECT_TRUE(parse_http_date("Thu, 29 Feb 2024 00:00:00 GMT"));
  EXPECT_FALSE(parse_http_date("Wed, 29 Feb 2023 00:00:00 GMT"));
  EXPECT_TRUE(parse_http_date("Sat, 31 Dec 2016 23:59:60 GMT"));
}

TEST(HttpDate, RefusesEverythingElse) {
  for (const char* text :
       {"", "0", "now", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 32 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:37 GMT",
        "Sun, 06 Xxx 1994 08:49:37 GMT", "Foo, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT+1", "Sun, +6 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov -994 08:49:37 GMT", "1994-11-06T08:49:37Z"}) {
    EXPECT_FALSE(parse_http_date(text)) << text;
  }
}

TEST(HttpDate, WritesThePreferredForm) {
  EXPECT_EQ(format_http_date(at(784111777s)), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(format_http_date(at(784111777s) + 999ms), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(format_http_date(at(-1s)), "Wed, 31 Dec 1969 23:59:59 GMT");
}

TEST(HttpDate, EverySecondSurvivesItsTextForm) {
  std::mt19937_64 random(5);
  for (int i = 0; i < 20000; ++i) {
    const TimePoint time = at(seconds(static_cast<std::int64_t>(random() % 250000000000U)));
    EXPECT_EQ(parse_http_date(format_http_date(time)), time);
  }
}

TEST(HttpDate, NoBytesCrashIt) {
  std::mt19937 random(6);
  const std::string sound = "Sun, 06 Nov 1994 08:49:37 GMT";
  for (int i = 0; i < 50000; ++i) {
    std::string text = sound;
    for (int j = 0; j < 3; ++j) text[random() % text.size()] = static_cast<char>(random());
    text.resize(random() % (text.size() + 1));
    (void)parse_http_date(text);
  }
}

}  // namespace
}  // namespace lh
