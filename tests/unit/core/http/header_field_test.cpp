#include "core/http/header_field.h"

#include <random>
#include <string>

#include <gtest/gtest.h>

namespace lh {
namespace {

TEST(HeaderField, TokensAreOneOrMoreTokenCharacters) {
  EXPECT_TRUE(is_token("Accept-Language"));
  EXPECT_TRUE(is_token("!#$%&'*+-.^_`|~09azAZ"));
  for (const char* text : {"", " ", "A B", "A:", "A\t", "a/b", "\"a\"", "\xC3\xA4", "a\x7F"}) {
    EXPECT_FALSE(is_token(text)) << text;
  }
}

TEST(HeaderField, R62_ValuesHaveNoLineEndsAndNoNul) {
  EXPECT_TRUE(is_safe_field_value(""));
  EXPECT_TRUE(is_safe_field_value("a\tb \xC3\xA4"));
  EXPECT_FALSE(is_safe_field_value("a\r\nEvil: 1"));
  EXPECT_FALSE(is_safe_field_value("a\nb"));
  EXPECT_FALSE(is_safe_field_value("a\rb"));
  EXPECT_FALSE(is_safe_field_value(std::string_view("a\0b", 3)));
}

TEST(HeaderField, LinesAreSplitAtTheFirstColonAndTrimmed) {
  EXPECT_EQ(parse_field_line("Location:  http://h/x \r\n"),
            (HeaderField{"Location", "http://h/x"}));
  EXPECT_EQ(parse_field_line("X:"), (HeaderField{"X", ""}));
  EXPECT_EQ(parse_field_line("eTaG:\t\"a\""), (HeaderField{"eTaG", "\"a\""}));
}

TEST(HeaderField, WhatIsNoFieldIsNothing) {
  for (const char* line : {"", "\r\n", "HTTP/1.1 200 OK\r\n", "no colon", "A B: c", "A : c", ": c",
                           " folded: line", "A: b\rc"}) {
    EXPECT_FALSE(parse_field_line(line)) << line;
  }
}

TEST(HeaderField, FindTakesTheLastOfThatNameInAnyLetterCase) {
  const HeaderList headers = {{"A", "1"}, {"b", "2"}, {"a", "3"}};
  EXPECT_EQ(find_field(headers, "A"), "3");
  EXPECT_EQ(find_field(headers, "B"), "2");
  EXPECT_FALSE(find_field(headers, "C"));
}

TEST(HeaderField, ParsedFieldsAreSafeWhateverCameIn) {
  std::mt19937 random(3);
  for (int i = 0; i < 20000; ++i) {
    std::string line;
    const std::size_t length = random() % 20;
    for (std::size_t j = 0; j < length; ++j) line += "A:b \t\r\n\x80\0-"[random() % 10];
    if (const auto field = parse_field_line(line)) {
      EXPECT_TRUE(is_token(field->name));
      EXPECT_TRUE(is_safe_field_value(field->value));
    }
  }
}

}  // namespace
}  // namespace lh
