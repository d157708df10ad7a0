#include "core/http/content_range.h"

#include <random>
#include <string>

#include <gtest/gtest.h>

namespace lh {
namespace {

TEST(ContentRange, ReadsTheThreeForms) {
  EXPECT_EQ(parse_content_range("bytes 5-9/10"), (ContentRange{5, 9, 10}));
  EXPECT_EQ(parse_content_range("bytes 0-0/*"), (ContentRange{0, 0, std::nullopt}));
  EXPECT_EQ(parse_content_range("bytes */10"), (ContentRange{std::nullopt, std::nullopt, 10}));
  EXPECT_EQ(parse_content_range(" BYTES  5-9/10 "), (ContentRange{5, 9, 10}));
  EXPECT_EQ(parse_content_range("bytes 18446744073709551614-18446744073709551615/*"),
            (ContentRange{18446744073709551614U, 18446744073709551615U, std::nullopt}));
}

TEST(ContentRange, RefusesEverythingElse) {
  for (const char* value : {"",
                            "bytes",
                            "bytes ",
                            "items 0-9/10",
                            "bytes 9-5/10",
                            "bytes 0-10/10",
                            "bytes 0-9/",
                            "5-9/10",
                            "bytes -9/10",
                            "bytes 5-/10",
                            "bytes 5/10",
                            "bytes */*",
                            "bytes 5-9",
                            "bytes 5-9/10/11",
                            "bytes +5-9/10",
                            "bytes 5 - 9/10",
                            "bytes=5-9/10",
                            "bytes 0x5-9/10",
                            "bytes 5-9/1 0",
                            "bytes 0-18446744073709551616/*",
                            "bytes 0-1,3-4/10"}) {
    EXPECT_FALSE(parse_content_range(value)) << value;
  }
}

TEST(ContentRange, WhatIsReadIsAlwaysConsistent) {
  std::mt19937 random(4);
  const std::string_view alphabet = "bytes 0123456789-/*";
  int read = 0;
  for (int i = 0; i < 200000; ++i) {
    std::string value = "bytes ";
    const std::size_t length = random() % 8;
    for (std::size_t j = 0; j < length; ++j) value += alphabet[6 + random() % 13];
    const auto range = parse_content_range(value);
    if (!range) continue;
    ++read;
    EXPECT_EQ(range->first.has_value(), range->last.has_value());
    if (range->first) {
      EXPECT_LE(*range->first, *range->last);
    }
    if (range->first && range->total) {
      EXPECT_LT(*range->last, *range->total);
    }
    EXPECT_TRUE(range->first || range->total);
  }
  EXPECT_GT(read, 100);
}

}  // namespace
}  // namespace lh
