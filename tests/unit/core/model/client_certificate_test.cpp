#include "core/model/client_certificate.h"

#include <gtest/gtest.h>

namespace lh {
namespace {

TEST(MatchesPattern, AStarStandsForAnything) {
  EXPECT_TRUE(matches_pattern("*", ""));
  EXPECT_TRUE(matches_pattern("*", "example.org"));
  EXPECT_TRUE(matches_pattern("*.example.org", "a.b.example.org"));
  EXPECT_TRUE(matches_pattern("wlan*", "wlan0"));
  EXPECT_TRUE(matches_pattern("a*b*c", "aXbYbc"));
  EXPECT_TRUE(matches_pattern("a**", "a"));
}

TEST(MatchesPattern, AllOfItMustFit) {
  EXPECT_FALSE(matches_pattern("*.example.org", "example.org"));
  EXPECT_FALSE(matches_pattern("*.example.org", "a.example.org.evil.test"));
  EXPECT_FALSE(matches_pattern("example.org", "example.orgs"));
  EXPECT_FALSE(matches_pattern("a*b*c", "acb"));
  EXPECT_FALSE(matches_pattern("", "a"));
}

TEST(MatchesPattern, LetterCaseDoesNotMatter) {
  EXPECT_TRUE(matches_pattern("*.Example.ORG", "www.example.org"));
}

TEST(MatchesPattern, ManyStarsTakeNoTime) {
  EXPECT_FALSE(matches_pattern(std::string(60, '*') + "b", std::string(5000, 'a')));
}

}  // namespace
}  // namespace lh
