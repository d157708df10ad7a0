#include "files/regular_file.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "platform/unique_fd.h"
#include "unit/files/faulty_file_ops.h"
#include "unit/files/temp_folder.h"

namespace lh {
namespace {

using test::FaultyFileOps;
using test::TempFolder;

class RegularFileTest : public ::testing::Test {
 protected:
  [[nodiscard]] Result<RegularFile> open(int flags) {
    return open_regular(ops, {.folder = in.get(), .path = folder.path()}, "x", flags, 0600);
  }
  /// What is said when it is opened in each of the ways that the rooms use.
  void expect_refused(const std::string& what) {
    for (const int flags : {O_RDONLY, O_RDWR | O_CREAT | O_APPEND}) {
      const auto opened = open(flags);
      ASSERT_FALSE(opened);
      EXPECT_EQ(opened.error().kind, ErrorKind::File);
      const std::string verb = flags == O_RDONLY ? "open " : "create ";
      EXPECT_EQ(opened.error().message(), verb + folder.path("x") + ": " + what);
    }
    EXPECT_EQ(ops.open_files, 0);
  }

  TempFolder folder;
  FaultyFileOps ops;
  UniqueFd in{system_file_ops().open_folder(folder.path())};
};

TEST_F(RegularFileTest, IsOpenedWithWhatItIs) {
  folder.write("x", "abc");
  const auto opened = open(O_RDONLY);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->info.st_size, 3);
  EXPECT_EQ(opened->info.st_ino, folder.stat("x").st_ino);
}

TEST_F(RegularFileTest, AMissingOneIsMadeOnlyIfThatIsAskedFor) {
  const auto missing = open(O_RDONLY);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ENOENT);
  EXPECT_TRUE(open(O_RDWR | O_CREAT));
  EXPECT_TRUE(folder.has("x"));
}

TEST_F(RegularFileTest, APipeIsRefusedAndNobodyIsWaitedFor) {
  ASSERT_EQ(::mkfifo(folder.path("x").c_str(), 0600), 0);
  expect_refused("a pipe is in its place");
}

TEST_F(RegularFileTest, ALinkIsNotFollowed) {
  folder.write("victim", "precious");
  std::filesystem::create_symlink("victim", folder.path("x"));
  expect_refused("a symbolic link is in its place");
  EXPECT_EQ(folder.read("victim"), "precious");
}

TEST_F(RegularFileTest, ALinkToNowhereMakesNothing) {
  std::filesystem::create_symlink("nowhere", folder.path("x"));
  expect_refused("a symbolic link is in its place");
  EXPECT_FALSE(folder.has("nowhere"));
}

TEST_F(RegularFileTest, AFolderIsRefused) {
  std::filesystem::create_directory(folder.path("x"));
  expect_refused("a folder is in its place");
}

TEST_F(RegularFileTest, ASocketIsRefused) {
  const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = folder.path("x");
  ASSERT_LT(path.size(), sizeof address.sun_path);
  std::ranges::copy(path, address.sun_path);
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  expect_refused("a socket is in its place");
}

TEST_F(RegularFileTest, ADeviceIsRefused) {
  const UniqueFd devices(system_file_ops().open_folder("/dev"));
  const auto opened =
      open_regular(ops, {.folder = devices.get(), .path = "/dev"}, "null", O_RDONLY);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().message(), "open /dev/null: a device is in its place");
  EXPECT_EQ(ops.open_files, 0);
}

}  // namespace
}  // namespace lh
