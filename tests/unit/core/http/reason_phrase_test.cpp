#include "core/http/reason_phrase.h"

#include <gtest/gtest.h>

namespace lh {
namespace {

TEST(ReasonPhrase, KnowsTheRegisteredWords) {
  EXPECT_EQ(reason_phrase(200), "OK");
  EXPECT_EQ(reason_phrase(404), "Not Found");
  EXPECT_EQ(reason_phrase(503), "Service Unavailable");
  EXPECT_EQ(reason_phrase(299), "");
  EXPECT_EQ(reason_phrase(-1), "");
}

}  // namespace
}  // namespace lh
