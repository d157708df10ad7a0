#include "cli/download_plan.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>
#include <stdlib.h>

#include "cli/failure.h"

namespace lh::cli {
namespace {

class DownloadPlanTest : public testing::Test {
 protected:
  DownloadPlanTest() {
    char pattern[] = "/tmp/lh-cli-XXXXXX";
    folder = std::filesystem::canonical(mkdtemp(pattern)).string();
  }
  ~DownloadPlanTest() override { std::filesystem::remove_all(folder); }

  /// The cause of the failure, or "".
  std::string refusal(const std::string& path) const {
    try {
      (void)target_file(folder, path);
    } catch (const Failure& failure) {
      return failure.cause();
    }
    return "";
  }

  std::vector<PlannedDownload> read(const std::string& text) const {
    std::istringstream stream(text);
    return read_list(stream, "LIST", folder);
  }

  std::string folder;
};

TEST(UrlProblem, AcceptsWhatCanBeDownloaded) {
  for (const char* const url : {"http://example.org", "https://example.org/a?b#c",
                                "HTTP://[::1]:8080/x", "http://user:secret@example.org/"})
    EXPECT_EQ(url_problem(url), std::nullopt) << url;
}

TEST(UrlProblem, NamesWhatIsWrong) {
  for (const char* const url :
       {"", "example.org/x", "no url at all", "http://", "http:///x", "http://:80/", "http://a b/",
        "sftp://example.org/x", "file:///etc/passwd", "://x", "http://x/\r\nHost: y",
        "/x?u=http://y"})
    EXPECT_TRUE(url_problem(url)) << url;
}

TEST(WithoutCredentials, HidesUserAndPassword) {
  EXPECT_EQ(without_credentials("http://user:secret@h/p@th"), "http://...@h/p@th");
  EXPECT_EQ(without_credentials("user:secret@h"), "...@h");
  EXPECT_EQ(without_credentials("http:/user:secret@h/x"), "http:/...@h/x");
  EXPECT_EQ(without_credentials("//user:secret@h/x"), "//...@h/x");
  EXPECT_EQ(without_credentials("http://h/p@th?x"), "http://h/p@th?x");
}

TEST(AbsolutePath, IsSeenFromTheFolder) {
  EXPECT_EQ(absolute_path("/home/u", "a"), "/home/u/a");
  EXPECT_EQ(absolute_path("/home/u", "./a//b/."), "/home/u/a/b");
  EXPECT_EQ(absolute_path("/home/u", "/x/y/"), "/x/y");
  EXPECT_EQ(absolute_path("/", "a"), "/a");
  EXPECT_EQ(absolute_path("/", "../.."), "/");
}

TEST_F(DownloadPlanTest, TheParentOfALinkIsThatOfWhatItLeadsTo) {
  std::filesystem::create_directories(folder + "/deep/er");
  std::filesystem::create_directory_symlink(folder + "/deep/er", folder + "/link");
  EXPECT_EQ(absolute_path(folder, "link/../x"), folder + "/deep/x");
  EXPECT_EQ(absolute_path(folder, "link/x"), folder + "/link/x");
}

TEST_F(DownloadPlanTest, ATargetIsSplitIntoFolderAndName) {
  const longhaul::DownloadItem item = target_file(folder, "a.iso");
  EXPECT_EQ(item.Folder, folder);
  EXPECT_EQ(item.FileName, "a.iso");
}

TEST_F(DownloadPlanTest, ATargetThatCannotBeIsRefusedWithTheReason) {
  std::ofstream(folder + "/file") << "x";
  EXPECT_EQ(refusal("missing/a"), "No such file or directory");
  EXPECT_EQ(refusal("file/a"), "Not a directory");
  EXPECT_EQ(refusal("."), "Is a directory");
  EXPECT_EQ(refusal("new/"), "Is a directory");
  EXPECT_EQ(refusal(folder), "Is a directory");
  EXPECT_EQ(refusal(std::string(256, 'n')), "File name too long");
  EXPECT_EQ(refusal(""), "Invalid argument");
  EXPECT_EQ(refusal("/dev/null"), "Invalid argument") << "a device is never replaced";
  EXPECT_EQ(refusal("file"), "") << "an existing file is replaced";
}

TEST_F(DownloadPlanTest, AFolderWithoutPermissionIsRefused) {
  std::filesystem::create_directory(folder + "/locked");
  chmod(folder.c_str(), 0755);
  chmod((folder + "/locked").c_str(), 0555);
  // Root may write everywhere, so it becomes somebody else for a moment.
  const bool is_root = geteuid() == 0;
  constexpr uid_t kNobody = 65534;
  if (is_root) {
    ASSERT_EQ(setresuid(kNobody, kNobody, 0), 0);
  }
  const std::string refused = refusal("locked/a");
  if (is_root) {
    ASSERT_EQ(setresuid(0, 0, 0), 0);
  }
  EXPECT_EQ(refused, "Permission denied");
}

TEST_F(DownloadPlanTest, AListHasUrlsFilesCommentsAndBlankLines) {
  const auto downloads =
      read("# comment\n\nhttp://h/a\r\n  \nhttp://h/b\tb name.bin\nhttp://h/c\t" + folder +
           "/c.bin\nhttp://h/d");
  ASSERT_EQ(downloads.size(), 4U);
  EXPECT_EQ(downloads[0].item.Url, "http://h/a");
  EXPECT_EQ(downloads[0].item.Folder, folder);
  EXPECT_FALSE(downloads[0].is_named());
  EXPECT_EQ(downloads[1].item.FileName, "b name.bin");
  EXPECT_EQ(downloads[2].item.Folder, folder);
  EXPECT_EQ(downloads[2].item.FileName, "c.bin");
  EXPECT_EQ(downloads[3].origin, "LIST:7");
}

TEST_F(DownloadPlanTest, EveryBadLineIsReportedWithItsNumber) {
  testing::internal::CaptureStderr();
  EXPECT_THROW(read("http://h/a\nno url\n#\nhttp://h/b\tmissing/x\nhttp://h/c\t\n"), Failure);
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_NE(said.find("longhaul: LIST:2: 'no url' is not a URL"), said.npos) << said;
  EXPECT_NE(
      said.find("longhaul: LIST:4: cannot create files in " + folder + "/missing (No such file"),
      said.npos)
      << said;
  EXPECT_NE(said.find("longhaul: LIST:5: "), said.npos) << said;
}

TEST_F(DownloadPlanTest, TwoLinesWithOneFileAreRefused) {
  testing::internal::CaptureStderr();
  EXPECT_THROW(read("http://h/a\tx\nhttp://h/b\t./x\n"), Failure);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("LIST:2"), std::string::npos);
}

}  // namespace
}  // namespace lh::cli
