#include "files/partial_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "unit/files/faulty_file_ops.h"
#include "unit/files/temp_folder.h"

namespace lh {
namespace {

using test::FaultyFileOps;
using test::TempFolder;

/// Something happens to the file just before each write, when its size has been looked at.
class RacingFileOps final : public FaultyFileOps {
 public:
  std::function<void()> before_write;
  ssize_t pwrite(int fd, const void* data, std::size_t size, ByteOffset offset) override {
    if (before_write) std::exchange(before_write, nullptr)();
    return FaultyFileOps::pwrite(fd, data, size, offset);
  }
};

class PartialFileTest : public ::testing::Test {
 protected:
  [[nodiscard]] Result<std::shared_ptr<PartialFile>> open(ByteCount recorded = 0,
                                                          bool trust_size = false) {
    return PartialFile::open(ops, folder.path(), id, recorded, trust_size);
  }
  [[nodiscard]] std::string content() const { return folder.read(partial_file_name(id)); }
  void leave(const std::string& content) const { folder.write(partial_file_name(id), content); }

  /// A file that is being written and holds "0123456789".
  [[nodiscard]] std::shared_ptr<PartialFile> begun() {
    auto file = open().value();
    EXPECT_TRUE(file->append(std::string("0123456789")));
    return file;
  }
  void cut_to(ByteCount size) const {
    std::filesystem::resize_file(folder.path(partial_file_name(id)), size);
  }
  [[nodiscard]] std::string path() const { return folder.path(partial_file_name(id)); }

  TempFolder folder;
  RacingFileOps ops;
  TransferId id = *TransferId::parse("01234567-89ab-cdef-0123-456789abcdef");
};

TEST_F(PartialFileTest, HasAHiddenNameMadeOfTheTransfersId) {
  EXPECT_EQ(partial_file_name(id), ".longhaul-01234567-89ab-cdef-0123-456789abcdef.part");
}

TEST_F(PartialFileTest, IsMadeIfMissingAndForItsOwnerOnly) {
  ASSERT_TRUE(open());
  EXPECT_EQ(folder.stat(partial_file_name(id)).st_mode & 0777U, 0600U);
}

TEST_F(PartialFileTest, GrowsByWhatIsAppended) {
  auto file = open().value();
  ASSERT_TRUE(file->append(std::string("hello ")));
  ASSERT_TRUE(file->append(std::string("world")));
  EXPECT_EQ(file->size(), 11U);
  EXPECT_EQ(content(), "hello world");
}

TEST_F(PartialFileTest, ContinuesAtTheRecordedPrefixAndCutsTheRest) {
  leave("0123456789");
  auto file = open(6).value();
  EXPECT_EQ(file->usable_prefix(), 6U);
  EXPECT_EQ(content(), "012345");
  ASSERT_TRUE(file->append(std::string("abc")));
  EXPECT_EQ(content(), "012345abc");
}

TEST_F(PartialFileTest, ContinuesAtItsOwnSizeIfThatIsTrusted) {
  leave("0123456789");
  auto file = open(6, true).value();
  EXPECT_EQ(file->usable_prefix(), 10U);
  EXPECT_EQ(content(), "0123456789");
}

TEST_F(PartialFileTest, TrustsItsSizeOnlyAfterASyncThatSucceeds) {
  leave("0123456789");
  ops.fdatasync_errno = EIO;
  auto file = open(6, true).value();
  EXPECT_EQ(file->usable_prefix(), 0U);
  EXPECT_EQ(content(), "");
}

TEST_F(PartialFileTest, HasNothingUsableIfItIsShorterThanRecorded) {
  leave("0123");
  for (const bool trust_size : {false, true}) {
    leave("0123");
    auto file = open(6, trust_size).value();
    EXPECT_EQ(file->usable_prefix(), 0U);
    EXPECT_EQ(content(), "");
  }
}

TEST_F(PartialFileTest, R82_StartingOverLeavesTheOldBytesToTheirReaders) {
  leave("old bytes");
  auto file = open(9).value();
  const int reader = ::open(folder.path(partial_file_name(id)).c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_TRUE(file->start_over());
  ASSERT_TRUE(file->append(std::string("new")));
  std::string seen(20, '\0');
  const auto got = ::pread(reader, seen.data(), seen.size(), 0);
  ::close(reader);
  EXPECT_EQ(seen.substr(0, static_cast<std::size_t>(got)), "old bytes");
  EXPECT_EQ(content(), "new");
}

TEST_F(PartialFileTest, ReservesRoomWithoutChangingItsSize) {
  auto file = open().value();
  ASSERT_TRUE(file->reserve(4_MiB));
  const auto info = folder.stat(partial_file_name(id));
  EXPECT_EQ(info.st_size, 0);
  EXPECT_EQ(ops.fallocates, 1);
}

TEST_F(PartialFileTest, DoesNotReserveForSmallFiles) {
  auto file = open().value();
  ASSERT_TRUE(file->reserve(16_KiB));
  EXPECT_EQ(ops.fallocates, 0);
}

TEST_F(PartialFileTest, LivesWithFileSystemsThatCannotReserve) {
  auto file = open().value();
  for (const int reason : {EOPNOTSUPP, ENOSYS}) {
    ops.fallocate_errno = reason;
    EXPECT_TRUE(file->reserve(4_MiB));
  }
}

TEST_F(PartialFileTest, SaysDiskFullWhenThereIsNoRoomToReserve) {
  auto file = open().value();
  for (const int reason : {ENOSPC, EDQUOT}) {
    ops.fallocate_errno = reason;
    const auto reserved = file->reserve(4_MiB);
    ASSERT_FALSE(reserved);
    EXPECT_EQ(reserved.error().kind, ErrorKind::DiskFull);
  }
}

TEST_F(PartialFileTest, R79_AFileTooLargeForTheFileSystemIsAFileError) {
  auto file = open().value();
  ops.fallocate_errno = EFBIG;
  const auto reserved = file->reserve(4_MiB);
  ASSERT_FALSE(reserved);
  EXPECT_EQ(reserved.error().kind, ErrorKind::File);
  EXPECT_EQ(reserved.error().code, EFBIG);
}

TEST_F(PartialFileTest, CountsWhatFitsBeforeTheDiskIsFull) {
  auto file = open().value();
  ops.room = 4;
  const auto appended = file->append(std::string("0123456789"));
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().kind, ErrorKind::DiskFull);
  EXPECT_EQ(file->size(), 4U);
  EXPECT_EQ(content(), "0123");
}

TEST_F(PartialFileTest, ErrorsNameTheOperationAndThePath) {
  auto file = open().value();
  ops.pwrite_errno = EIO;
  const auto appended = file->append(std::string("x"));
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().message(),
            "write " + folder.path(partial_file_name(id)) + ": Input/output error");
}

TEST_F(PartialFileTest, AMissingFolderIsAnError) {
  const auto file = PartialFile::open(ops, folder.path("missing"), id, 0, false);
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code, ENOENT);
}

TEST_F(PartialFileTest, DoesNotFollowALinkOfItsName) {
  folder.write("victim", "precious");
  ASSERT_EQ(::symlink("victim", folder.path(partial_file_name(id)).c_str()), 0);
  EXPECT_FALSE(open());
  EXPECT_EQ(folder.read("victim"), "precious");
}

TEST_F(PartialFileTest, ASyncTellsHowMuchItHasMadeDurable) {
  auto file = open().value();
  ASSERT_TRUE(file->append(std::string("12345")));
  file->start_writeback();
  EXPECT_EQ(file->sync_prefix().value(), 5U);
  ops.fdatasync_errno = EIO;
  EXPECT_FALSE(file->sync());
}

// ---- Whatever others do to it

TEST_F(PartialFileTest, APipeInItsPlaceIsRefusedAndNamed) {
  ASSERT_EQ(::mkfifo(path().c_str(), 0600), 0);
  const auto file = open();
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().message(), "create " + path() + ": a pipe is in its place");
}

TEST_F(PartialFileTest, NothingIsWrittenBehindAHole) {
  const auto file = begun();
  cut_to(4);
  const auto appended = file->append(std::string("abc"));
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().message(), "write " + path() +
                                            ": it holds 4 bytes instead of 10: something else has "
                                            "changed it");
  EXPECT_TRUE(file->has_lost_bytes());
}

TEST_F(PartialFileTest, BytesThatCannotBeTrustedAreNotLeftToTheNextAttempt) {
  const auto file = begun();
  cut_to(4);
  ASSERT_FALSE(file->append(std::string("abc")));
  EXPECT_FALSE(folder.has(partial_file_name(id)));
  EXPECT_EQ(open(4, true).value()->usable_prefix(), 0U);
}

TEST_F(PartialFileTest, ACutBetweenTheLookAndTheWriteStillShowsInItsSize) {
  const auto file = begun();
  ops.before_write = [&] { cut_to(4); };
  ASSERT_TRUE(file->append(std::string("abc")));  // nobody could know
  EXPECT_EQ(content(), "0123abc") << "no hole";
  EXPECT_FALSE(file->check_in_place());
  EXPECT_TRUE(file->has_lost_bytes());
}

TEST_F(PartialFileTest, ASyncOfACutFileTellsNoDurableBytes) {
  const auto file = begun();
  cut_to(9);
  EXPECT_FALSE(file->sync_prefix());
  EXPECT_TRUE(file->has_lost_bytes());
}

TEST_F(PartialFileTest, BytesThatSomebodyAppendsAreNotTakenForOurs) {
  const auto file = begun();
  std::ofstream(path(), std::ios::app) << "garbage";
  EXPECT_FALSE(file->append(std::string("abc")));
  EXPECT_TRUE(file->has_lost_bytes());
}

TEST_F(PartialFileTest, ASyncOfARemovedFileTellsNoDurableBytes) {
  const auto file = begun();
  ASSERT_EQ(::unlink(path().c_str()), 0);
  const auto synced = file->sync_prefix();
  ASSERT_FALSE(synced);
  EXPECT_EQ(synced.error().message(),
            "write " + path() + ": something else has removed or replaced it");
  EXPECT_TRUE(file->has_lost_bytes());
}

TEST_F(PartialFileTest, AFileThatWasMovedAwayIsLeftAlone) {
  const auto file = begun();
  std::filesystem::rename(path(), folder.path("elsewhere"));
  EXPECT_FALSE(file->check_in_place());
  EXPECT_EQ(folder.read("elsewhere"), "0123456789");
}

TEST_F(PartialFileTest, AnotherFileOfItsNameAndSizeIsNotTakenForIt) {
  const auto file = begun();
  folder.write("other", "9876543210");
  std::filesystem::rename(folder.path("other"), path());
  EXPECT_FALSE(file->check_in_place());
  EXPECT_FALSE(folder.has(partial_file_name(id))) << "or the next attempt would go on with it";
}

TEST_F(PartialFileTest, APipeThatTookItsPlaceStaysForTheNextAttemptToName) {
  const auto file = begun();
  ASSERT_EQ(::unlink(path().c_str()), 0);
  ASSERT_EQ(::mkfifo(path().c_str(), 0600), 0);
  EXPECT_FALSE(file->sync_prefix());
  EXPECT_TRUE(std::filesystem::is_fifo(path()));
}

TEST_F(PartialFileTest, IsNotCompleteWhereItsFolderHasMovedAndLeavesNothingThere) {
  const std::string before = folder.path("before");
  std::filesystem::create_directory(before);
  const auto file = PartialFile::open(ops, before, id, 0, false).value();
  ASSERT_TRUE(file->append(std::string("abc")));
  std::filesystem::rename(before, folder.path("after"));
  EXPECT_FALSE(file->check_in_place());
  EXPECT_TRUE(std::filesystem::is_empty(folder.path("after")));
}

TEST_F(PartialFileTest, AFolderThatIsALinkNowButLeadsToItIsFine) {
  const std::string before = folder.path("before");
  std::filesystem::create_directory(before);
  const auto file = PartialFile::open(ops, before, id, 0, false).value();
  ASSERT_TRUE(file->append(std::string("abc")));
  std::filesystem::rename(before, folder.path("after"));
  std::filesystem::create_directory_symlink("after", before);
  EXPECT_TRUE(file->check_in_place());
}

TEST_F(PartialFileTest, WhatNobodyTouchedIsInPlace) {
  const auto file = begun();
  EXPECT_TRUE(file->check_in_place());
  EXPECT_EQ(file->sync_prefix().value(), 10U);
  EXPECT_FALSE(file->has_lost_bytes());
}

TEST_F(PartialFileTest, IsRemovedWhereverItsFolderIs) {
  const std::string before = folder.path("before");
  std::filesystem::create_directory(before);
  const auto file = PartialFile::open(ops, before, id, 0, false).value();
  std::filesystem::rename(before, folder.path("after"));
  file->remove();
  EXPECT_TRUE(std::filesystem::is_empty(folder.path("after")));
}

TEST_F(PartialFileTest, ReservesMoreWhileItGrows) {
  ops.disk_size = 100_GiB;
  ops.disk_free = 50_GiB;
  auto file = open().value();
  ASSERT_TRUE(file->reserve(40_GiB));
  EXPECT_EQ(ops.reserved, 16_MiB);
  const std::string piece(17'000'000, 'x');
  ASSERT_TRUE(file->append(piece));
  EXPECT_GT(ops.reserved, piece.size());
  EXPECT_LT(ops.reserved, 3 * piece.size());
}

TEST_F(PartialFileTest, SaysDiskFullWhenWhatIsMissingDoesNotFit) {
  ops.disk_size = 100_GiB;
  ops.disk_free = 5_GiB;
  auto file = open().value();
  const auto reserved = file->reserve(6_GiB);
  ASSERT_FALSE(reserved);
  EXPECT_EQ(reserved.error().kind, ErrorKind::DiskFull);
}

TEST_F(PartialFileTest, ClosesWhatItOpened) {
  {
    auto file = open().value();
    ASSERT_TRUE(file->start_over());
    EXPECT_EQ(ops.open_files, 2);
  }
  EXPECT_EQ(ops.open_files, 0);
}

}  // namespace
}  // namespace lh
