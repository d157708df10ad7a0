#include "core/base/guid.h"

#include <random>
#include <unordered_set>

#include <gtest/gtest.h>

namespace lh {
namespace {

Guid random_guid(std::mt19937& random) {
  Guid::Bytes bytes{};
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return Guid::from_random(bytes);
}

TEST(Guid, TextIsLowerCaseWithHyphens) {
  Guid::Bytes bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * 16 + i);
  EXPECT_EQ(Guid(bytes).to_string(), "00112233-4455-6677-8899-aabbccddeeff");
}

TEST(Guid, ReadsBothLetterCases) {
  const auto lower = Guid::parse("00112233-4455-6677-8899-aabbccddeeff");
  ASSERT_TRUE(lower);
  EXPECT_EQ(lower, Guid::parse("00112233-4455-6677-8899-AABBCCDDEEFF"));
}

TEST(Guid, RefusesEverythingElse) {
  for (const char* text :
       {"", "00112233-4455-6677-8899-aabbccddeef", "00112233-4455-6677-8899-aabbccddeeff0",
        "{00112233-4455-6677-8899-aabbccddeeff}", "00112233445566778899aabbccddeeff",
        "00112233+4455-6677-8899-aabbccddeeff", "0011223g-4455-6677-8899-aabbccddeeff",
        "001122334-455-6677-8899-aabbccddeeff"}) {
    EXPECT_FALSE(Guid::parse(text)) << text;
  }
}

TEST(Guid, RandomOnesAreVersionFourAndSurviveTheirTextForm) {
  std::mt19937 random(1);
  std::unordered_set<Guid> seen;
  for (int i = 0; i < 1000; ++i) {
    const Guid id = random_guid(random);
    EXPECT_EQ(id.bytes()[6] >> 4, 4);
    EXPECT_EQ(id.bytes()[8] >> 6, 2);
    EXPECT_EQ(Guid::parse(id.to_string()), id);
    EXPECT_TRUE(seen.insert(id).second);
  }
}

TEST(Guid, NullIsNoOperation) {
  EXPECT_TRUE(Guid{}.is_null());
  EXPECT_FALSE(Guid::from_random({}).is_null());
}

TEST(Guid, HashSpreads) {
  std::mt19937 random(2);
  std::unordered_set<std::size_t> hashes;
  for (int i = 0; i < 1000; ++i) hashes.insert(std::hash<Guid>{}(random_guid(random)));
  EXPECT_GE(hashes.size(), 999U);
}

}  // namespace
}  // namespace lh
