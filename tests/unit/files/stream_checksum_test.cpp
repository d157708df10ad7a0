#include "files/stream_checksum.h"

#include <string>

#include <gtest/gtest.h>

namespace lh {
namespace {

std::string digest(std::string_view algorithm, std::string_view text) {
  auto checksum = StreamChecksum::create(algorithm).value();
  for (const char& letter : text) EXPECT_TRUE(checksum.add(std::span(&letter, 1)));
  return checksum.finish().value();
}

TEST(StreamChecksum, KnowsTheCommonAlgorithms) {
  EXPECT_EQ(digest("md5", "abc"), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(digest("sha1", "abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(digest("sha256", "abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(digest("sha512", "abc"),
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

TEST(StreamChecksum, DigestsNothingToo) {
  EXPECT_EQ(digest("md5", ""), "d41d8cd98f00b204e9800998ecf8427e");
}

TEST(StreamChecksum, RefusesAnUnknownAlgorithm) {
  const auto checksum = StreamChecksum::create("crc32");
  ASSERT_FALSE(checksum);
  EXPECT_EQ(checksum.error().kind, ErrorKind::InvalidArgument);
}

}  // namespace
}  // namespace lh
