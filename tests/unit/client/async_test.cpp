#include "longhaul/foundation/async.h"

#include <atomic>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace longhaul {
namespace {

using namespace std::chrono_literals;
using State = detail::AsyncProgressState<int, int>;
using Async = IAsyncOperationWithProgress<int, int>;

struct Pending {
  std::shared_ptr<State> state = std::make_shared<State>();
  Async async{state};
};

TEST(Async, GetWaitsForTheResult) {
  Pending pending;
  std::thread producer([&] { pending.state->complete(7); });
  EXPECT_EQ(pending.async.get(), 7);
  producer.join();
  EXPECT_EQ(pending.async.Status(), AsyncStatus::Completed);
  EXPECT_EQ(pending.async.GetResults(), 7);
}

TEST(Async, WaitForReturnsStartedOnTimeOut) {
  Pending pending;
  EXPECT_EQ(pending.async.wait_for(1ms), AsyncStatus::Started);
  pending.state->complete(1);
  EXPECT_EQ(pending.async.wait_for(1h), AsyncStatus::Completed);
  EXPECT_EQ(pending.async.wait_for(TimeSpan::max()), AsyncStatus::Completed);
}

TEST(Async, ResultsBeforeTheEndAreAnIllegalCall) {
  EXPECT_THROW(Pending().async.GetResults(), hresult_illegal_method_call);
}

TEST(Async, AFailureIsThrownWithItsNumberAndText) {
  Pending pending;
  pending.state->end_failed(hresult(0x80190194U), L"GET http://h/x: 404 Not Found");
  EXPECT_EQ(pending.async.Status(), AsyncStatus::Error);
  EXPECT_EQ(pending.async.ErrorCode(), hresult(0x80190194U));
  try {
    pending.async.get();
    FAIL();
  } catch (const hresult_error& error) {
    EXPECT_EQ(error.code(), hresult(0x80190194U));
    EXPECT_STREQ(error.what(), "GET http://h/x: 404 Not Found");
  }
}

TEST(Async, ItEndsOnce) {
  Pending pending;
  EXPECT_TRUE(pending.state->complete(1));
  EXPECT_FALSE(pending.state->complete(2));
  EXPECT_FALSE(pending.state->end_canceled());
  EXPECT_EQ(pending.async.get(), 1);
}

TEST(Async, TheCompletionHandlerIsCalledOnceWithObjectAndStatus) {
  Pending pending;
  int calls = 0;
  pending.async.Completed([&](const Async& sender, AsyncStatus status) {
    ++calls;
    EXPECT_EQ(sender, pending.async);
    EXPECT_EQ(status, AsyncStatus::Completed);
    EXPECT_EQ(sender.GetResults(), 3);
  });
  EXPECT_EQ(calls, 0);
  pending.state->complete(3);
  EXPECT_EQ(calls, 1);
}

TEST(Async, AHandlerThatIsSetAfterTheEndIsCalledAtOnce) {
  Pending pending;
  pending.state->end_canceled();
  AsyncStatus told = AsyncStatus::Started;
  pending.async.Completed([&](const Async&, AsyncStatus status) { told = status; });
  EXPECT_EQ(told, AsyncStatus::Canceled);
}

TEST(Async, TheCompletionHandlerCanBeSetOnce) {
  Pending pending;
  pending.async.Completed([](const Async&, AsyncStatus) {});
  EXPECT_THROW(pending.async.Completed([](const Async&, AsyncStatus) {}),
               hresult_illegal_delegate_assignment);
  pending.state->end_canceled();  // until then the handler keeps it alive
}

struct Page {
  std::vector<int> seen;
  void on_progress(const Async&, int value) { seen.push_back(value); }
};

TEST(Async, ProgressGoesToAMemberFunction) {
  Pending pending;
  Page page;
  pending.async.Progress({&page, &Page::on_progress});
  pending.state->report(1);
  pending.state->report(2);
  EXPECT_EQ(page.seen, (std::vector<int>{1, 2}));
}

TEST(Async, CancelAsksWhoeverCarriesItOut) {
  Pending pending;
  int asked = 0;
  pending.state->on_cancel([&] { ++asked; });
  pending.async.Cancel();
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(pending.async.Status(), AsyncStatus::Started);
  pending.state->end_canceled();
  pending.async.Cancel();
  EXPECT_EQ(asked, 1);
  EXPECT_THROW(pending.async.get(), hresult_canceled);
}

TEST(Async, CloseIsForEndedOnesAndEndsTheirUse) {
  Pending pending;
  EXPECT_THROW(pending.async.Close(), hresult_illegal_state_change);
  pending.state->complete(1);
  pending.async.Close();
  try {
    pending.async.GetResults();
    FAIL();
  } catch (const hresult_error& error) {
    EXPECT_EQ(error.code(), hresult(0x80000013U));
  }
}

TEST(Async, TheEndCountsAsSeenOnceSomebodyLooks) {
  Pending pending;
  int seen = 0;
  pending.state->on_observed([&] { ++seen; });
  EXPECT_EQ(pending.async.Status(), AsyncStatus::Started);
  pending.state->complete(1);
  EXPECT_EQ(seen, 0);
  EXPECT_EQ(pending.async.get(), 1);
  EXPECT_EQ(pending.async.get(), 1);
  EXPECT_EQ(seen, 1);
}

/// An executor that runs its tasks when the test says so.
struct Queue {
  static inline std::vector<detail::AsyncStateBase::Task> tasks;
  static inline bool inside = false;

  static bool is_inside() { return inside; }
  static void run() {
    inside = true;
    for (std::size_t i = 0; i < tasks.size(); ++i) std::exchange(tasks[i], nullptr)();
    tasks.clear();
    inside = false;
  }
  static std::shared_ptr<State> make() {
    auto state = std::make_shared<State>([](auto task) { tasks.push_back(std::move(task)); });
    state->end_behind_handlers(is_inside);
    return state;
  }
};

TEST(Async, TheEndIsSeenBehindTheReportsThatCameBefore) {
  const auto state = Queue::make();
  const Async async(state);
  bool reported = false;
  Queue::tasks.push_back([&] { reported = async.wait_for(0s) != AsyncStatus::Error; });
  EXPECT_TRUE(state->complete(1));
  EXPECT_FALSE(state->end_canceled());
  EXPECT_EQ(async.Status(), AsyncStatus::Started);
  EXPECT_THROW(static_cast<void>(async.GetResults()), hresult_illegal_method_call);
  Queue::run();
  EXPECT_TRUE(reported);
  EXPECT_EQ(async.get(), 1);
}

TEST(Async, AHandlerThatWaitsForAnEndBehindItGetsIt) {
  const auto state = Queue::make();
  const Async async(state);
  int got = 0;
  int told = 0;
  async.Completed([&](const Async&, AsyncStatus) { ++told; });
  Queue::tasks.push_back([&] { got = async.get(); });
  state->complete(9);
  Queue::run();
  EXPECT_EQ(got, 9);
  EXPECT_EQ(told, 1);
}

TEST(Async, IdsDiffer) {
  EXPECT_NE(Pending().async.Id(), Pending().async.Id());
}

TEST(Async, ANullObjectSaysSo) {
  const Async none = nullptr;
  EXPECT_TRUE(none == nullptr);
  EXPECT_THROW(static_cast<void>(none.Status()), hresult_error);
}

IAsyncOperation<int> twice(Async source) {
  co_return 2 * co_await source;
}

TEST(Coroutine, AwaitsAndReturns) {
  Pending pending;
  const IAsyncOperation<int> doubled = twice(pending.async);
  EXPECT_EQ(doubled.Status(), AsyncStatus::Started);
  pending.state->complete(21);
  EXPECT_EQ(doubled.get(), 42);
}

TEST(Coroutine, AwaitingWhatHasEndedDoesNotSuspend) {
  Pending pending;
  pending.state->complete(4);
  EXPECT_EQ(twice(pending.async).GetResults(), 8);
}

TEST(Coroutine, AnErrorPassesThrough) {
  Pending pending;
  const IAsyncOperation<int> doubled = twice(pending.async);
  pending.state->end_failed(hresult(0x80070005U), L"no");
  EXPECT_THROW(doubled.get(), hresult_access_denied);
  EXPECT_EQ(doubled.Status(), AsyncStatus::Error);
}

TEST(Coroutine, CancellationPassesThroughAsCancellation) {
  Pending pending;
  const IAsyncOperation<int> doubled = twice(pending.async);
  pending.state->end_canceled();
  EXPECT_EQ(doubled.Status(), AsyncStatus::Canceled);
}

IAsyncAction count_down(std::vector<Async> sources, int& left) {
  for (const Async& source : sources) {
    co_await source;
    --left;
  }
}

TEST(Coroutine, AnActionEndsAfterAllItWaitsFor) {
  std::vector<Pending> pending(3);
  std::vector<Async> sources;
  for (const Pending& one : pending) sources.push_back(one.async);
  int left = 3;
  const IAsyncAction all = count_down(sources, left);
  std::thread producer([&] {
    for (const Pending& one : pending) one.state->complete(0);
  });
  all.get();
  producer.join();
  EXPECT_EQ(left, 0);
}

fire_and_forget add(Async source, int& sum) {
  sum += co_await source;
}

TEST(Coroutine, FireAndForgetRunsToItsEnd) {
  Pending pending;
  int sum = 1;
  add(pending.async, sum);
  pending.state->complete(2);
  EXPECT_EQ(sum, 3);
}

TEST(Async, ManyWaitersAndOneEndMeetEachOther) {
  for (int round = 0; round < 500; ++round) {
    Pending pending;
    std::atomic<int> told{0};
    std::vector<std::thread> threads;
    threads.emplace_back([&] { pending.state->complete(5); });
    threads.emplace_back([&] { told += pending.async.get(); });
    threads.emplace_back([&] {
      pending.async.Completed([&](const Async& async, AsyncStatus) { told += async.get(); });
    });
    for (std::thread& thread : threads) thread.join();
    ASSERT_EQ(told, 10);
  }
}

}  // namespace
}  // namespace longhaul
