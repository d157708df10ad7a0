#include "core/base/error.h"

#include <cerrno>

#include <gtest/gtest.h>

#include "core/base/result.h"

namespace lh {
namespace {

TEST(Error, MessageNamesOperationSubjectAndReason) {
  EXPECT_EQ(file_error(EACCES, "rename", "/home/u/a.iso").message(),
            "rename /home/u/a.iso: Permission denied");
}

TEST(Error, MessageLeavesOutWhatIsNotKnown) {
  EXPECT_EQ(invalid_argument("no host").message(), "no host");
  EXPECT_EQ((Error{ErrorKind::Store, 0, "open the database", "", ""}).message(),
            "open the database");
  EXPECT_EQ((Error{ErrorKind::File, EIO, "", "/a", ""}).message(), "/a: Input/output error");
  EXPECT_EQ(Error{}.message(), "unknown error");
}

TEST(Error, AFullDiskIsAKindOfItsOwn) {
  EXPECT_EQ(file_error(ENOSPC, "write", "/a").kind, ErrorKind::DiskFull);
  EXPECT_EQ(file_error(EDQUOT, "write", "/a").kind, ErrorKind::DiskFull);
  EXPECT_EQ(file_error(EIO, "write", "/a").kind, ErrorKind::File);
  EXPECT_EQ(file_error(EIO, "write", "/a").code, EIO);
}

TEST(Result, HoldsTheValueOrTheError) {
  const Result<int> seven = 7;
  const Result<int> none = invalid_argument("no");
  EXPECT_TRUE(seven.ok());
  EXPECT_EQ(*seven, 7);
  EXPECT_FALSE(none.ok());
  EXPECT_EQ(none.error().kind, ErrorKind::InvalidArgument);
}

TEST(Result, OfNothingIsSuccessUnlessToldOtherwise) {
  EXPECT_TRUE(Result<void>().ok());
  EXPECT_FALSE(Result<void>(invalid_argument("no")).ok());
}

}  // namespace
}  // namespace lh
