#include "platform/system_info.h"

#include <set>

#include <gtest/gtest.h>

namespace lh {
namespace {

TEST(SystemInfo, TheBootIdStaysTheSame) {
  EXPECT_FALSE(boot_id().empty());
  EXPECT_EQ(boot_id(), boot_id());
}

TEST(SystemInfo, RandomGuidsAreVersionFourAndDiffer) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string text = random_guid().to_string();
    EXPECT_EQ(text[14], '4');
    EXPECT_TRUE(seen.insert(text).second);
  }
}

TEST(SystemInfo, RandomFractionsLieBetweenZeroAndOne) {
  double low = 1;
  double high = 0;
  for (int i = 0; i < 1000; ++i) {
    const double value = random_fraction();
    EXPECT_GE(value, 0.0);
    EXPECT_LT(value, 1.0);
    low = std::min(low, value);
    high = std::max(high, value);
  }
  EXPECT_LT(low, 0.1);
  EXPECT_GT(high, 0.9);
}

}  // namespace
}  // namespace lh
