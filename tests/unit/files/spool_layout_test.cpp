#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "files/body_source.h"
#include "files/spool.h"
#include "platform/system_info.h"
#include "unit/files/faulty_file_ops.h"
#include "unit/files/temp_folder.h"

// R88: bodies of several parts are laid out when the operation is created.
namespace lh {
namespace {

using test::FaultyFileOps;
using test::TempFolder;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class SpoolLayoutTest : public ::testing::Test {
 protected:
  SpoolLayoutTest() {
    folder.write("one", "first");
    folder.write("two", "");
  }
  ~SpoolLayoutTest() override { EXPECT_EQ(ops.open_files, 0) << "a descriptor is left open"; }

  [[nodiscard]] MultipartBody body(const std::string& last = "two") const {
    return {.content_type = "multipart/form-data; boundary=B",
            .segments = {{"begin,", ""},
                         {"", folder.path("one")},
                         {",middle,", ""},
                         {"", folder.path(last)},
                         {",end", ""}}};
  }
  [[nodiscard]] std::string name() const { return "spool/" + id.to_string() + ".body"; }
  [[nodiscard]] std::size_t files() const {
    if (!folder.has("spool")) return 0;
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(folder.path("spool")), {}));
  }
  Error refused(const MultipartBody& what) {
    const auto laid = spool.lay_out(what, id);
    EXPECT_FALSE(laid);
    EXPECT_EQ(files(), 0U);
    return laid ? Error() : laid.error();
  }

  TempFolder folder;
  FaultyFileOps ops;
  Spool spool{ops, folder.path("spool"), 1_MiB};
  const TransferId id = random_guid();
};

TEST_F(SpoolLayoutTest, R96_TheLengthIsThatOfWhatIsSent) {
  const auto laid = spool.lay_out(body(), id);
  ASSERT_TRUE(laid) << laid.error().message();
  EXPECT_EQ(laid->file, folder.path(name()));
  EXPECT_TRUE(laid->is_spooled);
  EXPECT_TRUE(laid->is_layout);
  EXPECT_EQ(laid->length, 6U + 5 + 8 + 0 + 4);
  EXPECT_EQ(laid->stamp, stamp_of(folder.stat(name())));
  EXPECT_THAT(spool.list(), ElementsAre(id));
  spool.erase(id);
  EXPECT_THAT(spool.list(), IsEmpty());
}

TEST_F(SpoolLayoutTest, ASegmentWithoutBytesIsLeftOut) {
  const auto laid = spool.lay_out({.content_type = "", .segments = {{"", ""}, {"a", ""}}}, id);
  ASSERT_TRUE(laid) << laid.error().message();
  EXPECT_TRUE(BodySource::open(ops, *laid));
}

TEST_F(SpoolLayoutTest, IsSyncedWithItsNameAndReadByNobodyElse) {
  ASSERT_TRUE(spool.lay_out(body(), id));
  EXPECT_EQ(ops.fsyncs, 3) << "the name of the new folder, too";
  EXPECT_EQ(folder.stat(name()).st_mode & 0777U, 0600U);
}

TEST_F(SpoolLayoutTest, R98_FilesAreLookedAtAsTheBodyOfADownloadIs) {
  EXPECT_EQ(refused(body("none")).code, ENOENT);
  EXPECT_THAT(refused(body("none")).message(), HasSubstr(folder.path("none")));
  std::filesystem::create_directory(folder.path("folder"));
  EXPECT_EQ(refused(body("folder")).message(),
            "send " + folder.path("folder") + ": it is no regular file");
  MultipartBody odd = body();
  odd.segments[1].file = "one";
  EXPECT_EQ(refused(odd).kind, ErrorKind::InvalidArgument);
  odd.segments[1].file = "/proc/version";
  EXPECT_THAT(refused(odd).message(), HasSubstr("/proc/version"));
}

TEST_F(SpoolLayoutTest, LinksAreFollowedOnceAndForAll) {
  std::filesystem::create_symlink("one", folder.path("link"));
  ASSERT_TRUE(spool.lay_out(body("link"), id));
  std::filesystem::remove(folder.path("link"));
  EXPECT_THAT(folder.read(name()), HasSubstr(folder.path("one") + "B"));
}

TEST_F(SpoolLayoutTest, CountsAgainstTheLimitWithoutItsFiles) {
  std::filesystem::resize_file(folder.path("one"), 2_MiB);
  const auto laid = spool.lay_out(body(), id);
  ASSERT_TRUE(laid) << laid.error().message();
  spool.erase(id);
  spool.set_limit(laid->stamp.size);
  EXPECT_TRUE(spool.lay_out(body(), id));
  spool.erase(id);
  spool.set_limit(laid->stamp.size - 1);
  EXPECT_EQ(refused(body()).kind, ErrorKind::Quota);
}

TEST_F(SpoolLayoutTest, AServiceThatLeavesDoesNotWaitForIt) {
  spool.leave();
  EXPECT_EQ(refused(body()).kind, ErrorKind::Unavailable);
}

TEST_F(SpoolLayoutTest, WhatIsThereUnderTheSameIdStays) {
  const auto before = spool.lay_out(body(), id);
  ASSERT_TRUE(before);
  const auto again = spool.lay_out(body("one"), id);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, EEXIST);
  EXPECT_TRUE(BodySource::open(ops, *before)) << "it has been touched";
}

TEST_F(SpoolLayoutTest, EveryFileCallThatFailsIsAnErrorAndLeavesNothing) {
  ops.most_at_once = 100;
  int calls = 0;
  for (bool is_through = false; !is_through;) {
    ops.failing_call = ++calls;
    const auto laid = spool.lay_out(body(), id);
    is_through = ops.failing_call != 0;
    ops.failing_call = 0;
    // Whether an empty file is one of the system's: a read that fails says no.
    if (laid && !is_through) {
      spool.erase(id);
      continue;
    }
    ASSERT_EQ(laid.ok(), is_through) << "call " << calls;
    EXPECT_EQ(files(), is_through ? 1U : 0U) << "call " << calls;
    EXPECT_EQ(ops.open_files, 0) << "call " << calls;
  }
  EXPECT_GT(calls, 15);
}

}  // namespace
}  // namespace lh
