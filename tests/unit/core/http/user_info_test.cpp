#include "core/http/user_info.h"

#include <gtest/gtest.h>

namespace lh {
namespace {

TEST(WithoutUserInfo, TakesUserAndPasswordOutOfEveryAddress) {
  EXPECT_EQ(without_user_info("ftp://ann:secret@host/x"), "ftp://host/x");
  EXPECT_EQ(without_user_info("//ann:secret@host"), "//host");
  EXPECT_EQ(without_user_info("<http://a:b@c/>; rel=x, <http://d@e/>; rel=y"),
            "<http://c/>; rel=x, <http://e/>; rel=y");
  EXPECT_EQ(without_user_info("0; url=http://a:b@c@d/"), "0; url=http://d/");
}

TEST(WithoutUserInfo, LeavesEverythingElse) {
  for (const char* text : {"", "/", "//", "http://host/p@th", "http://host?a@b", "http://host#a@b",
                           "ann@host", "a//b//c", "http://[::1]:80/"}) {
    EXPECT_EQ(without_user_info(text), text);
  }
}

}  // namespace
}  // namespace lh
