#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "files/body_source.h"
#include "files/spool.h"
#include "platform/system_info.h"
#include "unit/files/faulty_file_ops.h"
#include "unit/files/temp_folder.h"

// R88: what a request of several parts sends.
namespace lh {
namespace {

using test::FaultyFileOps;
using test::TempFolder;
using testing::HasSubstr;

/// Also remembers how many files were open at once.
class CountingFileOps : public FaultyFileOps {
 public:
  int most_open = 0;
  ssize_t pread(int fd, void* data, std::size_t size, ByteOffset offset) override {
    most_open = std::max(most_open, open_files.load());
    return FaultyFileOps::pread(fd, data, size, offset);
  }
};

class BodySourceLayoutTest : public ::testing::Test {
 protected:
  ~BodySourceLayoutTest() override { EXPECT_EQ(ops.open_files, 0) << "a descriptor is left open"; }

  /// Bytes as they are; "@name" is the file of that name.
  [[nodiscard]] RequestBody laid_out(const std::vector<std::string>& parts) {
    MultipartBody body;
    for (const std::string& part : parts) {
      const bool is_file = part.starts_with('@');
      body.segments.push_back(
          {.bytes = is_file ? "" : part, .file = is_file ? folder.path(part.substr(1)) : ""});
    }
    auto laid = spool.lay_out(body, random_guid());
    if (laid) return *laid;
    ADD_FAILURE() << laid.error().message();
    return {};
  }
  [[nodiscard]] std::shared_ptr<BodySource> opened(const RequestBody& body) {
    auto source = BodySource::open(ops, body);
    if (source) return *source;
    ADD_FAILURE() << source.error().message();
    return nullptr;
  }
  /// What comes until the end or a failure, in pieces of at most `piece` bytes.
  struct Read {
    std::string bytes;
    std::optional<Error> error;
  };
  [[nodiscard]] static Read rest_of(BodySource& source, std::size_t piece) {
    Read all;
    std::vector<char> buffer(piece);
    while (true) {
      const auto count = source.read(buffer);
      if (!count) all.error = count.error();
      if (!count || *count == 0) return all;
      all.bytes.append(buffer.data(), *count);
    }
  }
  [[nodiscard]] static std::string all_of(BodySource& source, std::size_t piece = 7) {
    Read all = rest_of(source, piece);
    if (all.error) ADD_FAILURE() << all.error->message();
    return all.bytes;
  }
  /// Three files of ten bytes between bytes: "a" from 1, "b" from 13, "c" from 25.
  [[nodiscard]] RequestBody three_files() {
    folder.write("a", "aaaaaaaaaa");
    folder.write("b", "bbbbbbbbbb");
    folder.write("c", "cccccccccc");
    return laid_out({"<", "@a", "><", "@b", "><", "@c", ">"});
  }
  [[nodiscard]] std::string refusal(const RequestBody& body) {
    const auto source = BodySource::open(ops, body);
    return source ? "it is taken" : source.error().message();
  }

  TempFolder folder;
  CountingFileOps ops;
  Spool spool{ops, folder.path("spool"), 64_MiB};
};

TEST_F(BodySourceLayoutTest, R88_EveryOffsetIsReadAsInAllBytesTogether) {
  folder.write("a", "AAA");
  folder.write("empty", "");
  folder.write("b", "BBBBB");
  const std::string whole = "12AAABBBBBBBBBB3456AAA7";
  const RequestBody body =
      laid_out({"12", "@empty", "@a", "@b", "@empty", "@empty", "@b", "3456", "@a", "@empty", "7"});
  EXPECT_EQ(body.length, whole.size());
  const auto source = opened(body);
  EXPECT_EQ(source->size(), whole.size());
  for (std::size_t offset = 0; offset <= whole.size() + 2; ++offset) {
    for (const std::size_t piece : {1UL, 2UL, 3UL, 5UL, 22UL, 23UL, 24UL, 1000UL}) {
      source->go_to(offset);
      EXPECT_EQ(all_of(*source, piece), whole.substr(std::min(offset, whole.size())))
          << offset << " " << piece;
    }
  }
  source->go_to(~ByteOffset{0});
  EXPECT_EQ(all_of(*source), "");
}

TEST_F(BodySourceLayoutTest, R88_ShortAndInterruptedReadsAreNoEnd) {
  const RequestBody body = three_files();
  ops.most_at_once = 3;
  ops.interruptions = 20;
  EXPECT_EQ(all_of(*opened(body)), "<aaaaaaaaaa><bbbbbbbbbb><cccccccccc>");
}

TEST_F(BodySourceLayoutTest, R88_TenThousandFilesAreReadWithTwoDescriptors) {
  std::vector<std::string> parts = {"<"};
  std::string whole = "<";
  for (int i = 0; i < 10'000; ++i) {
    const std::string name = std::to_string(i % 100);
    if (i < 100) folder.write(name, "file " + name);
    parts.push_back("@" + name);
    parts.push_back(std::string(150, '-'));
    whole += "file " + name + parts.back();
  }
  const RequestBody body = laid_out(parts);
  ops.most_open = 0;
  const auto source = opened(body);
  EXPECT_EQ(ops.open_files, 1);
  EXPECT_EQ(source->size(), whole.size());
  EXPECT_TRUE(all_of(*source, 65'536) == whole);
  source->go_to(whole.size() / 2);
  EXPECT_TRUE(all_of(*source, 1000) == whole.substr(whole.size() / 2));
  EXPECT_LE(ops.most_open, 2);
}

TEST_F(BodySourceLayoutTest, R96_OffsetsNeedMoreThan32Bits) {
  folder.write("large", "");
  std::filesystem::resize_file(folder.path("large"), 5UL << 30);  // a hole, which takes no room
  const auto source = opened(laid_out({"<", "@large", "><", "@large", ">"}));
  ASSERT_EQ(source->size(), (10UL << 30) + 4);
  source->go_to((10UL << 30) + 2);
  EXPECT_EQ(all_of(*source), std::string(1, '\0') + ">");
  source->go_to(5UL << 30);
  std::vector<char> buffer(4);
  ASSERT_TRUE(source->read(buffer));
  EXPECT_EQ(std::string(buffer.data(), 4), std::string("\0><\0", 4));
}

// --- files that change ---------------------------------------------------------------------------

TEST_F(BodySourceLayoutTest, R98_AChangedFileIsFoundOutBeforeAnythingIsSent) {
  for (const std::string name : {"a", "b", "c"}) {
    const std::string path = folder.path(name);
    const auto rewrite = [&](const std::string& content) { folder.write(name, content); };
    RequestBody body = three_files();
    EXPECT_EQ(refusal(body), "it is taken");
    rewrite("longer than before");
    EXPECT_THAT(refusal(body), HasSubstr(path + ": the file has changed"));
    body = three_files();
    rewrite("short");
    EXPECT_THAT(refusal(body), HasSubstr(path + ": the file has changed"));
    body = three_files();
    folder.write("other", "9876543210");
    std::filesystem::rename(folder.path("other"), path);
    EXPECT_THAT(refusal(body), HasSubstr(path + ": the file has changed"));
    body = three_files();
    std::filesystem::remove(path);
    EXPECT_THAT(refusal(body), HasSubstr(path + ": No such file"));
    body = three_files();
    std::filesystem::remove(path);
    std::filesystem::create_symlink("a", path);
    EXPECT_THAT(refusal(body), HasSubstr(path));
    std::filesystem::remove(path);
  }
}

TEST_F(BodySourceLayoutTest, R98_TheLastOfAFileThatChangesMeanwhileIsNeverGiven) {
  const auto overwrite = [&] { folder.write("b", "0123456789"); };
  const auto append = [&] { std::ofstream(folder.path("b"), std::ios::app) << "more"; };
  const auto shrink = [&] { std::filesystem::resize_file(folder.path("b"), 5); };
  const auto empty = [&] { std::filesystem::resize_file(folder.path("b"), 0); };
  // Once it is open, only its own bytes count.
  const auto remove = [&] { std::filesystem::remove(folder.path("b")); };
  const auto replace = [&] {
    folder.write("other", "0123456789");
    std::filesystem::rename(folder.path("other"), folder.path("b"));
  };
  for (const std::function<void()>& change :
       std::vector<std::function<void()>>{overwrite, append, shrink, empty, remove, replace}) {
    for (const std::size_t already : {1UL, 12UL, 13UL, 14UL, 22UL}) {  // "b" is 13 to 22
      const RequestBody body = three_files();
      const auto source = opened(body);
      std::vector<char> buffer(already);
      ASSERT_EQ(source->read(buffer).value(), already);
      change();
      const Read rest = rest_of(*source, 3);
      ASSERT_TRUE(rest.error) << rest.bytes;
      EXPECT_LT(already + rest.bytes.size(), 23U);
      EXPECT_THAT(rest.error->message(), HasSubstr(folder.path("b")));
    }
  }
}

TEST_F(BodySourceLayoutTest, R98_AnEmptyFileIsLookedAtToo) {
  folder.write("empty", "");
  const RequestBody body = laid_out({"12345", "@empty", "6"});
  const auto source = opened(body);
  folder.write("empty", "no more");
  const Read read = rest_of(*source, 3);
  ASSERT_TRUE(read.error) << read.bytes;
  EXPECT_THAT(read.error->message(), HasSubstr(folder.path("empty")));
  source->go_to(5);
  EXPECT_TRUE(rest_of(*source, 3).error);
}

TEST_F(BodySourceLayoutTest, R98_FilesAreLookedAtAgainEachTimeThatTheyAreSent) {
  const auto source = opened(three_files());
  EXPECT_EQ(all_of(*source).size(), 36U);
  folder.write("b", "0123456789");
  source->go_to(0);
  EXPECT_TRUE(rest_of(*source, 100).error);
  source->go_to(25);
  EXPECT_EQ(all_of(*source), "cccccccccc>") << "only what is sent from here on";
}

TEST_F(BodySourceLayoutTest, R88_ALayoutThatChangesIsNotSent) {
  const RequestBody body = three_files();
  const auto source = opened(body);
  std::ofstream(body.file, std::ios::app) << "more";
  const Read read = rest_of(*source, 7);
  ASSERT_TRUE(read.error);
  EXPECT_LT(read.bytes.size(), 36U);
  EXPECT_THAT(refusal(body), HasSubstr(body.file + ": the file has changed"));
}

TEST_F(BodySourceLayoutTest, R88_ADamagedLayoutIsNotOpened) {
  RequestBody body = three_files();
  ++body.length;
  EXPECT_THAT(refusal(body), HasSubstr(body.file));
  folder.write("other", "no layout");
  body = {.file = folder.path("other"),
          .is_spooled = true,
          .is_layout = true,
          .stamp = stamp_of(folder.stat("other"))};
  EXPECT_THAT(refusal(body), HasSubstr("layout of the request's body " + body.file));
}

// --- every call fails once -----------------------------------------------------------------------

TEST_F(BodySourceLayoutTest, EveryFileCallThatFailsIsAnError) {
  const RequestBody body = three_files();
  int calls = 0;
  for (bool is_through = false; !is_through;) {
    ops.failing_call = ++calls;
    std::optional<Error> error;
    std::string bytes;
    if (auto source = BodySource::open(ops, body); !source) {
      error = source.error();
    } else {
      Read read = rest_of(**source, 5);
      error = read.error;
      bytes = read.bytes;
    }
    is_through = ops.failing_call != 0;
    ops.failing_call = 0;
    ASSERT_EQ(error.has_value(), !is_through) << "call " << calls;
    if (!error) continue;
    EXPECT_EQ(error->code, EIO) << "call " << calls << ": " << error->message();
    EXPECT_LT(bytes.size(), 36U) << "call " << calls;
    EXPECT_EQ(ops.open_files, 0) << "call " << calls;
  }
  EXPECT_GT(calls, 40);
}

}  // namespace
}  // namespace lh
