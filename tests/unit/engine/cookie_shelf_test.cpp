#include "engine/cookie_shelf.h"

#include <gtest/gtest.h>

namespace lh {
namespace {

using Cookies = CookieShelf::Cookies;

TransferId id(std::uint8_t n) {
  return Guid::from_random({n});
}

TEST(CookieShelf, R67_GivesAnOperationItsOwn) {
  CookieShelf shelf;
  shelf.put(id(1), {"a", "b"});
  shelf.put(id(2), {"c"});
  EXPECT_EQ(shelf.take(id(1)), (Cookies{"a", "b"}));
  EXPECT_EQ(shelf.take(id(2)), Cookies{"c"});
}

TEST(CookieShelf, R67_AnotherOperationGetsNone) {
  CookieShelf shelf;
  shelf.put(id(1), {"a"});
  EXPECT_EQ(shelf.take(id(2)), Cookies());
}

TEST(CookieShelf, WhatIsTakenIsGone) {
  CookieShelf shelf;
  shelf.put(id(1), {"a"});
  EXPECT_EQ(shelf.take(id(1)), Cookies{"a"});
  EXPECT_EQ(shelf.take(id(1)), Cookies());
  EXPECT_EQ(shelf.size(), 0U);
}

TEST(CookieShelf, TheLatestTakeThePlaceOfThoseBefore) {
  CookieShelf shelf;
  shelf.put(id(1), {"a", "b"});
  shelf.put(id(1), {"c"});
  EXPECT_EQ(shelf.size(), 1U);
  EXPECT_EQ(shelf.take(id(1)), Cookies{"c"});
}

TEST(CookieShelf, R67_NoneLeftMeansThatNoneAreKept) {
  CookieShelf shelf;
  shelf.put(id(1), {"a"});
  shelf.put(id(1), {});
  EXPECT_EQ(shelf.size(), 0U);
}

TEST(CookieShelf, FarTooManyAreNotKept) {
  CookieShelf shelf;
  shelf.put(id(1), Cookies(70, std::string(1024, 'x')));
  EXPECT_EQ(shelf.size(), 0U);
}

TEST(CookieShelf, FarTooManyTakeThoseBeforeAlong) {
  CookieShelf shelf;
  shelf.put(id(1), {"a"});
  shelf.put(id(1), Cookies(70, std::string(1024, 'x')));
  EXPECT_EQ(shelf.take(id(1)), Cookies());
}

TEST(CookieShelf, ThoseThatWereLongestAgoGiveWay) {
  CookieShelf shelf(2);
  shelf.put(id(1), {"a"});
  shelf.put(id(2), {"b"});
  shelf.put(id(1), {"c"});
  shelf.put(id(3), {"d"});
  EXPECT_EQ(shelf.size(), 2U);
  EXPECT_EQ(shelf.take(id(2)), Cookies());
  EXPECT_EQ(shelf.take(id(1)), Cookies{"c"});
  EXPECT_EQ(shelf.take(id(3)), Cookies{"d"});
}

TEST(CookieShelf, DoesNotGrowWithTheOperations) {
  CookieShelf shelf;
  for (int n = 0; n < 2000; ++n) {
    shelf.put(Guid::from_random({static_cast<std::uint8_t>(n), static_cast<std::uint8_t>(n / 256)}),
              {"a"});
  }
  EXPECT_EQ(shelf.size(), 256U);
}

}  // namespace
}  // namespace lh
