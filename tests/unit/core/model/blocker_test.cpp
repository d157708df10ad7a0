#include "core/model/blocker.h"

#include <gtest/gtest.h>

#include "core/model/transfer_error.h"

namespace lh {
namespace {

TEST(BlockerKind, EveryKindSurvivesItsName) {
  for (int i = 0; i <= static_cast<int>(BlockerKind::Retry); ++i) {
    const auto kind = static_cast<BlockerKind>(i);
    EXPECT_EQ(parse_blocker_kind(blocker_kind_name(kind)), kind);
  }
  EXPECT_EQ(blocker_kind_name(BlockerKind::HostLimit), "host-limit");
  EXPECT_EQ(blocker_kind_name(BlockerKind::NoNetwork), "no-network");
  EXPECT_FALSE(parse_blocker_kind("nothing"));
  EXPECT_FALSE(parse_blocker_kind(""));
}

TEST(ErrorKindName, UsesTheWordsOfTheJson) {
  EXPECT_EQ(error_kind_name(ErrorKind::Http), "http");
  EXPECT_EQ(error_kind_name(ErrorKind::Network), "network");
  EXPECT_EQ(error_kind_name(ErrorKind::Tls), "tls");
  EXPECT_EQ(error_kind_name(ErrorKind::File), "file");
  EXPECT_EQ(error_kind_name(ErrorKind::DiskFull), "disk");
  EXPECT_EQ(error_kind_name(ErrorKind::Checksum), "checksum");
  EXPECT_EQ(error_kind_name(ErrorKind::Protocol), "protocol");
  EXPECT_EQ(error_kind_name(ErrorKind::Canceled), "canceled");
  EXPECT_EQ(error_kind_name(ErrorKind::Store), "internal");
}

}  // namespace
}  // namespace lh
