#include "platform/file_ops.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <string>

#include <gtest/gtest.h>

#include "platform/unique_fd.h"

namespace lh {
namespace {

class FileOpsTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "longhaul-ops-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
    folder_.reset(ops_.open_folder(root_));
    ASSERT_TRUE(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  UniqueFd make_file(const char* name, const std::string& text) {
    UniqueFd file(ops_.open_at(folder_.get(), name, O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    EXPECT_EQ(ops_.pwrite(file.get(), text.data(), text.size(), 0),
              static_cast<ssize_t>(text.size()));
    return file;
  }
  std::string content(const char* name) {
    const UniqueFd file(ops_.open_at(folder_.get(), name, O_RDONLY | O_CLOEXEC, 0));
    std::string text(100, '\0');
    const ssize_t got = ops_.pread(file.get(), text.data(), text.size(), 0);
    text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return text;
  }

  FileOps& ops_ = system_file_ops();
  std::string root_;
  UniqueFd folder_;
};

TEST_F(FileOpsTest, WritesAndReadsBackAtAnOffset) {
  const UniqueFd file = make_file("a", "");
  EXPECT_EQ(ops_.pwrite(file.get(), "xyz", 3, 5), 3);
  char byte = 0;
  EXPECT_EQ(ops_.pread(file.get(), &byte, 1, 6), 1);
  EXPECT_EQ(byte, 'y');
}

TEST_F(FileOpsTest, ReservingSpaceLeavesTheSizeAsItIs) {
  const UniqueFd file = make_file("a", "abc");
  if (ops_.fallocate_keep_size(file.get(), 0, 1_MiB) != 0) {
    ASSERT_EQ(errno, EOPNOTSUPP);
    GTEST_SKIP() << "the file system cannot reserve space";
  }
  struct ::stat info{};
  ASSERT_EQ(ops_.fstat(file.get(), &info), 0);
  EXPECT_EQ(info.st_size, 3);
  EXPECT_GE(info.st_blocks, 2048);
}

TEST_F(FileOpsTest, MoreThanAnyFileCanHoldIsTooLarge) {
  const UniqueFd file = make_file("a", "abc");
  constexpr ByteCount kMost = std::numeric_limits<std::int64_t>::max();
  for (const auto& [offset, length] :
       {std::pair{ByteOffset{0}, kMost + 1}, std::pair{ByteOffset{0}, ~ByteCount{0}},
        std::pair{ByteOffset{1}, kMost}, std::pair{~ByteOffset{0}, ByteCount{1}}}) {
    EXPECT_NE(ops_.fallocate_keep_size(file.get(), offset, length), 0);
    EXPECT_EQ(errno, EFBIG) << offset << "+" << length;
  }
}

TEST_F(FileOpsTest, SyncsSucceedOnAFileAndItsFolder) {
  const UniqueFd file = make_file("a", "abc");
  EXPECT_EQ(ops_.start_writeback(file.get(), 0, 3), 0);
  EXPECT_EQ(ops_.check_writeback(file.get()), 0);
  EXPECT_EQ(ops_.fdatasync(file.get()), 0);
  EXPECT_EQ(ops_.fsync(folder_.get()), 0);
  EXPECT_EQ(ops_.syncfs(folder_.get()), 0);
}

TEST_F(FileOpsTest, StartingWritebackWhereItIsUnknownIsHarmless) {
  int ends[2] = {-1, -1};
  ASSERT_EQ(::pipe(ends), 0);
  const UniqueFd reader(ends[0]);
  const UniqueFd writer(ends[1]);
  EXPECT_EQ(ops_.start_writeback(writer.get(), 0, 3), 0);
  EXPECT_EQ(ops_.start_writeback(-1, 0, 3), -1);
  EXPECT_EQ(errno, EBADF);
}

TEST_F(FileOpsTest, RenameReplacesOnlyWhenAsked) {
  make_file("from", "new");
  make_file("to", "old");
  EXPECT_EQ(ops_.rename_at(folder_.get(), "from", "to", false), -1);
  EXPECT_EQ(errno, EEXIST);
  EXPECT_EQ(content("to"), "old");
  EXPECT_EQ(content("from"), "new");
  EXPECT_EQ(ops_.rename_at(folder_.get(), "from", "to", true), 0);
  EXPECT_EQ(content("to"), "new");
  EXPECT_EQ(ops_.rename_at(folder_.get(), "to", "free", false), 0);
  EXPECT_EQ(content("free"), "new");
  struct ::stat info{};
  EXPECT_EQ(ops_.stat_at(folder_.get(), "to", &info), -1);
  EXPECT_EQ(errno, ENOENT);
}

TEST_F(FileOpsTest, StatDoesNotFollowALink) {
  std::filesystem::create_symlink("nowhere", root_ + "/link");
  struct ::stat info{};
  ASSERT_EQ(ops_.stat_at(folder_.get(), "link", &info), 0);
  EXPECT_TRUE(S_ISLNK(info.st_mode));
}

TEST_F(FileOpsTest, FailuresSetErrno) {
  EXPECT_EQ(ops_.open_folder(root_ + "/none"), -1);
  EXPECT_EQ(errno, ENOENT);
  make_file("file", "");
  EXPECT_EQ(ops_.open_folder(root_ + "/file"), -1);
  EXPECT_EQ(errno, ENOTDIR);
  EXPECT_EQ(ops_.unlink_at(folder_.get(), "none"), -1);
  EXPECT_EQ(errno, ENOENT);
}

}  // namespace
}  // namespace lh
