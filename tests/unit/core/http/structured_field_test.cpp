#include "core/http/structured_field.h"

#include <gtest/gtest.h>

namespace lh::structured_field {
namespace {

TEST(StructuredField, RFC9651_4_2_8_BooleansAreQuestionMarkOneAndZero) {
  EXPECT_EQ(parse_boolean("?1"), true);
  EXPECT_EQ(parse_boolean("?0"), false);
  EXPECT_EQ(parse_boolean("  ?1  "), true);
  for (const char* text : {"", "?", "?2", "1", "true", "?1?1", "?1, ?1", "?11", "\t?1"}) {
    EXPECT_EQ(parse_boolean(text), std::nullopt) << text;
  }
}

TEST(StructuredField, RFC9651_4_2_4_IntegersHaveAtMost15Digits) {
  EXPECT_EQ(parse_unsigned("0"), 0U);
  EXPECT_EQ(parse_unsigned("007"), 7U);
  EXPECT_EQ(parse_unsigned("999999999999999"), 999999999999999U);
  for (const char* text : {"1000000000000000", "-1", "1.0", "1.", "+1", "0x1", "1 2", "1,1", "-"}) {
    EXPECT_EQ(parse_unsigned(text), std::nullopt) << text;
  }
}

TEST(StructuredField, RFC9651_4_2_3_2_ParametersAreCheckedAndIgnored) {
  EXPECT_EQ(parse_boolean("?1;a=1;b;c=\"x;y\""), true);
  EXPECT_EQ(parse_unsigned("5; a=tok; *b=:YQ==:"), 5U);
  for (const char* text : {"?1;", "?1;A", "?1;a=", "?1 ;a", "?1;a=\"x"}) {
    EXPECT_EQ(parse_boolean(text), std::nullopt) << text;
  }
}

TEST(StructuredField, RFC9651_ValidItemsOfOtherTypesAreOther) {
  for (const char* text : {"token", "*", "\"a \\\"string\\\"\"", "1.5", "-0.125",
                           ":aGVsbG8=:", "@1659578233", "%\"f%c3%bc\"", "a/b:c"}) {
    EXPECT_EQ(parse_item(text), BareItem(Other{})) << text;
  }
  for (const char* text : {"\"open", "\"\\n\"", ":a b:", ":abc", "@", "@1.5", "%\"%C3\"", "1.2345",
                           "1234567890123.1", "(1 2)", "{}", "\x80"}) {
    EXPECT_EQ(parse_item(text), std::nullopt) << text;
  }
}

TEST(StructuredField, RFC9651_4_2_2_DictionariesAreListsOfKeys) {
  const auto members = parse_dictionary("max-size=1000, a;x=2 ,\tb=?0, c=(1 \"two\" t;q), d=tok");
  ASSERT_TRUE(members);
  EXPECT_EQ(*members, (std::vector<Member>{{"max-size", std::int64_t{1000}},
                                           {"a", true},
                                           {"b", false},
                                           {"c", Other{}},
                                           {"d", Other{}}}));
}

TEST(StructuredField, RFC9651_4_2_2_OfOneKeyTheLastValueCounts) {
  const auto members = parse_dictionary("a=1, b=2, a=3");
  ASSERT_TRUE(members);
  EXPECT_EQ(*members, (std::vector<Member>{{"a", std::int64_t{3}}, {"b", std::int64_t{2}}}));
}

TEST(StructuredField, RFC9651_4_2_OneFaultMakesTheWholeDictionaryVoid) {
  for (const char* text : {"a=1,", ",a=1", "a=1,,b=2", "a=", "A=1", "a=1 b=2", "1=a", "a=(1",
                           "a=1;", "a==1", "a=(1,2)"}) {
    EXPECT_EQ(parse_dictionary(text), std::nullopt) << text;
  }
}

TEST(StructuredField, RFC9651_AnEmptyDictionaryHasNoMembers) {
  EXPECT_EQ(parse_dictionary(""), std::vector<Member>());
  EXPECT_EQ(parse_dictionary("  "), std::vector<Member>());
}

TEST(StructuredField, AnythingEndsWithoutAFault) {
  const std::string_view marks = "?1a-=,;:\"\\(@% .\x01\xff";
  std::uint64_t state = 1;
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    for (int i = 0; i < round % 12; ++i) {
      state = state * 6364136223846793005U + 1442695040888963407U;
      text += marks[(state >> 33U) % marks.size()];
    }
    (void)parse_item(text);
    (void)parse_dictionary(text);
  }
}

}  // namespace
}  // namespace lh::structured_field
