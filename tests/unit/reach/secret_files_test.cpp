#include "reach/secret_files.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/files/temp_folder.h"

namespace lh {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class SecretFilesTest : public testing::Test {
 protected:
  [[nodiscard]] static Guid id(std::uint8_t n) { return Guid::from_random({n}); }
  [[nodiscard]] static std::string name(std::uint8_t n) { return "secrets/" + id(n).to_string(); }
  void put(std::uint8_t n, std::string_view text) {
    const auto stored = files.put(id(n), text);
    ASSERT_TRUE(stored.ok()) << stored.error().message();
  }
  [[nodiscard]] mode_t mode_of(const std::string& path) const {
    return folder.stat(path).st_mode & 07777U;
  }

  test::TempFolder folder;
  SecretFiles files{folder.path("secrets")};
};

TEST_F(SecretFilesTest, AnEntryIsGivenBackByteByByte) {
  using namespace std::string_view_literals;
  for (const auto text : {"a\0b\r\n\xFF"sv, ""sv}) {
    put(1, text);
    const auto loaded = files.load(id(1));
    ASSERT_TRUE(loaded.ok()) << loaded.error().message();
    EXPECT_EQ(*loaded, text);
  }
}

TEST_F(SecretFilesTest, ALongOneIsGivenBackWhole) {
  std::string text;
  for (int i = 0; text.size() < 300'000; ++i) text += std::to_string(i) + "\n";
  put(1, text);
  EXPECT_TRUE(*files.load(id(1)) == text);
}

TEST_F(SecretFilesTest, TheyAreForTheUserAloneWhateverTheUmask) {
  const mode_t before = ::umask(0);
  put(1, "x");
  ::umask(before);
  EXPECT_EQ(mode_of("secrets"), 0700U);
  EXPECT_EQ(mode_of(name(1)), 0600U);
}

TEST_F(SecretFilesTest, AUmaskThatForbidsTheUserHimselfDoesNotMatter) {
  ASSERT_EQ(::mkdir(folder.path("secrets").c_str(), 0700), 0);
  const mode_t before = ::umask(0777);
  put(1, "x");
  ::umask(before);
  EXPECT_EQ(mode_of(name(1)), 0600U);
}

TEST_F(SecretFilesTest, AFolderThatOthersMayWriteToIsNotUsed) {
  ASSERT_EQ(::mkdir(folder.path("secrets").c_str(), 0700), 0);
  ASSERT_EQ(::chmod(folder.path("secrets").c_str(), 0777), 0);
  EXPECT_FALSE(files.put(id(1), "x").ok());
  EXPECT_FALSE(folder.has(name(1)));
}

TEST_F(SecretFilesTest, APlaceThatIsNoFolderIsAnErrorThatNamesIt) {
  folder.write("secrets", "in the way");
  const auto stored = files.put(id(1), "x");
  ASSERT_FALSE(stored.ok());
  EXPECT_THAT(stored.error().message(), testing::HasSubstr(folder.path("secrets")));
}

TEST_F(SecretFilesTest, WhatIsNotThereIsNotFound) {
  EXPECT_EQ(files.load(id(1)).error().kind, ErrorKind::NotFound);
  EXPECT_EQ(files.erase(id(1)).error().kind, ErrorKind::NotFound);
  put(2, "x");
  EXPECT_EQ(files.load(id(1)).error().kind, ErrorKind::NotFound) << "the folder is there now";
}

TEST_F(SecretFilesTest, AnErasedOneIsGoneAndTheOthersStay) {
  put(1, "one");
  put(2, "two");
  EXPECT_TRUE(files.erase(id(1)).ok());
  EXPECT_EQ(files.load(id(1)).error().kind, ErrorKind::NotFound);
  EXPECT_EQ(*files.load(id(2)), "two");
}

TEST_F(SecretFilesTest, NothingHalfWrittenIsLeftByAStore) {
  put(1, "x");
  EXPECT_TRUE(folder.has(name(1)));
  EXPECT_FALSE(folder.has(name(1) + ".new"));
}

TEST_F(SecretFilesTest, TheListHasEachOfThem) {
  EXPECT_THAT(files.list(), IsEmpty()) << "without a folder";
  put(1, "one");
  put(2, "two");
  EXPECT_THAT(files.list(), UnorderedElementsAre(id(1), id(2)));
}

TEST_F(SecretFilesTest, WhatIsNotOursIsNeitherListedNorTouched) {
  put(1, "one");
  folder.write("secrets/README", "x");
  folder.write(name(2) + "x", "x");
  EXPECT_THAT(files.list(), ElementsAre(id(1)));
  EXPECT_TRUE(folder.has("secrets/README"));
}

TEST_F(SecretFilesTest, WhatACrashLeftHalfWrittenIsRemovedByTheList) {
  put(1, "one");
  folder.write(name(2) + ".new", "half");
  EXPECT_THAT(files.list(), ElementsAre(id(1)));
  EXPECT_FALSE(folder.has(name(2) + ".new"));
}

TEST_F(SecretFilesTest, WhatACrashLeftHalfWrittenDoesNotPreventTheNext) {
  put(1, "one");
  folder.write(name(2) + ".new", "something longer that was left there");
  put(2, "two");
  EXPECT_EQ(*files.load(id(2)), "two");
}

TEST_F(SecretFilesTest, ALinkIsNotReadThrough) {
  put(1, "one");
  folder.write("elsewhere", "not ours");
  ASSERT_EQ(::symlink(folder.path("elsewhere").c_str(), folder.path(name(2)).c_str()), 0);
  EXPECT_FALSE(files.load(id(2)).ok());
}

TEST_F(SecretFilesTest, ALinkIsNotWrittenThrough) {
  put(1, "one");
  folder.write("elsewhere", "not ours");
  ASSERT_EQ(::symlink(folder.path("elsewhere").c_str(), folder.path(name(2) + ".new").c_str()), 0);
  EXPECT_FALSE(files.put(id(2), "two").ok());
  EXPECT_EQ(folder.read("elsewhere"), "not ours");
}

TEST_F(SecretFilesTest, AFileThatIsFarTooLargeIsNotRead) {
  put(1, "one");
  ASSERT_EQ(::truncate(folder.path(name(1)).c_str(), 100L * 1024 * 1024), 0);
  const auto loaded = files.load(id(1));
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(loaded.error().kind, ErrorKind::File) << "waiting does not make it smaller";
}

TEST_F(SecretFilesTest, WhatIsNoFileIsAnErrorThatNamesIt) {
  put(1, "one");
  ASSERT_EQ(::mkdir(folder.path(name(2)).c_str(), 0700), 0);
  const auto loaded = files.load(id(2));
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(loaded.error().kind, ErrorKind::File);
  EXPECT_THAT(loaded.error().message(), testing::HasSubstr(folder.path(name(2))));
}

TEST_F(SecretFilesTest, AShortageOfDescriptorsIsNotTheFilesFault) {
  put(1, "one");
  // UndefinedBehaviorSanitizer needs a descriptor for its first look at what makes the message.
  ASSERT_FALSE(file_error(EMFILE, "", "").detail.empty());
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit none = before;
  none.rlim_cur = 0;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const auto loaded = files.load(id(1));
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(loaded.error().kind, ErrorKind::Unavailable);
}

TEST_F(SecretFilesTest, MessagesHoldNoSecret) {
  folder.write("secrets", "in the way");
  const auto stored = files.put(id(1), "hunter2");
  ASSERT_FALSE(stored.ok());
  EXPECT_EQ(stored.error().message().find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace lh
