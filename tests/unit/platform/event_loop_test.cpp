#include "platform/event_loop.h"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <ctime>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "platform/unique_fd.h"

namespace lh {
namespace {

using namespace std::chrono_literals;

class EventLoopTest : public testing::Test {
 protected:
  static void raise_event(int fd) {
    const std::uint64_t one = 1;
    ASSERT_EQ(::write(fd, &one, sizeof one), static_cast<ssize_t>(sizeof one));
  }
  static std::chrono::microseconds monotonic_in(std::chrono::milliseconds delay) {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec) + delay);
  }

  SystemClock clock_;
  EventLoop loop_{clock_};
  UniqueFd event_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  UniqueFd other_event_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
};

TEST_F(EventLoopTest, PostedWorkRunsInOrder) {
  std::vector<int> order;
  for (int i = 0; i < 100; ++i) loop_.post([&order, i] { order.push_back(i); });
  loop_.post([this] { loop_.quit(); });
  loop_.run();
  ASSERT_EQ(order.size(), 100U);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
}

TEST_F(EventLoopTest, WorkOfManyThreadsIsAllRunOnTheLoopsThread) {
  constexpr int kThreads = 4;
  constexpr int kEach = 5000;
  int done = 0;
  const auto loop_thread = std::this_thread::get_id();
  std::vector<std::jthread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kEach; ++i) {
        loop_.post([&] {
          EXPECT_EQ(std::this_thread::get_id(), loop_thread);
          if (++done == kThreads * kEach) loop_.quit();
        });
      }
    });
  }
  loop_.run();
  EXPECT_EQ(done, kThreads * kEach);
}

TEST_F(EventLoopTest, QuitBeforeRunEndsItAtOnceAndOnlyOnce) {
  loop_.quit();
  loop_.run();
  bool ran = false;
  loop_.post([&] {
    ran = true;
    loop_.quit();
  });
  loop_.run();
  EXPECT_TRUE(ran);
}

TEST_F(EventLoopTest, WorkLeftByQuitIsKeptForTheNextRun) {
  int ran = 0;
  loop_.post([&] { loop_.quit(); });
  loop_.post([&] { ++ran; });
  loop_.run();
  EXPECT_EQ(ran, 0);
  loop_.post([&] { loop_.quit(); });
  loop_.run();
  EXPECT_EQ(ran, 1);
}

TEST_F(EventLoopTest, AWatchReportsWhatHappened) {
  std::uint32_t seen = 0;
  const auto slot = loop_.watch(event_.get(), EPOLLIN, [&](std::uint32_t events) {
    seen = events;
    loop_.quit();
  });
  raise_event(event_.get());
  loop_.run();
  EXPECT_EQ(seen, static_cast<std::uint32_t>(EPOLLIN));
}

TEST_F(EventLoopTest, AWatchMayEndItselfInItsCallback) {
  int calls = 0;
  EventLoop::Slot slot;
  slot = loop_.watch(event_.get(), EPOLLIN, [&](std::uint32_t) {
    ++calls;
    slot.reset();
    loop_.post([this] { loop_.post([this] { loop_.quit(); }); });
  });
  raise_event(event_.get());
  loop_.run();
  EXPECT_EQ(calls, 1);
}

TEST_F(EventLoopTest, AWatchEndedByAnotherCallbackOfTheSameRoundIsNotCalled) {
  int calls = 0;
  EventLoop::Slot first;
  EventLoop::Slot second;
  const auto end_both = [&](std::uint32_t) {
    ++calls;
    first.reset();
    second.reset();
    loop_.post([this] { loop_.quit(); });
  };
  first = loop_.watch(event_.get(), EPOLLIN, end_both);
  second = loop_.watch(other_event_.get(), EPOLLIN, end_both);
  raise_event(event_.get());
  raise_event(other_event_.get());
  loop_.run();
  EXPECT_EQ(calls, 1);
}

TEST_F(EventLoopTest, OneDescriptorMayHaveSeveralWatches) {
  bool readable = false;
  bool writable = false;
  auto reader = loop_.watch(event_.get(), EPOLLIN, [&](std::uint32_t events) {
    readable = events == EPOLLIN;
    if (readable && writable) loop_.quit();
  });
  const auto writer = loop_.watch(event_.get(), EPOLLOUT, [&](std::uint32_t events) {
    writable = events == EPOLLOUT;
    if (readable && writable) loop_.quit();
  });
  // As a bus connection does it: the new watch is there before the old one goes.
  reader = loop_.watch(event_.get(), EPOLLIN, [&](std::uint32_t) {
    readable = true;
    if (writable) loop_.quit();
  });
  raise_event(event_.get());
  loop_.run();
  EXPECT_TRUE(readable);
  EXPECT_TRUE(writable);
}

TEST_F(EventLoopTest, ADescriptorClosedTooEarlyDoesNotDisturbTheNextOfItsNumber) {
  const int number = event_.get();
  auto old = loop_.watch(number, EPOLLIN, [](std::uint32_t) { FAIL(); });
  event_.reset();
  event_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  ASSERT_EQ(event_.get(), number);
  old.reset();
  bool called = false;
  const auto slot = loop_.watch(number, EPOLLIN, [&](std::uint32_t) {
    called = true;
    loop_.quit();
  });
  ASSERT_TRUE(slot);
  raise_event(number);
  loop_.run();
  EXPECT_TRUE(called);
}

TEST_F(EventLoopTest, ARegularFileCannotBeWatched) {
  FILE* file = std::tmpfile();
  ASSERT_NE(file, nullptr);
  EXPECT_EQ(loop_.watch(::fileno(file), EPOLLIN, [](std::uint32_t) {}), nullptr);
  EXPECT_EQ(errno, EPERM);
  std::fclose(file);
}

TEST_F(EventLoopTest, TimersRunInOrderOfTimeAndNotTooEarly) {
  std::vector<int> order;
  const TimePoint start = clock_.now();
  const auto late = loop_.at(start + 30ms, [&] {
    EXPECT_GE(clock_.now(), start + 30ms);
    order.push_back(2);
    loop_.quit();
  });
  const auto early = loop_.at(start + 10ms, [&] {
    EXPECT_GE(clock_.now(), start + 10ms);
    order.push_back(1);
  });
  const auto past = loop_.at(start - 1h, [&] { order.push_back(0); });
  loop_.run();
  EXPECT_EQ(order, (std::vector{0, 1, 2}));
}

TEST_F(EventLoopTest, ATimerEndedInTimeDoesNotRun) {
  auto timer = loop_.at(clock_.now() + 5ms, [] { FAIL(); });
  const auto killer = loop_.at(clock_.now(), [&] { timer.reset(); });
  const auto end = loop_.at(clock_.now() + 20ms, [&] { loop_.quit(); });
  loop_.run();
}

TEST_F(EventLoopTest, TimersEndedByAnotherOneOfTheSameMomentDoNotRun) {
  const TimePoint when = clock_.now();
  int calls = 0;
  EventLoop::Slot first;
  EventLoop::Slot second;
  const auto end_both = [&] {
    ++calls;
    first.reset();
    second.reset();
    loop_.quit();
  };
  first = loop_.at(when, end_both);
  second = loop_.at(when, end_both);
  loop_.run();
  EXPECT_EQ(calls, 1);
}

TEST_F(EventLoopTest, ATimerThatStartsItselfAnewDoesNotStarveTheRest) {
  int rounds = 0;
  std::vector<EventLoop::Slot> slots;
  std::function<void()> again = [&] {
    ++rounds;
    slots.push_back(loop_.at(clock_.now() - 1s, again));
  };
  again();
  const auto slot = loop_.watch(event_.get(), EPOLLIN, [&](std::uint32_t) { loop_.quit(); });
  raise_event(event_.get());
  loop_.run();
  EXPECT_LT(rounds, 10);
}

TEST_F(EventLoopTest, TheFarthestTimeIsNoTroubleForATimer) {
  const auto never = loop_.at(TimePoint::max(), [] { FAIL(); });
  const auto at_once = loop_.at(TimePoint::min(), [&] { loop_.quit(); });
  loop_.run();
}

TEST_F(EventLoopTest, ASignalIsReportedOnTheLoop) {
  bool seen = false;
  const auto slot = loop_.on_signal(SIGUSR2, [&] {
    seen = true;
    loop_.quit();
  });
  ASSERT_TRUE(slot);
  ::kill(::getpid(), SIGUSR2);
  loop_.run();
  EXPECT_TRUE(seen);
}

TEST_F(EventLoopTest, TheSleepEndsAtThePointAHookNames) {
  int calls = 0;
  const auto until = monotonic_in(10ms);
  const auto hook = loop_.before_sleep([&]() -> std::optional<std::chrono::microseconds> {
    if (++calls == 1) return until;
    EXPECT_GE(monotonic_in(0ms), until);
    loop_.quit();
    return std::nullopt;
  });
  loop_.run();
  EXPECT_EQ(calls, 2);
}

TEST_F(EventLoopTest, AHookMayEndItselfAndSeesWorkItPosts) {
  int calls = 0;
  EventLoop::Slot hook;
  hook = loop_.before_sleep([&]() -> std::optional<std::chrono::microseconds> {
    ++calls;
    loop_.post([&] { loop_.quit(); });
    hook.reset();
    return std::nullopt;
  });
  loop_.run();
  EXPECT_EQ(calls, 1);
}

TEST_F(EventLoopTest, ASourceMayOutliveItsLoop) {
  EventLoop::Slot watch;
  EventLoop::Slot timer;
  EventLoop::Slot hook;
  {
    EventLoop loop(clock_);
    watch = loop.watch(event_.get(), EPOLLIN, [](std::uint32_t) {});
    timer = loop.at(clock_.now(), [] {});
    hook = loop.before_sleep([] { return std::optional<std::chrono::microseconds>(); });
  }
  EXPECT_TRUE(watch && timer && hook);
}

TEST_F(EventLoopTest, AnIdleLoopDoesNotWakeUp) {
  // A cancelled timer, an unused watch and a hook without a wish are no reasons to wake up.
  loop_.at(clock_.now() + 1ms, [] {}).reset();
  const auto idle = loop_.watch(event_.get(), EPOLLIN, [](std::uint32_t) {});
  int sleeps = 0;
  const auto hook = loop_.before_sleep([&] {
    ++sleeps;
    return std::optional<std::chrono::microseconds>();
  });
  const auto end = loop_.at(clock_.now() + 100ms, [&] { loop_.quit(); });
  loop_.run();
  EXPECT_LE(sleeps, 2);
}

}  // namespace
}  // namespace lh
