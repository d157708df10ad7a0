#include "files/body_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/files/faulty_file_ops.h"
#include "unit/files/temp_folder.h"

// R57: what a request sends, from a file of the user or of the spool.
namespace lh {
namespace {

using test::FaultyFileOps;
using test::TempFolder;
using testing::HasSubstr;

constexpr const char* kChanged = "the file has changed since the transfer was created";

class BodySourceTest : public ::testing::Test {
 protected:
  ~BodySourceTest() override { EXPECT_EQ(ops.open_files, 0) << "a descriptor is left open"; }

  [[nodiscard]] RequestBody inspected(const std::string& name = "body") {
    auto body = inspect_body(ops, folder.path(name));
    if (body) return *body;
    ADD_FAILURE() << body.error().message();
    return {};
  }
  [[nodiscard]] RequestBody written(const std::string& content) {
    folder.write("body", content);
    return inspected();
  }
  [[nodiscard]] std::shared_ptr<BodySource> opened(const RequestBody& body) {
    auto source = BodySource::open(ops, body);
    if (source) return *source;
    ADD_FAILURE() << source.error().message();
    return nullptr;
  }
  /// What is refused, and that it is named.
  void expect_changed(const RequestBody& body, const std::string& why) {
    const auto source = BodySource::open(ops, body);
    ASSERT_FALSE(source) << why;
    EXPECT_EQ(source.error().kind, ErrorKind::File) << why;
    EXPECT_THAT(source.error().message(), HasSubstr(body.file)) << why;
  }

  /// What comes until the end or a failure, in pieces of at most `piece` bytes.
  struct Read {
    std::string bytes;
    std::optional<Error> error;
  };
  [[nodiscard]] static Read rest_of(BodySource& source, std::size_t piece = 7) {
    Read all;
    std::vector<char> buffer(piece);
    while (true) {
      const auto count = source.read(buffer);
      if (!count) {
        all.error = count.error();
        return all;
      }
      if (*count == 0) return all;
      all.bytes.append(buffer.data(), *count);
    }
  }
  [[nodiscard]] static std::string all_of(BodySource& source, std::size_t piece = 7) {
    Read all = rest_of(source, piece);
    if (all.error) ADD_FAILURE() << all.error->message();
    return all.bytes;
  }
  /// The next four bytes.
  [[nodiscard]] static std::string first_of(BodySource& source) {
    std::vector<char> buffer(4);
    const auto count = source.read(buffer);
    return count ? std::string(buffer.data(), *count) : count.error().message();
  }
  void set_modified(const std::string& name, std::time_t second) const {
    const timespec times[] = {{second, 0}, {second, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, folder.path(name).c_str(), times, 0), 0);
  }

  TempFolder folder;
  FaultyFileOps ops;
};

// --- what it is when the transfer is created -----------------------------------------------------

TEST_F(BodySourceTest, ABodyIsWhatTheFileIs) {
  const RequestBody body = written("hello");
  const struct ::stat info = folder.stat("body");
  EXPECT_EQ(body.file, folder.path("body"));
  EXPECT_FALSE(body.is_spooled);
  EXPECT_EQ(body.stamp, stamp_of(info));
  EXPECT_EQ(body.stamp.size, 5U);
  EXPECT_FALSE(body.is_layout);
  EXPECT_EQ(body.length, 5U);
  EXPECT_EQ(body.stamp.inode, info.st_ino);
  EXPECT_EQ(body.stamp.modified_ns, info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec);
}

TEST_F(BodySourceTest, TimesBefore1970AreKept) {
  folder.write("body", "hello");
  set_modified("body", -2);
  const RequestBody body = inspected();
  EXPECT_EQ(body.stamp.modified_ns, -2'000'000'000);
  EXPECT_TRUE(BodySource::open(ops, body));
}

TEST_F(BodySourceTest, LinksAreFollowedOnceAndForAll) {
  folder.write("first", "one");
  folder.write("second", "two");
  std::filesystem::create_symlink("first", folder.path("body"));
  const RequestBody body = inspected();
  EXPECT_EQ(body.file, folder.path("first"));
  std::filesystem::remove(folder.path("body"));
  std::filesystem::create_symlink("second", folder.path("body"));
  EXPECT_EQ(all_of(*opened(body)), "one");
}

TEST_F(BodySourceTest, APathThatIsNotAbsoluteIsTheCallersMistake) {
  for (const std::string path : {"", "body", "./body", "../body"}) {
    const auto body = inspect_body(ops, path);
    ASSERT_FALSE(body) << path;
    EXPECT_EQ(body.error().kind, ErrorKind::InvalidArgument) << path;
    EXPECT_THAT(body.error().message(), HasSubstr("\"" + path + "\"")) << path;
  }
}

TEST_F(BodySourceTest, AMissingFileIsNamed) {
  for (const std::string& path :
       {folder.path("none"), folder.path("none/body"), std::string("/longhaul-no-such-file")}) {
    const auto body = inspect_body(ops, path);
    ASSERT_FALSE(body) << path;
    EXPECT_EQ(body.error().kind, ErrorKind::File);
    EXPECT_EQ(body.error().code, ENOENT);
    EXPECT_THAT(body.error().message(), HasSubstr(path));
  }
}

TEST_F(BodySourceTest, WhatIsNoRegularFileIsRefused) {
  std::filesystem::create_directory(folder.path("folder"));
  ASSERT_EQ(::mkfifo(folder.path("pipe").c_str(), 0600), 0);  // nobody waits for who writes to it
  std::filesystem::create_symlink("folder", folder.path("link"));
  for (const std::string& path : {folder.path("folder"), folder.path("link"), folder.path("pipe"),
                                  std::string("/dev/null")}) {
    const auto body = inspect_body(ops, path);
    ASSERT_FALSE(body) << path;
    EXPECT_EQ(body.error().kind, ErrorKind::InvalidArgument) << path;
    EXPECT_EQ(body.error().message(), "send " + path + ": it is no regular file");
  }
}

// --- what is read --------------------------------------------------------------------------------

TEST_F(BodySourceTest, IsReadByteForByteInPiecesOfAnySize) {
  std::string content;
  for (int i = 0; i < 1000; ++i) content += static_cast<char>(i * 7);
  const RequestBody body = written(content);
  for (const std::size_t piece : {1UL, 3UL, 999UL, 1000UL, 1001UL, 100'000UL}) {
    const auto source = opened(body);
    EXPECT_EQ(source->size(), 1000U);
    EXPECT_EQ(all_of(*source, piece), content) << piece;
  }
}

TEST_F(BodySourceTest, AnEmptyFileIsAtItsEndAtOnce) {
  const auto source = opened(written(""));
  EXPECT_EQ(source->size(), 0U);
  EXPECT_EQ(all_of(*source), "");
}

TEST_F(BodySourceTest, CanBeReadAgainFromAnywhere) {
  const auto source = opened(written("0123456789"));
  EXPECT_EQ(all_of(*source), "0123456789");
  source->go_to(0);
  EXPECT_EQ(all_of(*source), "0123456789");
  source->go_to(6);
  EXPECT_EQ(all_of(*source), "6789");
  for (const ByteOffset beyond : {ByteOffset{10}, ByteOffset{11}, ~ByteOffset{0}}) {
    source->go_to(beyond);
    EXPECT_EQ(all_of(*source), "") << beyond;
  }
}

TEST_F(BodySourceTest, ShortAndInterruptedReadsAreNoEnd) {
  const auto source = opened(written("0123456789"));
  ops.most_at_once = 3;
  ops.interruptions = 2;
  EXPECT_EQ(all_of(*source, 8), "0123456789");
}

TEST_F(BodySourceTest, OffsetsNeedMoreThan32Bits) {
  const ByteCount size = (5UL << 30) + 3;
  folder.write("body", "");
  std::filesystem::resize_file(folder.path("body"), size);  // a hole, which takes no room
  {
    std::fstream file(folder.path("body"), std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(size - 3));
    file << "end";
  }
  const auto source = opened(inspected());
  EXPECT_EQ(source->size(), size);
  source->go_to(size - 4);
  EXPECT_EQ(all_of(*source), std::string(1, '\0') + "end");
}

TEST_F(BodySourceTest, AReadThatFailsNamesTheFile) {
  const RequestBody body = written("0123456789");
  const auto source = opened(body);
  ops.pread_errno = EIO;
  const Read read = rest_of(*source);
  ASSERT_TRUE(read.error);
  EXPECT_EQ(read.error->kind, ErrorKind::File);
  EXPECT_EQ(read.error->code, EIO);
  EXPECT_THAT(read.error->message(), HasSubstr(body.file));
}

// --- files that change ---------------------------------------------------------------------------

TEST_F(BodySourceTest, R57_AFileThatIsAnotherNowIsNotOpened) {
  const RequestBody body = written("0123456789");
  folder.write("body", "0123456789a");
  expect_changed(body, "longer");
  folder.write("body", "012345678");
  expect_changed(body, "shorter");
  folder.write("other", "0123456789");
  std::filesystem::rename(folder.path("other"), folder.path("body"));
  expect_changed(body, "another file of the same bytes");
  std::filesystem::remove(folder.path("body"));
  expect_changed(body, "gone");
  std::filesystem::create_directory(folder.path("body"));
  expect_changed(body, "a folder");
  std::filesystem::remove(folder.path("body"));
  folder.write("elsewhere", "0123456789");
  std::filesystem::create_symlink("elsewhere", folder.path("body"));
  expect_changed(body, "a link");
}

TEST_F(BodySourceTest, R57_AFolderThatIsALinkNowLeadsToAnotherFile) {
  std::filesystem::create_directory(folder.path("in"));
  folder.write("in/body", "0123456789");
  const RequestBody body = inspected("in/body");
  std::filesystem::rename(folder.path("in"), folder.path("was"));
  std::filesystem::create_directory(folder.path("new"));
  folder.write("new/body", "0123456789");
  std::filesystem::create_symlink("new", folder.path("in"));
  expect_changed(body, "under the same name, by way of a link");
}

TEST_F(BodySourceTest, R57_NothingOfTheStampMayDiffer) {
  const RequestBody body = written("0123456789");
  EXPECT_TRUE(BodySource::open(ops, body));
  const auto expect_refused = [&](const std::string& what, auto change) {
    RequestBody other = body;
    change(other.stamp);
    expect_changed(other, what);
    const auto source = BodySource::open(ops, other);
    ASSERT_FALSE(source);
    EXPECT_THAT(source.error().message(), HasSubstr(kChanged)) << what;
  };
  expect_refused("inode", [](FileStamp& stamp) { ++stamp.inode; });
  expect_refused("size", [](FileStamp& stamp) { --stamp.size; });
  expect_refused("time of its bytes", [](FileStamp& stamp) { --stamp.modified_ns; });
  expect_refused("time of its owner or mode", [](FileStamp& stamp) { --stamp.changed_ns; });
}

TEST_F(BodySourceTest, R57_AFileSystemThatIsMountedAgainMayHaveAnotherNumber) {
  RequestBody body = written("0123456789");
  ++body.stamp.device;
  EXPECT_EQ(all_of(*opened(body)), "0123456789");
}

TEST_F(BodySourceTest, R57_ACopyOfOurOwnMayBeLinkedOrRestoredByABackup) {
  RequestBody body = written("0123456789");
  body.is_spooled = true;
  ++body.stamp.inode;
  --body.stamp.changed_ns;
  EXPECT_EQ(all_of(*opened(body)), "0123456789");
  --body.stamp.modified_ns;
  expect_changed(body, "time of its bytes");
}

TEST_F(BodySourceTest, R57_TheLastOfAFileThatChangesMeanwhileIsNeverGiven) {
  const std::string content = "0123456789";
  const auto overwrite = [&] {
    folder.write("body", "9876543210");
    set_modified("body", 1'000'000'000);
  };
  const auto append = [&] {
    std::ofstream(folder.path("body"), std::ios::binary | std::ios::app) << "more";
  };
  const auto shrink = [&] { std::filesystem::resize_file(folder.path("body"), 5); };
  const auto empty = [&] { std::filesystem::resize_file(folder.path("body"), 0); };
  const auto touch = [&] { set_modified("body", 1'000'000'000); };
  for (const std::function<void()>& change :
       std::vector<std::function<void()>>{overwrite, append, shrink, empty, touch}) {
    const auto source = opened(written(content));
    ASSERT_EQ(first_of(*source), "0123");
    change();
    const Read rest = rest_of(*source, 3);
    ASSERT_TRUE(rest.error) << rest.bytes;
    EXPECT_LT(4 + rest.bytes.size(), content.size());
    EXPECT_THAT(rest.error->message(), HasSubstr(kChanged));
    EXPECT_THAT(rest.error->message(), HasSubstr(folder.path("body")));
  }
}

TEST_F(BodySourceTest, R57_ItIsLookedAtAgainEachTimeThatItIsSent) {
  const auto source = opened(written("0123456789"));
  EXPECT_EQ(all_of(*source), "0123456789");
  std::ofstream(folder.path("body"), std::ios::binary | std::ios::app) << "more";
  source->go_to(0);
  const Read again = rest_of(*source);
  EXPECT_TRUE(again.error);
  EXPECT_LT(again.bytes.size(), 10U);
}

TEST_F(BodySourceTest, R57_OneThatIsWrittenToAndGivenItsOldTimeIsFoundOut) {
  const RequestBody body = written("0123456789");
  const auto source = opened(body);
  ASSERT_EQ(first_of(*source), "0123");
  folder.write("body", "9876543210");
  set_modified("body", body.stamp.modified_ns / 1'000'000'000);
  EXPECT_TRUE(rest_of(*source).error);
}

TEST_F(BodySourceTest, R57_AFileOfTheSystemDoesNotTellItsLength) {
  const auto body = inspect_body(ops, "/proc/version");
  ASSERT_FALSE(body);
  EXPECT_EQ(body.error().kind, ErrorKind::InvalidArgument);
}

TEST_F(BodySourceTest, R57_AStampThatCannotBeTakenIsNoProof) {
  const auto source = opened(written("0123456789"));
  ops.failing_call = 2;  // the look at the file behind its only read
  std::vector<char> all(10);
  const auto read = source->read(all);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, EIO);
}

// --- every call fails once -----------------------------------------------------------------------

TEST_F(BodySourceTest, EveryFileCallThatFailsIsAnError) {
  const RequestBody body = written("0123456789");
  int calls = 0;
  for (bool is_through = false; !is_through;) {
    ops.failing_call = ++calls;
    std::optional<Error> error;
    std::string bytes;
    if (auto looked = inspect_body(ops, body.file); !looked) {
      error = looked.error();
    } else if (auto source = BodySource::open(ops, *looked); !source) {
      error = source.error();
    } else {
      Read read = rest_of(**source);
      error = read.error;
      bytes = read.bytes;
    }
    is_through = ops.failing_call != 0;
    ops.failing_call = 0;
    ASSERT_EQ(error.has_value(), !is_through) << "call " << calls;
    if (!error) continue;
    EXPECT_EQ(error->code, EIO) << "call " << calls << ": " << error->message();
    EXPECT_LT(bytes.size(), 10U) << "call " << calls;
    EXPECT_EQ(ops.open_files, 0) << "call " << calls;
  }
  EXPECT_GT(calls, 6);
}

}  // namespace
}  // namespace lh
