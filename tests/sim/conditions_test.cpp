#include <gtest/gtest.h>

#include "support/world.h"

// Network, cost, battery and disk: pauses that nobody asked for and that end by themselves.
namespace lh::sim {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using Status = BackgroundTransferStatus;

TEST(Conditions, R41_GoesOnByItselfWhenTheNetworkReturns) {
  World world;
  const auto id = world.app("org.example.a").download(10_MiB);
  world.run_for(seconds(3));
  world.network.disconnect();
  world.run_for(hours(8));
  world.network.connect();
  world.run_until_idle();
  EXPECT_EQ(world.history(id), "Idle Running PausedNoNetwork Running Completed");
  EXPECT_TRUE(world.has_right_file(id));
}

TEST(Conditions, R40_WithoutConnectivityNothingIsTriedOrCounted) {
  World world;
  world.network.disconnect();
  const auto id = world.app("org.example.a").download(1_MiB);
  world.run_for(hours(8));
  EXPECT_EQ(world.history(id), "Idle PausedNoNetwork");
  EXPECT_EQ(world.server.requests(), 0U);
  EXPECT_EQ(world.snapshot(id).blockers.at(0).kind, BlockerKind::NoNetwork);
  world.network.connect();
  world.run_until_idle();
  EXPECT_EQ(world.snapshot(id).attempts, 1U);
  EXPECT_EQ(world.snapshot(id).status, Status::Completed);
}

TEST(Conditions, R40_AResetWhileTheNetworkIsLostIsNoFailure) {
  World world;
  const auto id = world.app("org.example.a").download(10_MiB);
  for (int lost = 0; lost < 10; ++lost) {
    world.network.connect();
    world.run_for(world.engine.latency);
    Facts facts = world.facts;
    facts.network.connected = false;
    world.set_facts(facts);
    world.break_connection(id);
  }
  EXPECT_EQ(world.snapshot(id).status, Status::PausedNoNetwork);
  world.network.connect();
  world.run_until_idle();
  EXPECT_EQ(world.snapshot(id).status, Status::Completed);
}

TEST(Conditions, R46_ACostlyNetworkPausesWhatMayNotUseIt) {
  World world;
  App app = world.app("org.example.a");
  DownloadWish wish;
  wish.cost_policy = BackgroundTransferCostPolicy::UnrestrictedOnly;
  const auto thrifty = app.download(10_MiB, wish);
  const auto other = app.download(10_MiB);
  world.run_for(seconds(3));
  world.network.metered();
  world.run_for(hours(1));
  EXPECT_EQ(world.snapshot(thrifty).blockers.at(0).kind, BlockerKind::Cost);
  world.network.unmetered();
  world.run_until_idle();
  EXPECT_EQ(world.history(thrifty), "Idle Running PausedCostedNetwork Running Completed");
  EXPECT_EQ(world.history(other), "Idle Running Completed");
  EXPECT_TRUE(world.has_right_file(thrifty));
}

TEST(Conditions, R45_AnotherCostPolicyIsAppliedAtOnce) {
  World world;
  App app = world.app("org.example.a");
  const auto id = app.download(10_MiB);
  world.network.metered();
  world.run_for(seconds(2));
  EXPECT_EQ(world.snapshot(id).status, Status::Running);
  const auto wish_for = [](BackgroundTransferCostPolicy policy) {
    return WishedChange{
        .priority = {}, .cost_policy = policy, .set_headers = {}, .remove_headers = {}};
  };
  world.ask_change(id, wish_for(BackgroundTransferCostPolicy::UnrestrictedOnly));
  world.run_for(seconds(2));
  EXPECT_EQ(world.snapshot(id).status, Status::PausedCostedNetwork);
  world.ask_change(id, wish_for(BackgroundTransferCostPolicy::Always));
  world.run_until_idle();
  EXPECT_EQ(world.history(id), "Idle Running PausedCostedNetwork Running Completed");
}

TEST(Conditions, R52_TheBatteryPausesAndResumes) {
  World world;
  const auto id = world.app("org.example.a").download(10_MiB);
  world.run_for(seconds(3));
  world.network.spare_battery(true);
  world.run_for(hours(2));
  EXPECT_EQ(world.snapshot(id).blockers.at(0).kind, BlockerKind::Power);
  world.network.spare_battery(false);
  world.run_until_idle();
  EXPECT_EQ(world.history(id), "Idle Running PausedSystemPolicy Running Completed");
}

TEST(Conditions, AFullDiskIsAPauseThatEndsByItself) {
  World world;
  const auto id = world.app("org.example.a").download(10_MiB);
  world.run_for(seconds(3));
  world.engine.fill_disk(world.engine.find(id)->plan.attempt);
  world.settle();
  const Snapshot full = world.snapshot(id);
  EXPECT_EQ(full.status, Status::PausedSystemPolicy);
  EXPECT_EQ(full.blockers.at(0).kind, BlockerKind::Disk);
  world.run_until_idle();
  EXPECT_EQ(world.history(id).substr(0, 31), "Idle Running PausedSystemPolicy");
  EXPECT_EQ(world.snapshot(id).status, Status::Completed);
  EXPECT_TRUE(world.has_right_file(id));
}

TEST(Conditions, EveryCauseThatHoldsIsShownAndTheFirstGivesTheStatus) {
  World world;
  DownloadWish wish;
  wish.cost_policy = BackgroundTransferCostPolicy::UnrestrictedOnly;
  world.network.metered();
  world.network.spare_battery(true);
  world.network.disconnect();
  const auto id = world.app("org.example.a").download(1_MiB, wish);
  const Snapshot held = world.snapshot(id);
  EXPECT_EQ(held.status, Status::PausedNoNetwork);
  ASSERT_EQ(held.blockers.size(), 3U);
  EXPECT_EQ(held.blockers[0].kind, BlockerKind::NoNetwork);
  EXPECT_EQ(held.blockers[1].kind, BlockerKind::Cost);
  EXPECT_EQ(held.blockers[2].kind, BlockerKind::Power);
  world.network.connect();
  EXPECT_EQ(world.history(id), "Idle PausedNoNetwork PausedCostedNetwork");
}

TEST(Conditions, AStatusThatFollowsFromTheFactsIsToldThoughSomethingElseIsUnderWay) {
  World world({.seed = 1, .limits = small_limits(), .marks = {.high = 2, .low = 1, .page = 1}});
  App app = world.app("org.example.a");
  std::vector<TransferId> ids;
  for (int i = 0; i < 8; ++i) ids.push_back(app.download(10_MiB));
  // It is only a row, and is being loaded for a change when the facts change.
  world.ask_change(ids.back(), {.priority = BackgroundTransferPriority::Low,
                                .cost_policy = {},
                                .set_headers = {},
                                .remove_headers = {}});
  world.network.disconnect();
  EXPECT_EQ(world.history(ids.back()), "Idle PausedNoNetwork");
  world.check();
}

}  // namespace
}  // namespace lh::sim
