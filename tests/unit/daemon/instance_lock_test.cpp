#include "daemon/instance_lock.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lh {
namespace {

using testing::HasSubstr;

class InstanceLockTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "longhaul-lock-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  /// A process that holds the lock until it is killed.
  pid_t start_holder() {
    int ends[2] = {-1, -1};
    EXPECT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      const auto lock = InstanceLock::acquire(folder_);
      const char held = lock ? 1 : 0;
      if (::write(ends[1], &held, 1) == 1 && lock) ::pause();
      ::_exit(1);
    }
    char held = 0;
    EXPECT_EQ(::read(ends[0], &held, 1), 1);
    EXPECT_EQ(held, 1);
    ::close(ends[0]);
    ::close(ends[1]);
    return child;
  }
  static void kill_holder(pid_t child) {
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
  }

  std::string folder_;
};

TEST_F(InstanceLockTest, WritesItsProcessIdForPeople) {
  const auto lock = InstanceLock::acquire(folder_);
  ASSERT_TRUE(lock) << lock.error().message();
  std::ifstream file(folder_ + "/lock");
  long pid = 0;
  file >> pid;
  EXPECT_EQ(pid, ::getpid());
}

TEST_F(InstanceLockTest, ASecondOneIsToldWhoServesWhichFolder) {
  const pid_t holder = start_holder();
  const auto lock = InstanceLock::acquire(folder_);
  ASSERT_FALSE(lock);
  EXPECT_THAT(lock.error().message(), HasSubstr(folder_));
  EXPECT_THAT(lock.error().message(), HasSubstr("process " + std::to_string(holder)));
  kill_holder(holder);
}

TEST_F(InstanceLockTest, AKilledHolderLeavesNothingBehind) {
  kill_holder(start_holder());
  EXPECT_TRUE(std::filesystem::exists(folder_ + "/lock"));
  EXPECT_TRUE(InstanceLock::acquire(folder_));
}

TEST_F(InstanceLockTest, TheEndOfItsLifeGivesItBack) {
  {
    ASSERT_TRUE(InstanceLock::acquire(folder_));
  }
  EXPECT_TRUE(InstanceLock::acquire(folder_));
}

TEST_F(InstanceLockTest, TwoFoldersDoNotMeet) {
  std::filesystem::create_directory(folder_ + "/other");
  const auto one = InstanceLock::acquire(folder_);
  const auto other = InstanceLock::acquire(folder_ + "/other");
  EXPECT_TRUE(one);
  EXPECT_TRUE(other);
}

TEST_F(InstanceLockTest, AMissingFolderIsNamed) {
  const auto lock = InstanceLock::acquire(folder_ + "/none");
  ASSERT_FALSE(lock);
  EXPECT_EQ(lock.error().kind, ErrorKind::File);
  EXPECT_THAT(lock.error().message(), HasSubstr("none/lock"));
}

}  // namespace
}  // namespace lh
