#include <algorithm>

#include <gtest/gtest.h>

#include "support/world.h"

// Who runs next: limits, order, and a queue that is longer than memory.
namespace lh::sim {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using Status = BackgroundTransferStatus;

World::Options tiny_window(std::uint32_t running, std::uint32_t per_origin) {
  World::Options options;
  options.limits.running = running;
  options.limits.running_per_origin = per_origin;
  options.marks = {.high = 4, .low = 1, .page = 2};
  return options;
}

DownloadWish at(const std::string& host) {
  DownloadWish wish;
  wish.host = host;
  return wish;
}

DownloadWish with(BackgroundTransferPriority priority) {
  DownloadWish wish;
  wish.priority = priority;
  return wish;
}

DownloadWish with(BackgroundTransferCostPolicy policy) {
  DownloadWish wish;
  wish.cost_policy = policy;
  return wish;
}

TEST(Queue, NoMoreRunThanTheLimitAllows) {
  World world;
  App app = world.app("org.example.a");
  for (int i = 0; i < 4; ++i) app.download(10_MiB, at("host-" + std::to_string(i) + ".example"));
  EXPECT_EQ(world.running(), 3U);
  world.run_until_idle();
  world.check_at_rest();
}

TEST(Queue, ABusyOriginHoldsItsOwnAndNoOther) {
  World world;
  App app = world.app("org.example.a");
  app.download(10_MiB, at("one.example"));
  app.download(10_MiB, at("one.example"));
  const auto held = app.download(10_MiB, at("one.example"));
  const auto other = app.download(10_MiB, at("two.example"));
  EXPECT_EQ(world.snapshot(other).status, Status::Running);
  const Snapshot waiting = world.snapshot(held);
  EXPECT_EQ(waiting.status, Status::Idle);
  ASSERT_EQ(waiting.blockers.size(), 1U);
  EXPECT_EQ(waiting.blockers[0].kind, BlockerKind::HostLimit);
}

TEST(Queue, AStuckOneLeavesItsSlotToOthersAndGoesOnWhenItMoves) {
  World world;  // 3 slots, 2 per origin
  App app = world.app("org.example.a");
  const auto stuck = app.download(10_MiB, at("one.example"));
  app.download(10_MiB, at("one.example"));
  const auto third = app.download(10_MiB, at("one.example"));
  const auto fourth = app.download(10_MiB, at("one.example"));
  ASSERT_EQ(world.snapshot(third).status, Status::Idle);
  const AttemptId attempt = world.engine.find(stuck)->plan.attempt;

  world.engine.change_pace(attempt, true);
  world.settle();
  EXPECT_EQ(world.snapshot(stuck).status, Status::Running) << "its request goes on";
  EXPECT_EQ(world.snapshot(third).status, Status::Running);
  EXPECT_EQ(world.snapshot(fourth).status, Status::Idle);

  world.engine.change_pace(attempt, false);
  world.settle();
  EXPECT_EQ(world.snapshot(fourth).status, Status::Idle);
  world.run_until_idle();
  world.check_at_rest();
  EXPECT_EQ(world.snapshot(stuck).status, Status::Completed);
  EXPECT_EQ(world.snapshot(fourth).status, Status::Completed);
}

TEST(Queue, NoMoreMayBeStuckThanThereAreSlots) {
  World world;  // 3 slots, 2 per origin
  App app = world.app("org.example.a");
  for (int i = 0; i < 8; ++i) app.download(10_MiB, at("one.example"));
  const auto make_all_stuck = [&world] {
    std::vector<AttemptId> attempts;
    for (const auto& [number, attempt] : world.engine.attempts()) attempts.push_back(number);
    for (const AttemptId attempt : attempts) world.engine.change_pace(attempt, true);
    world.settle();
  };
  ASSERT_EQ(world.running(), 2U);
  make_all_stuck();
  EXPECT_EQ(world.running(), 4U);
  make_all_stuck();
  EXPECT_EQ(world.running(), 4U);
  const auto other = app.download(10_MiB, at("two.example"));
  EXPECT_EQ(world.snapshot(other).status, Status::Running);
  world.run_until_idle();
  world.check_at_rest();
}

TEST(Queue, ABusyOriginHoldsNoOtherBehindTenThousandOfItsOwn) {
  World world;
  App app = world.app("org.example.a");
  std::vector<TransferSpec> specs;
  for (int i = 0; i < 10'000; ++i) specs.push_back(world.make_spec("org.example.a", 10_MiB, {}));
  world.ask_create("org.example.a", std::move(specs), true, false);
  world.settle();
  EXPECT_EQ(world.running(), 2U);
  const auto other = app.download(10_MiB, at("two.example"));
  EXPECT_EQ(world.snapshot(other).status, Status::Running);
  EXPECT_LT(world.live_count(), 2000U);
}

TEST(Queue, WhatTheWindowShedsIsFoundAgainWhenASlotIsFree) {
  World world(tiny_window(3, 2));
  App app = world.app("org.example.a");
  const auto cancel = [&](const TransferId& id) {
    app.cancel(id);
    world.run_for(seconds(1));  // its attempt comes back
  };
  // More than the window has room for, of a busy origin: there is nothing else behind it.
  std::vector<TransferId> first;
  for (int i = 0; i < 9; ++i) first.push_back(app.download(10_GiB, at("one.example")));
  for (const TransferId& id : first) {
    if (id != first.back()) cancel(id);
  }
  const auto third = app.download(10_GiB, at("three.example"));
  const auto fourth = app.download(10_GiB, at("four.example"));
  ASSERT_EQ(world.running(), 3U);
  for (int i = 0; i < 3; ++i) app.download(10_GiB, at("one.example"));
  const auto shed = app.download(10_GiB, at("two.example"));
  app.download(10_GiB, with(BackgroundTransferPriority::High));  // at the first origin
  cancel(third);  // the next of the first origin starts, which is busy then
  ASSERT_EQ(world.snapshot(shed).status, Status::Idle);
  cancel(fourth);
  EXPECT_EQ(world.snapshot(shed).status, Status::Running);
}

std::vector<std::vector<TransferSpec>> batch_of(World& world, std::size_t parts, int each) {
  std::vector<std::vector<TransferSpec>> batch(parts);
  for (std::vector<TransferSpec>& part : batch) {
    for (int i = 0; i < each; ++i) part.push_back(world.make_spec("org.example.a", 1_KiB, {}));
  }
  return batch;
}

TEST(Queue, ABatchStaysInTheStoreUntilItsTurn) {
  World world;
  std::vector<TransferId> ids;
  world.ask_batch(batch_of(world, 3, 1000), true, true,
                  [&ids](const Result<std::vector<TransferId>>& created) { ids = *created; });
  world.settle();
  ASSERT_EQ(ids.size(), 3000U);
  EXPECT_EQ(world.running(), 2U);
  EXPECT_LT(world.live_count(), 1000U);
  EXPECT_EQ(world.snapshot(ids.back()).status, Status::Idle);
  world.run_until_idle();
  for (const TransferId& id : {ids.front(), ids[1500], ids.back()}) {
    EXPECT_EQ(world.snapshot(id).status, Status::Completed);
  }
}

TEST(Queue, NothingOfABatchIsThereBeforeAllOfItIs) {
  World world;
  world.ask_batch(batch_of(world, 2, 2), true, false);  // dropped
  world.settle();
  EXPECT_EQ(world.store.writes(), 0U);
  EXPECT_EQ(world.running(), 0U);
  // One whose last part wants a file that another one writes to.
  DownloadWish wish;
  wish.file_name = "shared";
  auto batch = batch_of(world, 2, 2);
  batch[1][1] = world.make_spec("org.example.a", 1_KiB, wish);
  App app = world.app("org.example.a");
  wish.file.size = 10_GiB;
  app.create(10_GiB, wish);
  const auto before = world.store.writes();
  bool refused = false;
  world.ask_batch(
      std::move(batch), true, true,
      [&refused](const Result<std::vector<TransferId>>& created) { refused = !created.ok(); });
  world.settle();
  EXPECT_TRUE(refused);
  EXPECT_EQ(world.store.writes(), before);
}

TEST(Queue, WhoWatchesIsToldOfEachOfABatchBeforeItRuns) {
  World world;
  world.watch("watcher");
  std::vector<TransferId> ids;
  world.ask_batch(batch_of(world, 2, 300), true, true,
                  [&ids](const Result<std::vector<TransferId>>& created) { ids = *created; });
  world.run_until_idle();
  ASSERT_EQ(ids.size(), 600U);
  EXPECT_EQ(world.snapshot(ids.back()).status, Status::Completed);
  world.check_at_rest();  // each told to be created once, and before anything else of it
}

TEST(Queue, R107_HigherPriorityGoesFirstAndLowLast) {
  World::Options options;
  options.limits.running = 1;
  World world(options);
  App app = world.app("org.example.a");
  const auto running = app.download(1_MiB);
  const auto low = app.download(1_MiB, with(BackgroundTransferPriority::Low));
  const auto normal = app.download(1_MiB);
  const auto high = app.download(1_MiB, with(BackgroundTransferPriority::High));
  world.run_until_idle();
  const auto ended = [&](const TransferId& id) { return *world.snapshot(id).ended_at; };
  EXPECT_LT(ended(running), ended(high));
  EXPECT_LT(ended(high), ended(normal));
  EXPECT_LT(ended(normal), ended(low));
}

TEST(Queue, ARaisedLimitIsUsedAtOnce) {
  World world;
  App app = world.app("org.example.a");
  for (int i = 0; i < 6; ++i) app.download(10_MiB);
  EXPECT_EQ(world.running(), 2U);
  Limits more = small_limits();
  more.running = 10;
  more.running_per_origin = 10;
  world.set_limits(more);
  world.settle();
  EXPECT_EQ(world.running(), 6U);
}

TEST(Queue, TenThousandRunInOrderAndMemoryHoldsTheFrontOnly) {
  World::Options options;
  options.limits.running = 8;
  options.limits.running_per_origin = 8;
  World world(options);
  world.engine.bytes_per_tick = 1_MiB;
  std::vector<TransferId> ids;
  for (int batch = 0; batch < 10; ++batch) {
    std::vector<TransferSpec> specs;
    for (int i = 0; i < 1000; ++i) specs.push_back(world.make_spec("org.example.a", 1000, {}));
    world.ask_create("org.example.a", std::move(specs), true, false,
                     [&ids](const Result<std::vector<TransferId>>& created) {
                       ids.insert(ids.end(), created->begin(), created->end());
                     });
  }
  world.settle();
  ASSERT_EQ(ids.size(), 10'000U);
  std::size_t most = 0;
  while (world.running() > 0) {
    most = std::max(most, world.live_count());
    world.run_quietly_for(seconds(1));
  }
  EXPECT_LT(most, 1500U);
  std::optional<TimePoint> last;
  for (const TransferId& id : ids) {
    const TransferState& state = world.store.find(id)->state;
    ASSERT_EQ(state.phase, Phase::Completed);
    ASSERT_GE(*state.ended, last.value_or(*state.ended));
    last = state.ended;
  }
  world.check_at_rest();
}

TEST(Queue, ALongQueueWithoutANetworkIsAtRest) {
  World world(tiny_window(3, 3));
  App app = world.app("org.example.a");
  for (int i = 0; i < 20; ++i) app.download(1_MiB);
  world.network.disconnect();
  world.run_for(hours(1));  // reports a world that does not come to rest
  world.network.connect();
  world.run_until_idle();
  world.check_at_rest();
}

TEST(Queue, WhatMayRunIsFoundBehindManyThatMayNot) {
  World world(tiny_window(2, 2));
  App app = world.app("org.example.a");
  world.network.metered();
  for (int i = 0; i < 20; ++i) {
    app.download(1_MiB, with(BackgroundTransferCostPolicy::UnrestrictedOnly));
  }
  const auto last = app.download(1_MiB, with(BackgroundTransferCostPolicy::Always));
  world.run_until_idle();
  EXPECT_EQ(world.snapshot(last).status, Status::Completed);
}

TEST(Queue, ACutOfTheWindowDuringAReadLosesNobody) {
  // Pages are read while more is created, whatever the order of answers.
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    World::Options options = tiny_window(2, 2);
    options.seed = seed;
    World world(options);
    for (int round = 0; round < 12; ++round) {
      std::vector<TransferSpec> specs;
      for (int i = 0; i < 3; ++i) {
        const auto priority = static_cast<BackgroundTransferPriority>(world.random.below(3));
        specs.push_back(world.make_spec("org.example.a", 1000, with(priority)));
      }
      world.ask_create("org.example.a", std::move(specs), true, false);
      world.store.execute(world.random.between(0, 3));
      world.store.deliver(world.random.between(0, 3));
    }
    world.run_until_idle();
    world.check_at_rest();
  }
}

TEST(Queue, WhatIsStoredAfterAPageWasReadIsStillStarted) {
  // After a restart, what was waiting for its time becomes due while the first page is read.
  World world;
  App app = world.app("org.example.a");
  const auto id = app.download(1_MiB);
  world.break_connection(id);
  world.kill();
  world.clock.advance_to(world.clock.now() + hours(1));
  world.start();
  world.run_until_idle();
  EXPECT_EQ(world.snapshot(id).status, Status::Completed);
}

}  // namespace
}  // namespace lh::sim
