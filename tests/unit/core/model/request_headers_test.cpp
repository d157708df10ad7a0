#include "core/model/request_headers.h"

#include <gtest/gtest.h>

namespace lh {
namespace {

TEST(AddRequestHeader, R58_ValuesOfOneNameConcatenateInAnyLetterCase) {
  HeaderList headers = {{"Accept", "a"}};
  add_request_header(headers, {"ACCEPT", "b"});
  add_request_header(headers, {"accept", "c"});
  EXPECT_EQ(headers, (HeaderList{{"Accept", "a, b, c"}}));
}

TEST(AddRequestHeader, R58_CookiesAreJoinedAsCookiesAre) {
  HeaderList headers = {{"cookie", "a=1"}};
  add_request_header(headers, {"Cookie", "b=2; c=3"});
  EXPECT_EQ(headers, (HeaderList{{"cookie", "a=1; b=2; c=3"}}));
}

TEST(AddRequestHeader, ANewNameGoesLast) {
  HeaderList headers = {{"A", "1"}};
  add_request_header(headers, {"B", ""});
  EXPECT_EQ(headers, (HeaderList{{"A", "1"}, {"B", ""}}));
}

TEST(RemoveRequestHeader, R61_TakesAllOfThatNameAndNoOther) {
  HeaderList headers = {{"A", "1"}, {"B", "2"}, {"a", "3"}, {"AB", "4"}};
  remove_request_header(headers, "a");
  EXPECT_EQ(headers, (HeaderList{{"B", "2"}, {"AB", "4"}}));
}

TEST(RemoveRequestHeader, R61_OfANameThatIsNotThereIsNoChange) {
  HeaderList headers = {{"A", "1"}};
  remove_request_header(headers, "B");
  EXPECT_EQ(headers, (HeaderList{{"A", "1"}}));
}

}  // namespace
}  // namespace lh
