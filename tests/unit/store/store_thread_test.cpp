#include "store/store_thread.h"

#include <atomic>
#include <future>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "unit/store/answers.h"
#include "unit/store/store_support.h"

namespace lh {
namespace {

using test::Answers;
using test::download;
using test::id_of;
using test::numbers_of;
using Numbers = std::vector<std::uint32_t>;

/// Counts commits, and makes one of them fail, in connections opened while it lives.
class CommitHook {
 public:
  CommitHook() {
    commits_ = 0;
    fail_ = false;
    sqlite3_auto_extension(reinterpret_cast<void (*)()>(&install));  // NOLINT
  }
  ~CommitHook() { sqlite3_reset_auto_extension(); }
  CommitHook(const CommitHook&) = delete;
  CommitHook& operator=(const CommitHook&) = delete;

  static int commits() { return commits_; }
  static void fail_from_now_on() { fail_ = true; }
  static void work_again() { fail_ = false; }

 private:
  static int install(sqlite3* handle, const char**, const void*) {
    sqlite3_commit_hook(handle, [](void*) { return fail_ ? 1 : (++commits_, 0); }, nullptr);
    return SQLITE_OK;
  }
  static inline std::atomic<int> commits_ = 0;
  static inline std::atomic<bool> fail_ = false;
};

class StoreThreadTest : public testing::Test {
 protected:
  void SetUp() override { start(); }
  void start() {
    thread_ = std::make_unique<StoreThread>(test::open_store(path_), answers_.executor());
    gate_ = nullptr;
  }

  /// Keeps the store thread busy with a lock of another connection, so that the calls that follow
  /// wait together.
  void hold() {
    ASSERT_EQ(sqlite3_open(path_.c_str(), &gate_), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(gate_, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
    thread_->insert({download(1'000'000)}, 0, [this](const Result<void>& done) {
      EXPECT_TRUE(done);
      held_answered_ = true;
    });
    ASSERT_TRUE(answers_.run_one());  // sends it
  }
  void release() {
    EXPECT_EQ(sqlite3_exec(gate_, "ROLLBACK", nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(gate_);
    while (!held_answered_) ASSERT_TRUE(answers_.run_one());
  }
  template <typename T, typename Ask>
  T answer_of(Ask ask) {
    return answers_.of<T>(ask);
  }

  CommitHook hook_;
  test::TempFolder folder_;
  std::string path_ = folder_.file("longhaul.db");
  Answers answers_;
  sqlite3* gate_ = nullptr;
  bool held_answered_ = false;
  std::unique_ptr<StoreThread> thread_;
};

TEST_F(StoreThreadTest, WhatWaitsTogetherIsCommittedAndAnsweredTogetherInOrder) {
  hold();
  std::vector<std::uint32_t> order;
  constexpr std::uint32_t kCalls = 200;
  for (std::uint32_t n = 0; n < kCalls; ++n) {
    thread_->insert({download(n)}, 0, [&order, n](const Result<void>& done) {
      EXPECT_TRUE(done);
      order.push_back(n);
    });
  }
  release();  // the held call may have been taken alone, or with some of these
  const int before = hook_.commits();
  if (order.empty()) {
    ASSERT_TRUE(answers_.run_one());
  }
  ASSERT_EQ(order.size(), kCalls) << "what waited was answered in more than one batch";
  for (std::uint32_t n = 0; n < kCalls; ++n) EXPECT_EQ(order[n], n);
  EXPECT_LE(hook_.commits() - before, 1);
}

TEST_F(StoreThreadTest, WhatIsAskedForInOneRoundIsCommittedTogether) {
  const int before = hook_.commits();
  int answered = 0;
  for (std::uint32_t n = 0; n < 50; ++n) {
    thread_->insert({download(n)}, 0, [&answered](const Result<void>&) { ++answered; });
  }
  ASSERT_TRUE(answers_.run_one());  // the end of the round sends them
  ASSERT_TRUE(answers_.run_one());
  EXPECT_EQ(answered, 50);
  EXPECT_EQ(hook_.commits() - before, 1);
}

TEST_F(StoreThreadTest, ReadsSeeAllEarlierWritesAndNoLaterOnes) {
  hold();
  Numbers seen;
  const auto look = [&](Result<std::vector<ListedTransfer>> rows) {
    ASSERT_TRUE(rows);
    seen.push_back(static_cast<std::uint32_t>(rows->size()));
  };
  thread_->list({}, 0, 10, look);
  thread_->insert({download(1)}, 0, [](const Result<void>&) {});
  thread_->list({}, 0, 10, look);
  thread_->insert({download(2), download(3)}, 0, [](const Result<void>&) {});
  thread_->list({}, 0, 10, look);
  thread_->erase({id_of(1)}, [](const Result<void>&) {});
  thread_->list({}, 0, 10, look);
  release();
  while (seen.size() < 4) ASSERT_TRUE(answers_.run_one());
  EXPECT_EQ(seen, (Numbers{1, 2, 4, 3}));
}

TEST_F(StoreThreadTest, AFailedInsertLeavesTheOthersOfItsCommitAlone) {
  hold();
  std::vector<bool> outcomes;
  const auto note = [&](const Result<void>& done) { outcomes.push_back(done.ok()); };
  Transfer clash = download(9);
  clash.spec.target = download(1).spec.target;
  thread_->insert({download(1)}, 0, note);
  thread_->insert({download(2), clash, download(3)}, 0, note);
  thread_->update(download(50), note);
  thread_->insert({download(4)}, 0, note);
  release();
  while (outcomes.size() < 4) ASSERT_TRUE(answers_.run_one());
  EXPECT_EQ(outcomes, (std::vector<bool>{true, false, false, true}));
  thread_.reset();
  EXPECT_EQ(numbers_of(*test::open_store(path_)->list({}, 0, 10)),
            (Numbers{1'000'000 & 0xffffff, 1, 4}));
}

TEST_F(StoreThreadTest, AfterAFailedCommitNothingIsBelievedAnyMore) {
  ASSERT_TRUE(answer_of<Result<void>>(
      [&](auto done) { thread_->insert({download(1)}, 0, std::move(done)); }));
  hook_.fail_from_now_on();
  const auto failed = answer_of<Result<void>>(
      [&](auto done) { thread_->insert({download(2)}, 0, std::move(done)); });
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, ErrorKind::Store);
  const auto read = answer_of<Result<std::vector<Transfer>>>(
      [&](auto done) { thread_->load({id_of(1)}, std::move(done)); });
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error(), failed.error());
  const auto write =
      answer_of<Result<void>>([&](auto done) { thread_->erase({id_of(1)}, std::move(done)); });
  ASSERT_FALSE(write);
  EXPECT_EQ(write.error(), failed.error());
  thread_.reset();
  hook_.work_again();
  EXPECT_EQ(numbers_of(*test::open_store(path_)->list({}, 0, 10)), Numbers{1});
}

TEST_F(StoreThreadTest, OneThatMakesSqliteTakeBackTheTransactionFailsAlone) {
  test::run_sql(path_,
                "CREATE TRIGGER full BEFORE INSERT ON transfer WHEN NEW.uri LIKE '%-2'"
                " BEGIN SELECT RAISE(ROLLBACK, 'the disk is full'); END");
  hold();
  std::vector<bool> stored;
  for (const std::uint32_t n : {1U, 2U, 3U}) {
    thread_->insert({download(n)}, 0,
                    [&stored](const Result<void>& done) { stored.push_back(done.ok()); });
  }
  release();
  while (stored.size() < 3) ASSERT_TRUE(answers_.run_one());
  EXPECT_EQ(stored, (std::vector{true, false, true}));
  const auto rows = answer_of<Result<std::vector<Transfer>>>(
      [&](auto done) { thread_->load({id_of(1), id_of(2), id_of(3)}, std::move(done)); });
  EXPECT_EQ(rows->size(), 2U);
}

TEST_F(StoreThreadTest, ReadsAloneDoNotCommit) {
  const int before = hook_.commits();
  EXPECT_TRUE(answer_of<Result<PhaseCounts>>([&](auto done) { thread_->count(std::move(done)); }));
  EXPECT_EQ(hook_.commits(), before);
}

TEST_F(StoreThreadTest, TheEndCarriesOutWhatWasAskedForWithoutAnswering) {
  hold();
  for (std::uint32_t n = 0; n < 50; ++n) {
    thread_->insert({download(n)}, 0, [](const Result<void>&) { FAIL(); });
  }
  auto ended = std::async(std::launch::async, [this] { thread_.reset(); });
  EXPECT_EQ(sqlite3_exec(gate_, "ROLLBACK", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(gate_);
  ended.get();
  EXPECT_EQ(test::open_store(path_)->list({}, 0, 100)->size(), 51U);
}

TEST_F(StoreThreadTest, EveryCallReachesTheStore) {
  Transfer due = download(1, Phase::RetryAt);
  due.state.wake_at = test::at(7);
  const std::vector<Transfer> all = {due, download(2, Phase::Queued), download(3, Phase::Finishing),
                                     download(4, Phase::Completed)};
  ASSERT_TRUE(
      answer_of<Result<void>>([&](auto done) { thread_->insert(all, 0, std::move(done)); }));
  using Rows = Result<std::vector<Transfer>>;
  EXPECT_EQ(numbers_of(*answer_of<Rows>(
                [&](auto done) { thread_->load_queue({0, 0}, {}, 10, std::move(done)); })),
            Numbers{2});
  EXPECT_EQ(numbers_of(*answer_of<Rows>(
                [&](auto done) { thread_->load_due(test::at(7), 10, std::move(done)); })),
            Numbers{1});
  EXPECT_EQ(
      numbers_of(*answer_of<Rows>([&](auto done) { thread_->load_finishing(std::move(done)); })),
      Numbers{3});
  EXPECT_EQ(*answer_of<Result<std::optional<TimePoint>>>(
                [&](auto done) { thread_->next_wake(std::move(done)); }),
            test::at(7));
  EXPECT_EQ(*answer_of<Result<std::uint64_t>>(
                [&](auto done) { thread_->last_queue_position(std::move(done)); }),
            3U);
  EXPECT_EQ(numbers_of(*answer_of<Result<std::vector<TransferId>>>(
                [&](auto done) { thread_->load_expired(test::at(9000), 10, std::move(done)); })),
            Numbers{4});
  EXPECT_EQ(answer_of<Result<std::vector<std::string>>>([&](auto done) {
              thread_->target_folders(std::move(done));
            })->size(),
            1U);
  due.state.phase = Phase::Queued;
  EXPECT_TRUE(answer_of<Result<void>>([&](auto done) { thread_->update(due, std::move(done)); }));
  EXPECT_EQ(
      numbers_of(*answer_of<Rows>([&](auto done) { thread_->load({id_of(1)}, std::move(done)); })),
      Numbers{1});
}

}  // namespace
}  // namespace lh
