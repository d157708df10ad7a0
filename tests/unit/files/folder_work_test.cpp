#include "files/folder_work.h"

#include <unistd.h>

#include <algorithm>

#include <gtest/gtest.h>

#include "unit/files/faulty_file_ops.h"
#include "unit/files/temp_folder.h"

namespace lh {
namespace {

using test::FaultyFileOps;
using test::TempFolder;

TEST(CheckFolder, ResolvesLinks) {
  const TempFolder folder;
  std::filesystem::create_directory(folder.path("real"));
  ASSERT_EQ(::symlink("real", folder.path("link").c_str()), 0);
  FaultyFileOps ops;
  const auto check = check_folder(ops, folder.path("link"));
  EXPECT_FALSE(check.error);
  EXPECT_EQ(check.folder, folder.path("link"));
  EXPECT_EQ(check.resolved, std::filesystem::canonical(folder.path("real")));
}

TEST(CheckFolder, RefusesARelativePath) {
  FaultyFileOps ops;
  const auto check = check_folder(ops, "some/where");
  ASSERT_TRUE(check.error);
  EXPECT_EQ(check.error->kind, ErrorKind::InvalidArgument);
  EXPECT_EQ(check.resolved, "");
}

TEST(CheckFolder, RefusesAMissingFolder) {
  const TempFolder folder;
  FaultyFileOps ops;
  const auto check = check_folder(ops, folder.path("missing"));
  ASSERT_TRUE(check.error);
  EXPECT_EQ(check.error->code, ENOENT);
}

TEST(CheckFolder, RefusesAFile) {
  const TempFolder folder;
  folder.write("file", "x");
  FaultyFileOps ops;
  const auto check = check_folder(ops, folder.path("file"));
  ASSERT_TRUE(check.error);
  EXPECT_EQ(check.error->code, ENOTDIR);
}

TEST(CheckFolder, RefusesAFolderThatCannotBeWritten) {
  const TempFolder folder;
  FaultyFileOps ops;
  ops.access_errno = EACCES;
  const auto check = check_folder(ops, folder.path());
  ASSERT_TRUE(check.error);
  EXPECT_EQ(check.error->message(), "write to the folder " + folder.path() + ": Permission denied");
  EXPECT_EQ(check.resolved, "");
}

TEST(SweepFolder, RemovesPartialFilesOfDeadTransfersOnly) {
  const TempFolder folder;
  const auto live = *TransferId::parse("11111111-1111-4111-8111-111111111111");
  const auto dead = *TransferId::parse("22222222-2222-4222-8222-222222222222");
  folder.write(partial_file_name(live), "a");
  folder.write(partial_file_name(dead), "b");
  folder.write(".longhaul-something.part", "c");
  folder.write(".longhaul-.part", "d");
  folder.write("other", "e");
  FaultyFileOps ops;
  sweep_folder(ops, folder.path(), [&](const TransferId& id) { return id == live; });
  auto names = folder.names();
  std::ranges::sort(names);
  std::vector<std::string> expected = {".longhaul-.part", partial_file_name(live),
                                       ".longhaul-something.part", "other"};
  std::ranges::sort(expected);
  EXPECT_EQ(names, expected);
}

TEST(SweepFolder, LivesWithAMissingFolder) {
  const TempFolder folder;
  FaultyFileOps ops;
  sweep_folder(ops, folder.path("missing"), [](const TransferId&) { return false; });
  EXPECT_EQ(ops.open_files, 0);
}

}  // namespace
}  // namespace lh
