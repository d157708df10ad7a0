#include "files/reservation.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include <gtest/gtest.h>

#include "platform/unique_fd.h"
#include "unit/files/faulty_file_ops.h"
#include "unit/files/temp_folder.h"

namespace lh {
namespace {

using test::FaultyFileOps;
using test::TempFolder;

/// A disk that is counted only: nothing is taken of the real one.
class ReservationTest : public ::testing::Test {
 protected:
  void disk(ByteCount size, ByteCount free) {
    ops.disk_size = size;
    ops.disk_free = free;
  }

  TempFolder folder;
  FaultyFileOps ops;
  UniqueFd file{::open(folder.path("x").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
  Reservation reservation{ops};
};

TEST_F(ReservationTest, AnAnnouncementAloneTakesLittle) {
  disk(100_GiB, 90_GiB);
  EXPECT_EQ(reservation.begin(file.get(), 0, 80_GiB), 0);
  EXPECT_EQ(ops.reserved, 16_MiB);
}

TEST_F(ReservationTest, StepsGrowWithWhatIsThere) {
  disk(100_GiB, 90_GiB);
  ASSERT_EQ(reservation.begin(file.get(), 0, 80_GiB), 0);
  reservation.cover(file.get(), 16_MiB);
  EXPECT_EQ(ops.reserved, 16_MiB) << "still covered";
  reservation.cover(file.get(), 16_MiB + 1);
  EXPECT_EQ(ops.reserved, 32_MiB + 1);
  reservation.cover(file.get(), 40_MiB);
  EXPECT_EQ(ops.reserved, 72_MiB + 1);
  reservation.cover(file.get(), 10_GiB);
  const ByteCount before = ops.reserved;
  reservation.cover(file.get(), 10_GiB + 1);
  EXPECT_EQ(ops.reserved - before, 256_MiB) << "the longest step";
}

TEST_F(ReservationTest, NeverTakesMoreThanWasAnnounced) {
  disk(100_GiB, 90_GiB);
  ASSERT_EQ(reservation.begin(file.get(), 0, 20_MiB), 0);
  for (ByteCount end = 1_MiB; end <= 20_MiB; end += 1_MiB) reservation.cover(file.get(), end);
  EXPECT_EQ(ops.reserved, 20_MiB);
  EXPECT_EQ(ops.fallocates, 2);
}

TEST_F(ReservationTest, LeavesATwentiethOfASmallDisk) {
  disk(100_MiB, 20_MiB);
  EXPECT_EQ(reservation.begin(file.get(), 0, 19_MiB), 0);
  EXPECT_EQ(ops.disk_free, 5_MiB);
}

TEST_F(ReservationTest, LeavesAGibibyteOfALargeDisk) {
  disk(1000_GiB, 1_GiB + 4_MiB);
  EXPECT_EQ(reservation.begin(file.get(), 0, 1_GiB), 0);
  EXPECT_EQ(ops.disk_free, 1_GiB);
}

TEST_F(ReservationTest, TheLastOfTheDiskIsThereForWriting) {
  disk(100_MiB, 4_MiB);
  EXPECT_EQ(reservation.begin(file.get(), 0, 4_MiB), 0);
  EXPECT_EQ(ops.reserved, 0U);
}

TEST_F(ReservationTest, WhatDoesNotFitIsSaidAtOnce) {
  disk(100_GiB, 10_GiB);
  EXPECT_EQ(reservation.begin(file.get(), 0, 10_GiB + 1), ENOSPC);
  EXPECT_EQ(ops.reserved, 0U);
}

TEST_F(ReservationTest, WhatTheFileHasAlreadyIsNotCountedAgain) {
  if (system_file_ops().fallocate_keep_size(file.get(), 0, 8_MiB) != 0) {
    GTEST_SKIP() << "the file system cannot reserve space";
  }
  disk(100_MiB, 2_MiB);
  EXPECT_EQ(reservation.begin(file.get(), 1_MiB, 10_MiB), 0);
  EXPECT_EQ(reservation.begin(file.get(), 1_MiB, 11_MiB), ENOSPC);
}

TEST_F(ReservationTest, AFileSystemThatCannotReserveIsAskedOnce) {
  disk(100_GiB, 90_GiB);
  ops.fallocate_errno = EOPNOTSUPP;
  EXPECT_EQ(reservation.begin(file.get(), 0, 80_GiB), 0);
  reservation.cover(file.get(), 1_GiB);
  EXPECT_EQ(ops.fallocates, 1);
}

TEST_F(ReservationTest, AQuotaThatIsUsedUpIsFoundByTheFirstStepAndLaterByWriting) {
  disk(100_GiB, 90_GiB);
  ASSERT_EQ(reservation.begin(file.get(), 0, 1_GiB), 0);
  ops.fallocate_errno = EDQUOT;
  reservation.cover(file.get(), 17_MiB);
  EXPECT_EQ(ops.fallocates, 2);
  EXPECT_EQ(reservation.begin(file.get(), 0, 1_GiB), EDQUOT);
}

TEST_F(ReservationTest, R79_AFileTooLargeForTheFileSystemIsSaidAtOnce) {
  EXPECT_EQ(reservation.begin(file.get(), 0, ByteCount{1} << 63), EFBIG);
  disk(100_GiB, 90_GiB);
  ops.check_size_errno = EFBIG;  // FAT and a file of more than 4 GiB
  EXPECT_EQ(reservation.begin(file.get(), 0, 5_GiB), EFBIG);
  EXPECT_EQ(ops.reserved, 0U);
}

TEST_F(ReservationTest, LookingForALimitChangesNothing) {
  ASSERT_EQ(::ftruncate(file.get(), 10), 0);
  EXPECT_EQ(system_file_ops().check_size(file.get(), 1_GiB), 0);
  const auto info = folder.stat("x");
  EXPECT_EQ(info.st_size, 10);
  EXPECT_LE(info.st_blocks, 8);
}

}  // namespace
}  // namespace lh
