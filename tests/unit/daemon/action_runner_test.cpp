#include "daemon/action_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lh {
namespace {

using testing::ElementsAre;

/// Keeps the updates that it is asked for, as a store without room does.
class WaitingStore : public TransferStore {
 public:
  void update(Transfer transfer, Done<Result<void>> done) override {
    rows.push_back(transfer.state.attempts);
    done_ = std::move(done);
  }
  void finish() { std::exchange(done_, nullptr)({}); }

  std::vector<std::uint32_t> rows;

  using Rows = Result<std::vector<Transfer>>;
  void insert(std::vector<Transfer>, std::uint64_t, Done<Result<void>>) override {}
  void stage(std::uint64_t, std::vector<Transfer>, Done<Result<void>>) override {}
  void publish(std::uint64_t, std::uint64_t, Done<Result<Published>>) override {}
  void drop(std::uint64_t, Done<Result<void>>) override {}
  void erase(std::vector<TransferId>, Done<Result<void>>) override {}
  void load(std::vector<TransferId>, Done<Rows>) override {}
  void load_queue(QueueKey, std::vector<std::string>, std::uint32_t, Done<Rows>) override {}
  void load_due(TimePoint, std::uint32_t, Done<Rows>) override {}
  void load_finishing(Done<Rows>) override {}
  void next_wake(Done<Result<std::optional<TimePoint>>>) override {}
  void list(ListFilter, std::uint64_t, std::uint32_t,
            Done<Result<std::vector<ListedTransfer>>>) override {}
  void count(Done<Result<PhaseCounts>>) override {}
  void unused_secrets(std::vector<SecretId>, Done<Result<std::vector<SecretId>>>) override {}
  void last_queue_position(Done<Result<std::uint64_t>>) override {}
  void load_expired(TimePoint, std::uint32_t, Done<Result<std::vector<TransferId>>>) override {}
  void target_folders(Done<Result<std::vector<std::string>>>) override {}

 private:
  Done<Result<void>> done_;
};

class NoEngine : public TransferEngine {
 public:
  void start(TransferPlan) override {}
  void stop(AttemptId) override {}
};

class NoFiles : public FileService {
 public:
  void sync(Job) override {}
  void commit(Job) override {}
  void discard(Job) override {}
};

class ActionRunnerTest : public testing::Test {
 protected:
  /// The transfer after its n-th step, and what is to be done then.
  void step(std::uint32_t n, std::vector<Action> actions) {
    Step step;
    step.transfer = entry_.transfer;
    step.transfer.state.attempts = n;
    step.actions = std::move(actions);
    runner_.take(entry_, std::move(step), facts_, {});
    runner_.advance(entry_.transfer.id);
  }

  WaitingStore store_;
  NoEngine engine_;
  NoFiles files_;
  LiveTransfer entry_;
  Facts facts_;
  std::vector<RequestId> replies_;
  std::vector<std::uint32_t> told_;  ///< attempts, as they were told
  ActionRunner runner_{
      {store_, engine_, files_},
      {.find = [this](const TransferId&) { return &entry_; },
       .reply = [this](RequestId request, const auto&) { replies_.push_back(request); },
       .has_listeners = [](const Transfer&) { return true; },
       .tell = [this](const Change& change) { told_.push_back(change.snapshot.attempts); },
       .hold_of = [](const Transfer&) { return QueueHold::Slots; },
       .drop_secret = [](const SecretId&) {},
       .drop_body = [](const TransferId&) {},
       .settled = [](LiveTransfer&) {},
       .stored = [] {},
       .store_failed = [](const Error&) {}}};
};

TEST_F(ActionRunnerTest, WhatPilesUpBehindARowThatIsNotStoredStaysShort) {
  for (std::uint32_t n = 1; n <= 1000; ++n) {
    step(n, {action::Persist(), action::Notify()});
    step(n, {action::Notify()});
  }
  EXPECT_EQ(runner_.unstored(), 1U);
  EXPECT_LE(entry_.pending.size(), 3U);
  EXPECT_EQ(entry_.visible().state.attempts, 0U) << "what is not stored is shown";

  store_.finish();
  EXPECT_THAT(told_, ElementsAre(1)) << "what only the later rows make true was told";
  store_.finish();
  EXPECT_THAT(store_.rows, ElementsAre(1, 1000));
  EXPECT_THAT(told_, ElementsAre(1, 1000));
  EXPECT_EQ(runner_.unstored(), 0U);
}

TEST_F(ActionRunnerTest, NothingElseThanProgressIsPassedOver) {
  step(1, {action::Persist()});
  step(2, {action::Persist(), action::Reply{7, std::nullopt}});
  step(3, {action::Persist(), action::Notify{.restarted = true}});
  step(4, {action::Persist(), action::Notify{.what = action::Notify::What::Status}});
  store_.finish();
  EXPECT_TRUE(replies_.empty());
  store_.finish();
  EXPECT_THAT(replies_, ElementsAre(7));
  EXPECT_TRUE(told_.empty());
  store_.finish();
  EXPECT_THAT(told_, ElementsAre(3));
  store_.finish();
  EXPECT_THAT(told_, ElementsAre(3, 4));
  EXPECT_THAT(store_.rows, ElementsAre(1, 2, 3, 4));
}

}  // namespace
}  // namespace lh
