#include "core/http/etag.h"

#include <gtest/gtest.h>

namespace lh {
namespace {

TEST(EntityTag, KeepsTheQuotes) {
  EXPECT_EQ(parse_etag("\"abc\""), (EntityTag{"\"abc\"", false}));
  EXPECT_EQ(parse_etag("W/\"abc\""), (EntityTag{"\"abc\"", true}));
  EXPECT_EQ(parse_etag(" \"\" "), (EntityTag{"\"\"", false}));
  EXPECT_EQ(parse_etag("\"a\xC3\xA4,;\""), (EntityTag{"\"a\xC3\xA4,;\"", false}));
}

TEST(EntityTag, RefusesWhatIsNone) {
  for (const char* value : {"", "\"", "abc", "\"abc", "abc\"", "w/\"abc\"", "W/abc", "\"a\"b\"",
                            "\"a b\"", "\"a\tb\"", "W/ \"a\"", "\"a\x7F\""}) {
    EXPECT_FALSE(parse_etag(value)) << value;
  }
}

}  // namespace
}  // namespace lh
