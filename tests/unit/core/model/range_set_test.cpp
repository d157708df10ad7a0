#include "core/model/range_set.h"

#include <bitset>
#include <limits>
#include <random>

#include <gtest/gtest.h>

namespace lh {
namespace {

constexpr std::size_t kSpace = 64;

/// The same answers from a map of single bytes.
struct Bitmap {
  std::bitset<kSpace> bytes;

  void add(std::size_t offset, std::size_t length) {
    for (std::size_t i = offset; i < offset + length; ++i) bytes.set(i);
  }
  [[nodiscard]] std::size_t contiguous_from(std::size_t offset) const {
    std::size_t end = offset;
    while (end < kSpace && bytes[end]) ++end;
    return end - offset;
  }
};

TEST(RangeSet, R149_IsSortedMergedAndDoesNotOverlap) {
  RangeSet set;
  set.add(10, 5);
  set.add(0, 5);
  set.add(5, 5);
  EXPECT_EQ(set.ranges(), (std::vector<BackgroundTransferFileRange>{{0, 15}}));
  set.add(20, 5);
  set.add(30, 5);
  set.add(12, 15);
  EXPECT_EQ(set.ranges(), (std::vector<BackgroundTransferFileRange>{{0, 27}, {30, 5}}));
}

TEST(RangeSet, NothingAddsNothing) {
  RangeSet set;
  set.add(10, 0);
  EXPECT_TRUE(set.empty());
  EXPECT_TRUE(RangeSet::prefix(0).empty());
  EXPECT_EQ(RangeSet::prefix(7).prefix_length(), 7U);
}

TEST(RangeSet, TheEndOfTheNumbersIsNoTrap) {
  constexpr auto kMost = std::numeric_limits<ByteOffset>::max();
  RangeSet set;
  set.add(kMost - 2, 100);
  set.add(kMost, 1);
  EXPECT_EQ(set.byte_count(), 2U);
  EXPECT_TRUE(set.contains(kMost - 2, 2));
}

TEST(RangeSet, AgreesWithAMapOfBytes) {
  std::mt19937 random(9);
  for (int run = 0; run < 2000; ++run) {
    RangeSet set;
    Bitmap map;
    for (int i = 0; i < 12; ++i) {
      const std::size_t offset = random() % kSpace;
      const std::size_t length = random() % (kSpace - offset + 1) / (1 + random() % 6);
      set.add(offset, length);
      map.add(offset, length);
      ASSERT_EQ(set.byte_count(), map.bytes.count());
      ASSERT_EQ(set.empty(), map.bytes.none());
      ASSERT_EQ(set.prefix_length(), map.contiguous_from(0));
      for (std::size_t at = 0; at < kSpace; ++at) {
        ASSERT_EQ(set.contiguous_from(at), map.contiguous_from(at));
        ASSERT_EQ(set.contains(at, 3), map.contiguous_from(at) >= 3);
      }
      for (std::size_t r = 1; r < set.ranges().size(); ++r) {
        const auto& left = set.ranges()[r - 1];
        ASSERT_LT(left.Offset + left.Length, set.ranges()[r].Offset);
      }
    }
    set.clear();
    ASSERT_TRUE(set.empty());
  }
}

}  // namespace
}  // namespace lh
