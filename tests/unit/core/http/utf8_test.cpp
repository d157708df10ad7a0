#include "core/http/utf8.h"

#include <gtest/gtest.h>

namespace lh::utf8 {
namespace {

TEST(Utf8, EveryCharacterSurvivesItsBytes) {
  for (char32_t c = 0; c <= 0x10FFFF; c += c < 0x3000 ? 1U : 7U) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    std::string text;
    append(text, c);
    std::string_view rest = text;
    ASSERT_EQ(take(rest), c);
    ASSERT_TRUE(rest.empty());
  }
}

TEST(Utf8, RefusesOverlongFormsSurrogatesAndCutSequences) {
  for (const char* bytes :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xE0\x9F\xBF", "\xED\xA0\x80",
        "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xC3", "\xE2\x82",
        "\xF0\x9F\x8E", "\xC3(", "\xFF"}) {
    EXPECT_FALSE(is_valid(bytes)) << bytes;
  }
  EXPECT_TRUE(is_valid("a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x8E\xB5"));
}

TEST(Utf8, TakesOneByteOfWhatIsInvalid) {
  std::string_view rest = "\xE2\x82z";
  EXPECT_FALSE(take(rest));
  EXPECT_FALSE(take(rest));
  EXPECT_EQ(take(rest), U'z');
}

TEST(Utf8, CutsBetweenCharacters) {
  EXPECT_EQ(cut("a\xE2\x82\xAC", 3), "a");
  EXPECT_EQ(cut("a\xE2\x82\xAC", 4), "a\xE2\x82\xAC");
  EXPECT_EQ(cut("abc", 0), "");
}

}  // namespace
}  // namespace lh::utf8
