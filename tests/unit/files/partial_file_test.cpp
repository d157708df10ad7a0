#include "files/partial_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <string>

#include <gtest/gtest.h>

#include "unit/files/faulty_file_ops.h"
#include "unit/files/temp_folder.h"

namespace lh {
namespace {

using test::FaultyFileOps;
using test::TempFolder;

class PartialFileTest : public ::testing::Test {
 protected:
  [[nodiscard]] Result<std::shared_ptr<PartialFile>> open(ByteCount recorded = 0,
                                                          bool trust_size = false) {
    return PartialFile::open(ops, folder.path(), id, recorded, trust_size);
  }
  [[nodiscard]] std::string content() const { return folder.read(partial_file_name(id)); }
  void leave(const std::string& content) const { folder.write(partial_file_name(id), content); }

  TempFolder folder;
  FaultyFileOps ops;
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
