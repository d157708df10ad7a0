#include <gtest/gtest.h>

#include "support/world.h"

// What the server may do to a resumption, and what a crash may do to everything.
namespace lh::sim {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using Status = BackgroundTransferStatus;

DownloadWish with_stream(const std::string& name = {}) {
  DownloadWish wish;
  wish.file_name = name;
  wish.with_stream = true;
  return wish;
}

/// A download that runs, is paused after three seconds, and resumed.
TransferId interrupted(World& world, RangeManner manner) {
  App app = world.app("org.example.a");
  const auto id = app.download(10_MiB);
  world.run_for(seconds(3));
  EXPECT_FALSE(app.pause(id));
  world.run_for(seconds(1));
  world.served(id).manner = manner;
  EXPECT_FALSE(app.resume(id));
  return id;
}

TEST(Restart, R75_AServerThatIgnoresTheRangeMakesItBeginAgain) {
  World world;
  const auto id = interrupted(world, RangeManner::Never);
  world.run_until_idle();
  EXPECT_TRUE(world.has_right_file(id));
  EXPECT_EQ(world.witness.seen(id).restarts_told, 1U) << "R28: in exactly one report";
  EXPECT_EQ(world.snapshot(id).restarts, 1U);
}

TEST(Restart, R76_AnotherVersionOfTheFileMakesItBeginAgain) {
  World world;
  App app = world.app("org.example.a");
  const auto id = app.download(10_MiB);
  world.run_for(seconds(3));
  EXPECT_FALSE(app.pause(id));
  world.run_for(seconds(1));
  world.server.replace(world.store.find(id)->spec.uri, 12_MiB);
  EXPECT_FALSE(app.resume(id));
  world.run_until_idle();
  EXPECT_TRUE(world.has_right_file(id));
  EXPECT_EQ(world.witness.seen(id).restarts_told, 1U);
  EXPECT_TRUE(world.snapshot(id).has_response_changed);
}

TEST(Restart, R74_ARangeThatStartsEarlierIsUsedFromTheRightByte) {
  World world;
  const auto id = interrupted(world, RangeManner::StartsEarlier);
  world.run_until_idle();
  EXPECT_TRUE(world.has_right_file(id));
  EXPECT_EQ(world.witness.seen(id).restarts_told, 0U);
}

TEST(Restart, R74_ARangeOfNoUseMakesItBeginAgain) {
  for (const RangeManner manner :
       {RangeManner::StartsLater, RangeManner::WrongTotal, RangeManner::Refuses}) {
    World world;
    const auto id = interrupted(world, manner);
    world.run_until_idle();
    EXPECT_TRUE(world.has_right_file(id));
    EXPECT_EQ(world.witness.seen(id).restarts_told, 1U);
  }
}

TEST(Restart, R72_WithoutAStrongProofNothingIsJoined) {
  for (const Proof proof : {Proof::WeakEtag, Proof::None}) {
    World world;
    App app = world.app("org.example.a");
    DownloadWish wish;
    wish.file.proof = proof;
    const auto id = app.download(10_MiB, wish);
    world.run_for(seconds(3));
    EXPECT_FALSE(app.pause(id));
    world.run_for(seconds(1));
    EXPECT_FALSE(app.resume(id));
    EXPECT_EQ(world.engine.find(id)->plan.resume_from, 0U);
    world.run_until_idle();
    EXPECT_TRUE(world.has_right_file(id));
    EXPECT_EQ(world.witness.seen(id).restarts_told, 1U);
  }
}

TEST(Restart, AKillCostsNoByteThatWasWritten) {
  World world;
  const auto id = world.app("org.example.a").download(10_MiB);
  world.run_for(seconds(3));
  const ByteCount written = world.disk.partial(id)->image.size();
  world.kill();
  world.start();
  world.run_for(world.engine.latency);
  EXPECT_EQ(world.engine.find(id)->received, written);
  world.run_until_idle();
  EXPECT_EQ(world.history(id), "Idle Running Completed");
  EXPECT_TRUE(world.has_right_file(id));
}

TEST(Restart, APowerCutCostsAtMostWhatWasNotRecorded) {
  World world;
  const auto id = world.app("org.example.a").download(10_MiB);
  world.run_for(seconds(3));
  const ByteCount written = world.disk.partial(id)->image.size();
  world.power_cut();
  world.start();
  world.run_for(world.engine.latency);
  EXPECT_GE(world.engine.find(id)->received + 2_MiB, written) << "two seconds of it";
  world.run_until_idle();
  EXPECT_TRUE(world.has_right_file(id));
}

TEST(Restart, ACrashAfterAnyEventLeavesTheWayToTheRightFile) {
  // The same download, killed after its first event, after its second, and so on until it ends
  // before the crash.
  for (const bool power : {false, true}) {
    bool ended_before = false;
    for (std::size_t moment = 1; !ended_before; ++moment) {
      World world({.seed = moment, .limits = small_limits(), .marks = {}});
      const auto id = world.app("org.example.a").download(300'000);
      for (std::size_t i = 0; i < moment && !ended_before; ++i) {
        if (world.store.calls_waiting() > 0) {
          world.store.execute(1);
        } else if (world.store.answers_waiting() > 0) {
          world.store.deliver(1);
        } else if (!world.mail.empty()) {
          world.deliver_mail(1);
        } else if (world.files.waiting() > 0) {
          world.files.run_one();
        } else if (const auto move = world.engine.next_move()) {
          world.clock.advance_to(move->first);
          world.engine.move(move->second);
        } else {
          ended_before = true;
        }
      }
      power ? world.power_cut() : world.kill();
      world.start();
      world.run_until_idle();
      EXPECT_EQ(world.snapshot(id).status, Status::Completed) << "crash at moment " << moment;
      EXPECT_TRUE(world.has_right_file(id)) << "crash at moment " << moment;
      world.check_at_rest();
    }
  }
}

TEST(Restart, WhatAppsDecidedSurvivesAPowerCut) {
  World world;
  App app = world.app("org.example.a");
  const auto created = app.create(1_MiB);
  const auto paused = app.download(10_MiB);
  const auto canceled = app.download(10_MiB);
  world.run_for(seconds(2));
  EXPECT_FALSE(app.pause(paused));
  EXPECT_FALSE(app.cancel(canceled));
  world.power_cut();
  world.start();
  world.run_until_idle();
  EXPECT_EQ(world.snapshot(created).status, Status::Idle);
  EXPECT_EQ(world.snapshot(paused).status, Status::PausedByApplication);
  EXPECT_EQ(world.snapshot(canceled).status, Status::Canceled);
  EXPECT_FALSE(world.disk.partial(canceled));
}

TEST(Restart, ADrainStopsEverythingAndTheNextStartGoesOn) {
  World world;
  App app = world.app("org.example.a");
  const auto first = app.download(10_MiB);
  const auto second = app.download(10_MiB);
  const auto queued = app.download(10_MiB);
  world.run_for(seconds(3));
  world.drain();
  world.run_for(seconds(1));
  EXPECT_TRUE(world.manager().is_drained());
  EXPECT_EQ(world.running(), 0U);
  EXPECT_GE(world.store.find(first)->state.stored.prefix_length(), 2_MiB);
  world.kill();
  world.start();
  world.run_until_idle();
  for (const TransferId& id : {first, second, queued}) {
    EXPECT_EQ(world.snapshot(id).status, Status::Completed);
    EXPECT_TRUE(world.has_right_file(id));
  }
}

TEST(Restart, BytesThatAFailedSyncLostAreNotBelievedLater) {
  World world;
  App app = world.app("org.example.a");
  const auto id = app.download(10_MiB);
  world.run_for(seconds(3) + 3 * world.engine.tick);
  const ScriptedEngine::Attempt* const attempt = world.engine.find(id);
  ASSERT_GT(attempt->received, attempt->durable) << "something is left to sync";
  world.engine.fail_sync(attempt->plan.attempt, ScriptedEngine::Leftover::Kept);
  EXPECT_FALSE(app.pause(id));
  world.run_for(seconds(1));
  EXPECT_FALSE(app.resume(id));
  world.run_until_idle();
  EXPECT_EQ(world.snapshot(id).status, Status::Completed);
  EXPECT_TRUE(world.has_right_file(id));
}

TEST(Restart, AStoreThatFailsPromisesNothing) {
  World world;
  App app = world.app("org.example.a");
  const auto id = app.download(10_MiB);
  world.run_for(seconds(2));
  world.store.fail_next_write();
  EXPECT_TRUE(app.pause(id)) << "answered, and not with success";
  EXPECT_TRUE(world.store_has_failed());
  world.kill();
  world.start();
  world.run_until_idle();
  EXPECT_EQ(world.snapshot(id).status, Status::Completed);
}

TEST(Restart, R57_ACopyOfAStreamIsThereUntilTheEndAndNoLonger) {
  World world;
  App app = world.app("org.example.a");
  const auto id = app.create(10_MiB, with_stream());
  const auto other = app.create(10_MiB, with_stream());
  for (int start = 0; start < 2; ++start) {
    world.kill();
    world.start();
    world.settle();
    EXPECT_TRUE(world.bodies.contains(id));
  }
  EXPECT_FALSE(app.start(id));
  world.run_for(seconds(1));
  world.power_cut();
  world.start();
  world.settle();
  EXPECT_TRUE(world.bodies.contains(id)) << "the next attempt sends it again";
  world.run_until_idle();
  EXPECT_EQ(world.snapshot(id).status, Status::Completed);
  EXPECT_FALSE(world.bodies.contains(id));
  EXPECT_TRUE(world.bodies.contains(other));
  EXPECT_FALSE(app.cancel(other));
  EXPECT_TRUE(world.bodies.empty());
}

TEST(Restart, R57_ACopyWhoseRowWasNeverWrittenIsSweptByTheNextStart) {
  World world;
  App app = world.app("org.example.a");
  world.ask_create("org.example.a", {world.make_spec("org.example.a", 1_MiB, with_stream())}, true,
                   false);
  world.kill();
  EXPECT_EQ(world.bodies.size(), 1U);
  world.start();
  world.run_until_idle();
  EXPECT_TRUE(world.bodies.empty());
}

TEST(Restart, R57_ACreationThatIsRefusedKeepsNoCopy) {
  World world;
  App app = world.app("org.example.a");
  const auto id = app.create(1_MiB, with_stream("same"));
  EXPECT_TRUE(app.try_create(1_MiB, with_stream("same")));
  EXPECT_EQ(world.bodies, std::set<TransferId>{id});
}

}  // namespace
}  // namespace lh::sim
