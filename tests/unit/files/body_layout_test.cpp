#include "files/body_layout.h"

#include <fcntl.h>

#include <cerrno>
#include <limits>
#include <string>
#include <tuple>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/unique_fd.h"
#include "unit/files/faulty_file_ops.h"
#include "unit/files/temp_folder.h"

// R88: the file that says which bytes and which files a request sends.
namespace lh {
namespace {

using test::FaultyFileOps;
using test::TempFolder;
using testing::HasSubstr;

RequestBody file_of(const std::string& path, ByteCount size) {
  return {.file = path,
          .stamp = {.device = ~std::uint64_t{0},
                    .inode = 2,
                    .size = size,
                    .modified_ns = -1,
                    .changed_ns = std::numeric_limits<std::int64_t>::min()},
          .length = size};
}

class BodyLayoutTest : public ::testing::Test {
 protected:
  [[nodiscard]] UniqueFd opened(int flags) const {
    return UniqueFd(::open(path.c_str(), flags | O_CLOEXEC, 0600));
  }
  [[nodiscard]] Result<void> write(const std::vector<LayoutPart>& parts) {
    folder.write("layout", "");
    return write_layout(ops, opened(O_WRONLY).get(), path, parts);
  }
  [[nodiscard]] std::string written(const std::vector<LayoutPart>& parts) {
    const auto done = write(parts);
    EXPECT_TRUE(done) << done.error().message();
    EXPECT_EQ(layout_size(parts), folder.read("layout").size());
    return folder.read("layout");
  }
  [[nodiscard]] Result<BodyLayout> read() {
    const auto size = static_cast<ByteCount>(folder.stat("layout").st_size);
    return BodyLayout::read(ops, opened(O_RDONLY).get(), path, size);
  }
  [[nodiscard]] BodyLayout good() {
    auto layout = read();
    if (layout) return *layout;
    ADD_FAILURE() << layout.error().message();
    return {};
  }
  /// Why it is not taken.
  [[nodiscard]] std::string damage(const std::string& content) {
    folder.write("layout", content);
    const auto layout = read();
    if (layout) return "it is taken";
    EXPECT_EQ(layout.error().kind, ErrorKind::File);
    EXPECT_THAT(layout.error().message(), HasSubstr(path));
    return layout.error().message();
  }

  TempFolder folder;
  FaultyFileOps ops;
  const std::string path = folder.path("layout");
};

std::string number(std::uint64_t value, int bytes = 8) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 0xFF);
  return text;
}
std::string file_record(ByteCount size, const std::string& file_path) {
  return "F" + number(1) + number(2) + number(size) + number(4) + number(5) +
         number(file_path.size(), 4) + file_path;
}
const std::string kMagic = "longhaul body 1\n";

TEST_F(BodyLayoutTest, IsWrittenAsItsHeaderSays) {
  RequestBody file = file_of("/f", 3);
  file.stamp = {1, 2, 3, 4, 5};
  EXPECT_EQ(written({"ab", file, "c"}), kMagic + "B" + number(2) + "ab" + file_record(3, "/f") +
                                            "B" + number(1) + "c" + "E" + number(6));
}

TEST_F(BodyLayoutTest, EverySegmentIsFoundAgain) {
  const std::vector<LayoutPart> parts = {"ab", file_of("/empty", 0), file_of("/ä\n", 3), "c"};
  const std::string bytes = written(parts);
  const BodyLayout layout = good();
  EXPECT_EQ(layout.length(), 6U);
  ASSERT_EQ(layout.size(), 4U);
  EXPECT_FALSE(layout[0].is_file);
  EXPECT_EQ(bytes.substr(layout[0].place, 2), "ab");
  EXPECT_EQ(bytes.substr(layout[3].place, 1), "c");
  const UniqueFd fd = opened(O_RDONLY);
  for (const std::size_t i : {1U, 2U}) {
    EXPECT_TRUE(layout[i].is_file);
    const auto file = read_file_of(ops, fd.get(), path, layout, i);
    ASSERT_TRUE(file) << file.error().message();
    EXPECT_EQ(*file, std::get<RequestBody>(parts[i]));
  }
}

TEST_F(BodyLayoutTest, AnOffsetLiesInTheFirstSegmentThatBeginsThere) {
  std::ignore =
      written({"ab", file_of("/empty", 0), file_of("/empty too", 0), file_of("/f", 3), "c"});
  const BodyLayout layout = good();
  const std::vector<std::size_t> expected = {0, 0, 1, 3, 3, 4, 5, 5};
  for (std::size_t offset = 0; offset < expected.size(); ++offset) {
    EXPECT_EQ(layout.find(offset), expected[offset]) << offset;
  }
  EXPECT_EQ(layout.find(~ByteOffset{0}), 5U);
}

TEST_F(BodyLayoutTest, AnEmptyFileAtTheEndIsNotPassedOver) {
  std::ignore = written({"ab", file_of("/empty", 0)});
  const BodyLayout layout = good();
  EXPECT_EQ(layout.find(1), 0U);
  EXPECT_EQ(layout.find(2), 1U);
  EXPECT_EQ(layout.find(3), 2U);
}

TEST_F(BodyLayoutTest, NoSegmentsAreALayoutOfNothing) {
  std::ignore = written({});
  const BodyLayout layout = good();
  EXPECT_EQ(layout.length(), 0U);
  EXPECT_EQ(layout.find(0), 0U);
}

TEST_F(BodyLayoutTest, PiecesOfAnySizeAreKeptInOrder) {
  const std::string large(200'001, 'l');
  const std::string small(999, 's');
  std::vector<LayoutPart> parts;
  for (int i = 0; i < 300; ++i) {
    parts.emplace_back(i % 70 == 3 ? std::string_view(large) : std::string_view(small));
    parts.emplace_back(file_of("/f" + std::to_string(i), 10));
  }
  ops.most_at_once = 50'001;
  ops.interruptions = 4;
  const std::string bytes = written(parts);
  ops.interruptions = 4;
  const BodyLayout layout = good();
  ASSERT_EQ(layout.size(), parts.size());
  for (std::size_t i = 0; i < parts.size(); i += 2) {
    const auto content = std::get<std::string_view>(parts[i]);
    ASSERT_TRUE(std::string_view(bytes).substr(layout[i].place, content.size()) == content) << i;
  }
}

TEST_F(BodyLayoutTest, ALengthBeyondWhatFilesHaveIsRefused) {
  const ByteCount most = std::numeric_limits<std::int64_t>::max();
  EXPECT_TRUE(write({file_of("/f", most)}));
  EXPECT_FALSE(write({file_of("/f", most), "a"}));
  EXPECT_FALSE(write({file_of("/f", most), file_of("/g", most), file_of("/h", most)}));
}

TEST_F(BodyLayoutTest, AFullDiskIsSaid) {
  ops.room = 100;
  const std::string large(200, 'x');
  const auto done = write({large});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::DiskFull);
}

// --- damage --------------------------------------------------------------------------------------

TEST_F(BodyLayoutTest, OneThatIsCutAnywhereIsDamaged) {
  const std::string whole = written({"ab", file_of("/path", 3), "cde", file_of("/", 0), "f"});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_THAT(damage(whole.substr(0, size)), HasSubstr("it ends too early")) << size;
  }
  EXPECT_THAT(damage(whole + "x"), HasSubstr("something behind its end"));
  EXPECT_EQ(damage(whole), "it is taken");
}

TEST_F(BodyLayoutTest, OneThatIsDamagedAnywhereIsReadWithoutHarm) {
  const std::string whole = written({"ab", file_of("/path", 3), "cde"});
  for (std::size_t i = 0; i < whole.size(); ++i) {
    for (const int flipped : {0x01, 0x80, 0xFF}) {
      std::string bytes = whole;
      bytes[i] = static_cast<char>(bytes[i] ^ flipped);
      std::ignore = damage(bytes);
    }
  }
}

TEST_F(BodyLayoutTest, WhatCannotBeIsNamed) {
  const std::string end = "E" + number(0);
  const std::uint64_t most = ~std::uint64_t{0};
  EXPECT_THAT(damage("longhaul body 2\n" + end), HasSubstr("that this version knows"));
  EXPECT_THAT(damage(kMagic + "X" + end), HasSubstr("something unknown at byte 17"));
  EXPECT_THAT(damage(kMagic + "B" + number(0) + end), HasSubstr("a piece without bytes"));
  EXPECT_THAT(damage(kMagic + "B" + number(most) + end), HasSubstr("it ends too early"));
  EXPECT_THAT(damage(kMagic + "E" + number(1)), HasSubstr("another length in all"));
  EXPECT_THAT(damage(kMagic + file_record(0, "") + end), HasSubstr("a path that is none"));
  EXPECT_THAT(damage(kMagic + file_record(0, "f") + end), HasSubstr("a path that is none"));
  EXPECT_THAT(damage(kMagic + file_record(0, std::string("/a\0", 3)) + end),
              HasSubstr("a path that is none"));
  EXPECT_THAT(damage(kMagic + file_record(0, "/" + std::string(9000, 'x')) + end),
              HasSubstr("a path that is too long"));
  EXPECT_THAT(damage(kMagic + file_record(most, "/f") + end), HasSubstr("a length that cannot be"));
  const std::string half = file_record(most / 2, "/f");
  EXPECT_THAT(damage(kMagic + half + half + end), HasSubstr("a length that cannot be"));
  EXPECT_EQ(damage(kMagic + half + "E" + number(most / 2)), "it is taken");
}

TEST_F(BodyLayoutTest, OneThatChangesBehindItsIndexIsNoticed) {
  const std::string whole = written({file_of("/path", 3)});
  const BodyLayout layout = good();
  const auto refused = [&](const std::string& content) {
    folder.write("layout", content);
    const auto file = read_file_of(ops, opened(O_RDONLY).get(), path, layout, 0);
    return file ? "it is taken" : file.error().message();
  };
  const std::size_t place = kMagic.size() + 1;
  std::string other_size = whole;
  other_size[place + 16] = 4;
  EXPECT_THAT(refused(other_size), HasSubstr("it has changed"));
  std::string long_path = whole;
  long_path[place + 43] = 127;
  EXPECT_THAT(refused(long_path), HasSubstr("it has changed"));
  EXPECT_THAT(refused(whole.substr(0, place + 43)), HasSubstr("it has become shorter"));
  EXPECT_THAT(refused(whole.substr(0, place + 45)), HasSubstr("it has become shorter"));
  EXPECT_EQ(refused(whole), "it is taken");
}

TEST_F(BodyLayoutTest, AReadThatFailsNamesTheFile) {
  std::ignore = written({"a"});
  ops.pread_errno = EIO;
  const auto layout = read();
  ASSERT_FALSE(layout);
  EXPECT_EQ(layout.error().code, EIO);
  EXPECT_THAT(layout.error().message(), HasSubstr(path));
}

}  // namespace
}  // namespace lh
