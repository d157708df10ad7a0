#include "cli/human.h"

#include <gtest/gtest.h>

namespace lh::cli {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kMi = 1024UL * 1024;

TEST(HumanSize, HasAtMostThreeDigitsBeforeThePoint) {
  EXPECT_EQ(human_size(0), "0 B");
  EXPECT_EQ(human_size(999), "999 B");
  EXPECT_EQ(human_size(1000), "1.0 KiB");
  EXPECT_EQ(human_size(1024), "1.0 KiB");
  EXPECT_EQ(human_size(1536), "1.5 KiB");
  EXPECT_EQ(human_size(99 * 1024), "99.0 KiB");
  EXPECT_EQ(human_size(102'399), "100 KiB");
  EXPECT_EQ(human_size(123 * kMi), "123 MiB");
  EXPECT_EQ(human_size(1023 * kMi), "1.0 GiB");
  EXPECT_EQ(human_size(UINT64_MAX), "16.0 EiB");
}

TEST(HumanSizePair, IsInTheUnitOfTheTotal) {
  EXPECT_EQ(human_size_pair(512 * kMi, 2048 * kMi), "0.5/2.0 GiB");
  EXPECT_EQ(human_size_pair(0, 500), "0/500 B");
}

TEST(HumanRate, IsPerSecond) {
  EXPECT_EQ(human_rate(11.2 * kMi), "11.2 MiB/s");
  EXPECT_EQ(human_rate(-1), "0 B/s");
}

TEST(HumanDuration, HasTwoPartsThatMatter) {
  EXPECT_EQ(human_duration(0s), "0s");
  EXPECT_EQ(human_duration(59s), "59s");
  EXPECT_EQ(human_duration(60s), "1m 00s");
  EXPECT_EQ(human_duration(151s), "2m 31s");
  EXPECT_EQ(human_duration(3900s), "1h 05m");
  EXPECT_EQ(human_duration(24h * 3 + 4h), "3d 04h");
  EXPECT_EQ(human_duration(-5s), "0s");
}

TEST(PercentOf, IsHundredOnlyWhenComplete) {
  EXPECT_EQ(percent_of(999'999, 1'000'000), 99);
  EXPECT_EQ(percent_of(1'000'000, 1'000'000), 100);
  EXPECT_EQ(percent_of(0, 0), 100);
  EXPECT_EQ(percent_of(5, 10), 50);
  EXPECT_EQ(percent_of(UINT64_MAX - 1, UINT64_MAX), 99);
  EXPECT_EQ(percent_of(5, std::nullopt), std::nullopt);
}

TEST(Rfc3339, IsUtcWithMilliseconds) {
  EXPECT_EQ(rfc3339(longhaul::UtcTime(1'714'552'267'250ms)), "2024-05-01T08:31:07.250Z");
  EXPECT_EQ(rfc3339(longhaul::UtcTime(0ms)), "1970-01-01T00:00:00.000Z");
}

}  // namespace
}  // namespace lh::cli
