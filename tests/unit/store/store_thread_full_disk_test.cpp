#include <cerrno>
#include <chrono>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/store_thread.h"
#include "support/faulty_vfs.h"
#include "unit/store/answers.h"
#include "unit/store/store_support.h"

// The store thread on a disk that is full, or that fails a sync.
namespace lh {
namespace {

using test::Answers;
using test::download;
using test::FaultyVfs;
using test::id_of;
using test::numbers_of;
using testing::HasSubstr;
using Numbers = std::vector<std::uint32_t>;
using Rows = Result<std::vector<Transfer>>;

/// One that needs more room than the log has taken so far.
Transfer large(std::uint32_t number, std::uint32_t attempts) {
  Transfer transfer = download(number);
  transfer.state.attempts = attempts;
  transfer.state.response = ResponseHead{200, "http://host/" + std::string(1'000'000, 'x'), {}};
  return transfer;
}

Transfer small(std::uint32_t number, std::uint32_t attempts) {
  Transfer transfer = download(number);
  transfer.state.attempts = attempts;
  return transfer;
}

class FullDisk : public testing::Test {
 protected:
  void SetUp() override {
    start(std::chrono::hours(1));
    ASSERT_TRUE(insert(1));
  }
  /// The next look at the disk comes after this time, or when something is to be created.
  void start(std::chrono::milliseconds look_again) {
    thread_.reset();
    thread_ =
        std::make_unique<StoreThread>(test::open_store(path_), answers_.executor(), look_again);
  }
  Result<void> insert(std::uint32_t number) {
    return answers_.of<Result<void>>(
        [&](auto done) { thread_->insert({download(number)}, 0, std::move(done)); });
  }
  /// Attempts as they are stored; what was asked for before has been tried then.
  std::uint32_t attempts_of(std::uint32_t number) {
    const Rows rows =
        answers_.of<Rows>([&](auto done) { thread_->load({id_of(number)}, std::move(done)); });
    return rows && rows->size() == 1 ? rows->front().state.attempts : 99;
  }
  StoreThread::Done<Result<void>> note(int number) {
    return [this, number](const Result<void>& done) {
      EXPECT_TRUE(done) << done.error().message();
      answered_.push_back(number);
    };
  }
  void expect_full(const Result<void>& done, int code = ENOSPC) {
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind, ErrorKind::DiskFull);
    EXPECT_EQ(done.error().code, code);
    EXPECT_THAT(done.error().message(),
                HasSubstr("the state folder " + folder_.file("") + "state"));
    EXPECT_THAT(done.error().message(), HasSubstr("is full"));
  }

  FaultyVfs disk_;
  test::TempFolder folder_;
  std::string path_ = state_folder() + "/longhaul.db";
  Answers answers_;
  std::vector<int> answered_;
  std::unique_ptr<StoreThread> thread_;

 private:
  std::string state_folder() {
    std::filesystem::create_directory(folder_.file("state"));
    return folder_.file("state");
  }
};

TEST_F(FullDisk, UpdatesWaitForRoomInTheirOrderWhileReadsGoOn) {
  for (const int why : {ENOSPC, EDQUOT}) {
    disk_.set_full(why);
    answered_.clear();
    thread_->update(large(1, 2), note(1));
    EXPECT_EQ(attempts_of(1), why == ENOSPC ? 0U : 3U);
    EXPECT_GT(disk_.refused_writes(), 0);
    thread_->update(small(1, 3), note(2));
    thread_->erase({id_of(5)}, note(3));
    EXPECT_EQ(attempts_of(1), why == ENOSPC ? 0U : 3U) << "one has overtaken the other";
    expect_full(insert(2), why);
    EXPECT_TRUE(answered_.empty());

    disk_.set_full(0);
    EXPECT_TRUE(insert(why == ENOSPC ? 3U : 4U));
    EXPECT_EQ(answered_, (std::vector{1, 2, 3}));
    EXPECT_EQ(attempts_of(1), 3U);
  }
  thread_.reset();
  EXPECT_EQ(numbers_of(*test::open_store(path_)->list({}, 0, 10)), (Numbers{1, 3, 4}));
}

TEST_F(FullDisk, IsLookedAtAgainWithoutBeingAsked) {
  start(std::chrono::milliseconds(1));
  disk_.set_full(ENOSPC);
  thread_->update(large(1, 2), note(1));
  while (disk_.refused_writes() < 3) ASSERT_EQ(attempts_of(1), 0U);
  disk_.set_full(0);
  while (answered_.empty()) ASSERT_TRUE(answers_.run_one());
  EXPECT_EQ(attempts_of(1), 2U);
}

TEST_F(FullDisk, TheLogsRoomIsKeptForUpdates) {
  ASSERT_TRUE(insert(2));
  disk_.set_full(ENOSPC);
  // Each is more than what the log has left to write, and less than what it has taken.
  for (std::uint32_t n = 1; n < 20; ++n) {
    EXPECT_TRUE(answers_.of<Result<void>>(
        [&](auto done) { thread_->update(small(1, n), std::move(done)); }));
  }
  EXPECT_GT(disk_.refused_writes(), 0);
  EXPECT_EQ(attempts_of(1), 19U);
}

TEST_F(FullDisk, ACreationThatIsTooLargeFailsAlone) {
  disk_.set_full(ENOSPC);
  std::optional<Result<void>> refused;
  thread_->update(small(1, 2), note(1));
  thread_->insert({download(2), large(3, 0)}, 0, [&](Result<void> done) { refused = done; });
  thread_->update(small(1, 3), note(2));
  while (answered_.size() < 2) ASSERT_TRUE(answers_.run_one());
  ASSERT_TRUE(refused);
  expect_full(*refused);
  EXPECT_EQ(answered_, (std::vector{1, 2}));
  EXPECT_EQ(attempts_of(1), 3U);
  EXPECT_EQ(attempts_of(2), 99U) << "a half of the creation is there";
}

TEST_F(FullDisk, ABatchThatFindsNoRoomCanBePublishedLater) {
  ASSERT_TRUE(answers_.of<Result<void>>([&](auto done) {
    thread_->stage(7, {download(2), large(3, 1), large(4, 1)}, std::move(done));
  }));
  const auto publish = [this] {
    return answers_.of<Result<Published>>(
        [&](auto done) { thread_->publish(7, 0, std::move(done)); });
  };
  disk_.set_full(ENOSPC);
  const auto refused = publish();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::DiskFull);
  EXPECT_EQ(attempts_of(2), 99U);
  disk_.set_full(0);
  const auto published = publish();
  ASSERT_TRUE(published) << published.error().message();
  EXPECT_EQ(numbers_of(published->ids), (Numbers{2, 3, 4}));
}

TEST_F(FullDisk, WhatMustSeeTheWaitingOnesWaitsBehindThem) {
  disk_.set_full(ENOSPC);
  Transfer due = large(1, 2);
  due.state.phase = Phase::RetryAt;
  due.state.wake_at = test::at(5);
  thread_->update(due, note(1));
  std::optional<TimePoint> wake;
  Numbers woken;
  thread_->next_wake([&](Result<std::optional<TimePoint>> when) { wake = *when; });
  thread_->load_due(test::at(9), 10, [&](Rows rows) { woken = numbers_of(*rows); });
  EXPECT_EQ(attempts_of(1), 0U);
  disk_.set_full(0);
  EXPECT_TRUE(insert(2));
  EXPECT_EQ(wake, test::at(5));
  EXPECT_EQ(woken, Numbers{1});
}

TEST_F(FullDisk, WhenTheServiceLeavesNothingWaitsAnyMore) {
  disk_.set_full(ENOSPC);
  std::optional<Result<void>> refused;
  thread_->update(large(1, 2), [&](Result<void> done) { refused = done; });
  EXPECT_EQ(attempts_of(1), 0U);
  thread_->wait_no_more();
  while (!refused) ASSERT_TRUE(answers_.run_one());
  expect_full(*refused);
  expect_full(
      answers_.of<Result<void>>([&](auto done) { thread_->update(large(1, 3), std::move(done)); }));
  EXPECT_EQ(attempts_of(1), 0U);
}

TEST_F(FullDisk, TheEndDoesNotWait) {
  disk_.set_full(ENOSPC);
  thread_->update(large(1, 2), [](const Result<void>&) { FAIL(); });
  EXPECT_EQ(attempts_of(1), 0U);
  thread_.reset();
  EXPECT_EQ(test::open_store(path_)->load({id_of(1)})->front().state.attempts, 0U);
}

TEST_F(FullDisk, CannotBeStartedOnWithClearWords) {
  thread_.reset();
  std::filesystem::remove(path_);
  disk_.set_full(ENOSPC);
  const auto opened = SqliteStore::open(path_);
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message(), HasSubstr("is full"));
}

TEST_F(FullDisk, AfterAFailedSyncNothingIsBelievedAnyMore) {
  disk_.fail_syncs(true);
  const auto failed =
      answers_.of<Result<void>>([&](auto done) { thread_->update(small(1, 2), std::move(done)); });
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, ErrorKind::Store);
  disk_.fail_syncs(false);
  const auto later = insert(2);
  ASSERT_FALSE(later);
  EXPECT_EQ(later.error(), failed.error());
  EXPECT_EQ(attempts_of(1), 99U) << "a read was answered";
}

}  // namespace
}  // namespace lh
