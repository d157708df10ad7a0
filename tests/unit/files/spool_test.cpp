#include "files/spool.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "files/body_source.h"
#include "platform/system_info.h"
#include "platform/unique_fd.h"
#include "unit/files/faulty_file_ops.h"
#include "unit/files/temp_folder.h"

// R57: streams are copied when the operation is created, so that they can be sent again.
namespace lh {
namespace {

using test::FaultyFileOps;
using test::TempFolder;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class SpoolTest : public ::testing::Test {
 protected:
  ~SpoolTest() override { EXPECT_EQ(ops.open_files, 0) << "a descriptor is left open"; }

  /// A file of the app, as the bus brings it.
  [[nodiscard]] UniqueFd source(const std::string& content, int flags = O_RDONLY) const {
    folder.write("source", content);
    return UniqueFd(::open(folder.path("source").c_str(), flags | O_CLOEXEC));
  }
  [[nodiscard]] static std::string random_bytes(std::size_t size) {
    std::string text(size, '\0');
    std::uint32_t state = 1;
    for (char& c : text) {
      state = state * 1664525 + 1013904223;
      c = static_cast<char>(state >> 24);
    }
    return text;
  }
  RequestBody taken(const std::string& content, const TransferId& under) {
    auto body = spool.take(source(content).get(), under);
    if (body) return *body;
    ADD_FAILURE() << body.error().message();
    return {};
  }
  Error refused(int from, const TransferId& under) {
    const auto body = spool.take(from, under);
    EXPECT_FALSE(body);
    return body ? Error() : body.error();
  }
  [[nodiscard]] static std::string name_of(const TransferId& of) {
    return "spool/" + of.to_string() + ".body";
  }
  [[nodiscard]] bool has_copy(const TransferId& of) const { return folder.has(name_of(of)); }
  [[nodiscard]] std::string copy(const TransferId& of) const { return folder.read(name_of(of)); }
  /// Everything that is in the folder.
  [[nodiscard]] std::size_t files() const {
    if (!folder.has("spool")) return 0;
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(folder.path("spool")), {}));
  }

  TempFolder folder;
  FaultyFileOps ops;
  Spool spool{ops, folder.path("spool"), 1_MiB};
  const TransferId id = random_guid();
  const TransferId other = random_guid();
};

// --- copies --------------------------------------------------------------------------------------

TEST_F(SpoolTest, TheCopyIsWhatTheRequestsSend) {
  const RequestBody body = taken("hello", id);
  EXPECT_EQ(body.file, folder.path(name_of(id)));
  EXPECT_TRUE(body.is_spooled);
  EXPECT_EQ(body.stamp, stamp_of(folder.stat(name_of(id))));
  EXPECT_FALSE(body.is_layout);
  EXPECT_EQ(body.length, 5U);
  EXPECT_EQ(copy(id), "hello");
  EXPECT_TRUE(BodySource::open(ops, body));
}

TEST_F(SpoolTest, EveryByteIsCopiedHoweverMany) {
  for (const std::size_t size : {0UL, 1UL, 262'143UL, 262'144UL, 262'145UL, 700'001UL}) {
    const std::string content = random_bytes(size);
    EXPECT_EQ(taken(content, id).stamp.size, size);
    EXPECT_TRUE(copy(id) == content) << size;
    spool.erase(id);
  }
}

TEST_F(SpoolTest, AServiceThatLeavesDoesNotWaitForACopy) {
  spool.leave();
  EXPECT_EQ(refused(source("what").get(), id).kind, ErrorKind::Unavailable);
  EXPECT_THAT(spool.list(), IsEmpty());
}

TEST_F(SpoolTest, ShortAndInterruptedCallsAreNoEnd) {
  ops.most_at_once = 100'003;
  ops.interruptions = 5;
  const std::string content = random_bytes(400'000);
  taken(content, id);
  EXPECT_TRUE(copy(id) == content);
}

TEST_F(SpoolTest, TheCopyBeginsAtTheBeginningWhereverTheAppHasRead) {
  const UniqueFd from = source("hello");
  ASSERT_EQ(::lseek(from.get(), 0, SEEK_END), 5);
  ASSERT_TRUE(spool.take(from.get(), id));
  EXPECT_EQ(copy(id), "hello");
}

TEST_F(SpoolTest, TheCopyIsTheServicesOwn) {
  const UniqueFd from = source("hello", O_RDWR);
  ASSERT_TRUE(spool.take(from.get(), id));
  folder.write("source", "changed");
  std::filesystem::remove(folder.path("source"));
  EXPECT_EQ(copy(id), "hello");
}

TEST_F(SpoolTest, NobodyElseMayReadIt) {
  taken("hello", id);
  EXPECT_EQ(folder.stat(name_of(id)).st_mode & 0777U, 0600U);
  EXPECT_EQ(folder.stat("spool").st_mode & 0777U, 0700U);
}

TEST_F(SpoolTest, TheCopyAndItsNameAreSyncedBeforeItIsSaidToBeThere) {
  taken("hello", id);
  EXPECT_EQ(ops.fsyncs, 3) << "the name of the new folder, too";
  taken("hello", other);
  EXPECT_EQ(ops.fsyncs, 5);
}

TEST_F(SpoolTest, WhatIsAppendedMeanwhileIsNotPartOfIt) {
  const UniqueFd from = source("hello");
  ops.before_pread = [this] {
    std::ofstream(folder.path("source"), std::ios::app | std::ios::binary) << "more";
  };
  const auto body = spool.take(from.get(), id);
  ASSERT_TRUE(body) << body.error().message();
  EXPECT_EQ(body->stamp.size, 5U);
  EXPECT_EQ(copy(id), "hello");
}

// --- the limit -----------------------------------------------------------------------------------

TEST_F(SpoolTest, TheLimitCanBeUsedUpToItsLastByte) {
  spool.set_limit(10);
  EXPECT_EQ(spool.limit(), 10U);
  taken("0123456789", id);
  EXPECT_EQ(copy(id), "0123456789");
}

TEST_F(SpoolTest, AByteMoreIsRefusedAndTheSettingNamed) {
  spool.set_limit(10);
  const Error error = refused(source("0123456789a").get(), id);
  EXPECT_EQ(error.kind, ErrorKind::Quota);
  EXPECT_THAT(error.message(), HasSubstr("limits.spool_max_mib"));
  EXPECT_EQ(files(), 0U);
}

TEST_F(SpoolTest, WhatIsThereAlreadyCounts) {
  spool.set_limit(10);
  taken("012345", other);
  EXPECT_EQ(refused(source("01234").get(), id).kind, ErrorKind::Quota);
  EXPECT_FALSE(has_copy(id));
  EXPECT_EQ(copy(other), "012345");
  taken("0123", id);
  EXPECT_EQ(refused(source("0").get(), random_guid()).kind, ErrorKind::Quota);
}

TEST_F(SpoolTest, WhatIsErasedMakesRoom) {
  spool.set_limit(10);
  taken("0123456789", other);
  spool.erase(other);
  taken("9876543210", id);
  EXPECT_EQ(copy(id), "9876543210");
}

TEST_F(SpoolTest, ALowerLimitErasesNothingAndALaterOneIsHeeded) {
  taken("0123456789", other);
  spool.set_limit(4);
  EXPECT_EQ(copy(other), "0123456789");
  EXPECT_EQ(refused(source("0").get(), id).kind, ErrorKind::Quota) << "more in use than allowed";
  spool.set_limit(11);
  taken("0", id);
}

TEST_F(SpoolTest, AFileBeyondAnyLimitIsNotReadAtAll) {
  const UniqueFd from = source("");
  std::filesystem::resize_file(folder.path("source"), 1UL << 40);  // a hole, which takes no room
  bool is_read = false;
  ops.before_pread = [&is_read] { is_read = true; };
  EXPECT_EQ(refused(from.get(), id).kind, ErrorKind::Quota);
  EXPECT_FALSE(is_read);
  EXPECT_EQ(files(), 0U);
}

// --- what cannot be copied -----------------------------------------------------------------------

TEST_F(SpoolTest, WhatIsNoRegularFileIsRefused) {
  int pipe_ends[2];
  ASSERT_EQ(::pipe2(pipe_ends, O_CLOEXEC), 0);
  const UniqueFd pipe(pipe_ends[0]);
  const UniqueFd pipe_writer(pipe_ends[1]);
  const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const UniqueFd directory(::open(folder.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const UniqueFd device(::open("/dev/zero", O_RDONLY | O_CLOEXEC));
  for (const int from : {pipe.get(), socket.get(), directory.get(), device.get(), -1}) {
    const Error error = refused(from, id);
    EXPECT_EQ(error.kind, ErrorKind::InvalidArgument) << error.message();
    EXPECT_THAT(error.message(), HasSubstr("not that of a regular file"));
  }
  EXPECT_EQ(files(), 0U);
}

TEST_F(SpoolTest, AFileThatGetsShorterWhileItIsReadIsRefused) {
  const UniqueFd from = source(random_bytes(600'000));
  int reads = 0;
  ops.before_pread = [this, &reads] {
    if (++reads == 2) std::filesystem::resize_file(folder.path("source"), 300'000);
  };
  const Error error = refused(from.get(), id);
  EXPECT_EQ(error.kind, ErrorKind::InvalidArgument);
  EXPECT_THAT(error.message(), HasSubstr("became shorter"));
  EXPECT_EQ(files(), 0U);
}

TEST_F(SpoolTest, ADescriptorThatCannotBeReadFromIsRefused) {
  EXPECT_EQ(refused(source("hello", O_WRONLY).get(), id).code, EBADF);
  EXPECT_EQ(files(), 0U);
}

TEST_F(SpoolTest, AFullDiskIsSaidAndLeavesNothing) {
  ops.room = 300'000;
  const Error error = refused(source(random_bytes(600'000)).get(), id);
  EXPECT_EQ(error.kind, ErrorKind::DiskFull);
  EXPECT_EQ(files(), 0U);
}

TEST_F(SpoolTest, AFileInThePlaceOfTheFolderIsSaid) {
  folder.write("spool", "in the way");
  const Error error = refused(source("hello").get(), id);
  EXPECT_EQ(error.kind, ErrorKind::File);
  EXPECT_THAT(error.message(), HasSubstr(folder.path("spool")));
  EXPECT_EQ(folder.read("spool"), "in the way");
}

TEST_F(SpoolTest, WhatIsThereUnderTheSameIdStays) {
  const RequestBody before = taken("the first", id);
  const Error error = refused(source("the second").get(), id);
  EXPECT_EQ(error.code, EEXIST);
  EXPECT_EQ(copy(id), "the first");
  EXPECT_TRUE(BodySource::open(ops, before)) << "it has been touched";
}

TEST_F(SpoolTest, ALinkUnderTheSameIdIsNotFollowed) {
  taken("", other);  // makes the folder
  folder.write("victim", "precious");
  std::filesystem::create_symlink("../victim", folder.path(name_of(id)));
  refused(source("hello").get(), id);
  EXPECT_EQ(folder.read("victim"), "precious");
}

// --- every call fails once -----------------------------------------------------------------------

TEST_F(SpoolTest, EveryFileCallThatFailsIsAnErrorAndLeavesNothing) {
  ops.most_at_once = 100'000;
  const std::string content = random_bytes(300'000);
  taken("another one", other);
  int calls = 0;
  for (bool is_through = false; !is_through;) {
    const UniqueFd from = source(content);
    ops.failing_call = ++calls;
    const auto body = spool.take(from.get(), id);
    is_through = ops.failing_call != 0;
    ops.failing_call = 0;
    ASSERT_EQ(body.ok(), is_through) << "call " << calls;
    EXPECT_EQ(has_copy(id), is_through) << "call " << calls;
    EXPECT_EQ(files(), is_through ? 2U : 1U) << "call " << calls;
    EXPECT_EQ(ops.open_files, 0) << "call " << calls;
    EXPECT_EQ(copy(other), "another one") << "call " << calls;
  }
  EXPECT_TRUE(copy(id) == content);
  EXPECT_GT(calls, 10);
}

TEST_F(SpoolTest, NorDoesAnyOfThemEraseWhatIsThereUnderTheSameId) {
  const RequestBody before = taken("the first", id);
  for (int call = 1; call <= 20; ++call) {
    const UniqueFd from = source("the second");
    ops.failing_call = call;
    EXPECT_FALSE(spool.take(from.get(), id)) << "call " << call;
    ops.failing_call = 0;
    ASSERT_TRUE(has_copy(id)) << "call " << call;
    ASSERT_EQ(copy(id), "the first") << "call " << call;
  }
  EXPECT_TRUE(BodySource::open(ops, before)) << "it has been touched";
}

// --- what is there -------------------------------------------------------------------------------

TEST_F(SpoolTest, EraseRemovesOneAndNoOther) {
  taken("one", id);
  taken("two", other);
  spool.erase(id);
  EXPECT_FALSE(has_copy(id));
  EXPECT_EQ(copy(other), "two");
  spool.erase(id);  // it is gone already
  EXPECT_EQ(files(), 1U);
}

TEST_F(SpoolTest, WithoutAFolderThereIsNothingToEraseOrList) {
  spool.erase(id);
  EXPECT_THAT(spool.list(), IsEmpty());
  EXPECT_FALSE(folder.has("spool")) << "it is made when it is needed";
}

TEST_F(SpoolTest, ListHasTheIdsOfAllCopies) {
  taken("one", id);
  taken("two", other);
  EXPECT_THAT(spool.list(), UnorderedElementsAre(id, other));
}

TEST_F(SpoolTest, ListHasNothingThatIsNoCopy) {
  taken("one", id);
  for (const std::string& name :
       {other.to_string(), other.to_string() + ".part", std::string("x.body"), std::string(".body"),
        std::string("body"), other.to_string() + ".body2", "x" + other.to_string() + ".body"}) {
    folder.write("spool/" + name, "x");
  }
  EXPECT_THAT(spool.list(), ElementsAre(id));
}

}  // namespace
}  // namespace lh
