#include "engine/head_reader.h"

#include <string>

#include <gtest/gtest.h>

namespace lh {
namespace {

using Step = HeadReader::Step;

TEST(HeadReader, CollectsAHead) {
  HeadReader reader;
  EXPECT_EQ(reader.add("HTTP/1.1 200 OK\r\n"), Step::More);
  EXPECT_EQ(reader.add("ETag: \"v1\"\r\n"), Step::More);
  EXPECT_EQ(reader.add("X-Empty:\r\n"), Step::More);
  EXPECT_EQ(reader.add("\r\n"), Step::Complete);
  EXPECT_EQ(reader.status(), 200);
  const HeaderList expected = {{"ETag", "\"v1\""}, {"X-Empty", ""}};
  EXPECT_EQ(reader.headers(), expected);
}

TEST(HeadReader, ReadsTheStatusOfHttp2) {
  HeadReader reader;
  EXPECT_EQ(reader.add("HTTP/2 404 \r\n"), Step::More);
  EXPECT_EQ(reader.add("\r\n"), Step::Complete);
  EXPECT_EQ(reader.status(), 404);
}

TEST(HeadReader, AStatusThatIsNoNumberIsNone) {
  for (const std::string line : {"HTTP/1.1 abc\r\n", "HTTP/1.1\r\n"}) {
    HeadReader reader;
    EXPECT_EQ(reader.add(line), Step::More);
    EXPECT_EQ(reader.status(), 0);
  }
}

TEST(HeadReader, AfterA101NoOtherAnswerFollows) {
  HeadReader reader;
  EXPECT_EQ(reader.add("HTTP/1.1 101 Switching Protocols\r\n"), Step::More);
  EXPECT_EQ(reader.add("\r\n"), Step::Complete);
  EXPECT_EQ(reader.status(), 101);
}

TEST(HeadReader, InterimHeadsAreForgotten) {
  HeadReader reader;
  EXPECT_EQ(reader.add("HTTP/1.1 103 Early Hints\r\n"), Step::More);
  EXPECT_EQ(reader.add("Link: </x>\r\n"), Step::More);
  EXPECT_EQ(reader.add("\r\n"), Step::Interim);
  EXPECT_EQ(reader.add("HTTP/1.1 200 OK\r\n"), Step::More);
  EXPECT_EQ(reader.add("\r\n"), Step::Complete);
  EXPECT_TRUE(reader.headers().empty());
}

TEST(HeadReader, TrailersDoNotChangeTheHead) {
  HeadReader reader;
  EXPECT_EQ(reader.add("HTTP/1.1 200 OK\r\n"), Step::More);
  EXPECT_EQ(reader.add("\r\n"), Step::Complete);
  EXPECT_EQ(reader.add("ETag: \"late\"\r\n"), Step::More);
  EXPECT_EQ(reader.add("\r\n"), Step::More);
  EXPECT_TRUE(reader.headers().empty());
}

TEST(HeadReader, ATrailerThatLooksLikeAHeadIsNone) {
  HeadReader reader;
  for (const int status : {302, 200}) {
    reader.expect_answer();
    EXPECT_EQ(reader.add("HTTP/1.1 " + std::to_string(status) + " Any\r\n"), Step::More);
    EXPECT_EQ(reader.add("\r\n"), Step::Complete);
    EXPECT_EQ(reader.add("HTTP/1.1 404 Not Found\r\n"), Step::More);
    EXPECT_EQ(reader.add("\r\n"), Step::More);
    EXPECT_EQ(reader.status(), status);
  }
}

TEST(HeadReader, JoinsFoldedLines) {
  HeadReader reader;
  EXPECT_EQ(reader.add("HTTP/1.1 200 OK\r\n"), Step::More);
  EXPECT_EQ(reader.add("X-Long: one\r\n"), Step::More);
  EXPECT_EQ(reader.add("   two\r\n"), Step::More);
  EXPECT_EQ(reader.add("\r\n"), Step::Complete);
  EXPECT_EQ(find_field(reader.headers(), "X-Long"), "one two");
}

TEST(HeadReader, SkipsLinesThatAreNoFields) {
  HeadReader reader;
  EXPECT_EQ(reader.add("HTTP/1.1 200 OK\r\n"), Step::More);
  EXPECT_EQ(reader.add("nonsense\r\n"), Step::More);
  EXPECT_EQ(reader.add("\r\n"), Step::Complete);
  EXPECT_TRUE(reader.headers().empty());
}

TEST(HeadReader, LimitsAllHeadsOfAnAttemptTogether) {
  HeadReader reader;
  const std::string line = "X: " + std::string(1000, 'x') + "\r\n";
  std::size_t taken = 0;
  Step step = Step::More;
  while (step != Step::TooLarge && taken < 2 * HeadReader::kMaxBytes) {
    step = reader.add("HTTP/1.1 302 Found\r\n");
    if (step == Step::More) step = reader.add(line);
    if (step == Step::More) step = reader.add("\r\n");
    taken += line.size();
  }
  EXPECT_EQ(step, Step::TooLarge);
  EXPECT_LE(taken, HeadReader::kMaxBytes);
}

}  // namespace
}  // namespace lh
