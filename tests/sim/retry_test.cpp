#include <gtest/gtest.h>

#include "support/world.h"

// Timeouts, retries, and servers that ask for patience.
namespace lh::sim {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using Status = BackgroundTransferStatus;
using Break = ScriptedEngine::Break;

TEST(Retry, R39_GivesUpAfterTheThirdRetry) {
  World world;
  world.engine.refuse_requests(Break::Timeout);
  const auto id = world.app("org.example.a").download(1_MiB);
  world.run_until_idle();
  EXPECT_EQ(world.history(id), "Idle Running Error");
  EXPECT_EQ(world.snapshot(id).attempts, 4U);
  EXPECT_EQ(world.snapshot(id).error->status, WebErrorStatus::Timeout);
}

TEST(Retry, R41_AResetIsRetriedWithoutTheApp) {
  World world;
  const auto id = world.app("org.example.a").download(10_MiB);
  world.run_for(seconds(3));
  world.break_connection(id);
  EXPECT_EQ(world.snapshot(id).status, Status::Running) << "R77: also between two attempts";
  EXPECT_EQ(world.snapshot(id).blockers.at(0).kind, BlockerKind::Retry);
  world.run_until_idle();
  EXPECT_EQ(world.history(id), "Idle Running Completed");
  EXPECT_EQ(world.snapshot(id).attempts, 2U);
  EXPECT_TRUE(world.has_right_file(id));
}

TEST(Retry, R43_TheCountStartsAnewWithEveryProgress) {
  World world;
  const auto id = world.app("org.example.a").download(60_MiB);
  for (int broken = 0; broken < 8; ++broken) {
    world.run_for(seconds(2));
    world.break_connection(id);
    world.run_for(seconds(3));
  }
  world.run_until_idle();
  EXPECT_EQ(world.history(id), "Idle Running Completed");
  EXPECT_EQ(world.snapshot(id).attempts, 9U);
  EXPECT_TRUE(world.has_right_file(id));
}

TEST(Retry, R43_ThatNeverGetsPastAPointEndsThere) {
  for (const RangeManner manner : {RangeManner::Honest, RangeManner::Never}) {
    World world;
    DownloadWish wish;
    wish.file.manner = manner;
    world.engine.break_at(2_MiB);
    const auto id = world.app("org.example.a").download(20_MiB, wish);
    world.run_until_idle();
    EXPECT_EQ(world.history(id), "Idle Running Error");
    // Each retry asks for the rest first.
    EXPECT_EQ(world.snapshot(id).attempts, manner == RangeManner::Never ? 7U : 4U);
    EXPECT_TRUE(world.disk.partial_files().empty());
  }
}

TEST(Retry, R43_WaitsLongerFromRetryToRetry) {
  World world;
  world.engine.refuse_requests(Break::Reset);
  const auto id = world.app("org.example.a").download(1_MiB);
  world.run_for(seconds(1) - world.engine.latency);
  EXPECT_EQ(world.snapshot(id).attempts, 1U);
  world.run_for(seconds(2));
  EXPECT_EQ(world.snapshot(id).attempts, 2U);
  world.run_for(seconds(7));
  EXPECT_EQ(world.snapshot(id).attempts, 3U);
  world.run_for(seconds(25));
  EXPECT_EQ(world.snapshot(id).attempts, 3U);
  world.run_for(seconds(15));
  EXPECT_EQ(world.snapshot(id).attempts, 4U);
  EXPECT_EQ(world.snapshot(id).status, Status::Error);
}

TEST(Retry, R42_RetryAfterIsWaitedForAndShown) {
  World world;
  App app = world.app("org.example.a");
  const auto id = app.create(1_MiB);
  world.served(id).error_status = 503;
  world.served(id).errors_left = 1;
  world.served(id).retry_after = hours(2);
  EXPECT_FALSE(app.start(id));
  world.run_for(seconds(1));

  const Snapshot waiting = world.snapshot(id);
  EXPECT_EQ(waiting.status, Status::Running);
  ASSERT_EQ(waiting.blockers.size(), 1U);
  EXPECT_EQ(waiting.blockers[0].kind, BlockerKind::Server);
  ASSERT_TRUE(waiting.next_attempt);
  EXPECT_EQ(waiting.blockers[0].until, waiting.next_attempt);
  EXPECT_EQ(world.wake_at(), waiting.next_attempt);
  EXPECT_GT(*waiting.next_attempt - world.clock.now(), hours(1));

  world.run_for(hours(1));
  EXPECT_EQ(world.server.requests(), 1U);
  world.run_until_idle();
  EXPECT_EQ(world.server.requests(), 2U);
  EXPECT_EQ(world.history(id), "Idle Running Completed");
}

TEST(Retry, R42_AnAnswerThatIsFinalIsNotRetried) {
  World world;
  App app = world.app("org.example.a");
  const auto id = app.create(1_MiB);
  world.served(id).error_status = 404;
  world.served(id).errors_left = 100;
  EXPECT_FALSE(app.start(id));
  world.run_until_idle();
  EXPECT_EQ(world.history(id), "Idle Running Error");
  EXPECT_EQ(world.server.requests(), 1U);
  EXPECT_EQ(world.snapshot(id).error->status, WebErrorStatus::NotFound);
  EXPECT_EQ(world.snapshot(id).http_status, 404) << "R80: the response is shown";
  EXPECT_TRUE(world.disk.partial_files().empty());
}

TEST(Retry, R42_ABadCertificateIsNotRetried) {
  World world;
  world.engine.refuse_requests(Break::Tls);
  const auto id = world.app("org.example.a").download(1_MiB);
  world.run_until_idle();
  EXPECT_EQ(world.history(id), "Idle Running Error");
  EXPECT_EQ(world.snapshot(id).attempts, 1U);
}

TEST(Retry, AWaitSurvivesARestartOfTheService) {
  World world;
  App app = world.app("org.example.a");
  const auto id = app.create(1_MiB);
  world.served(id).error_status = 503;
  world.served(id).errors_left = 1;
  world.served(id).retry_after = hours(2);
  EXPECT_FALSE(app.start(id));
  world.run_for(seconds(1));
  const auto due = world.snapshot(id).next_attempt;
  world.power_cut();
  world.start();
  world.run_for(minutes(1));
  EXPECT_EQ(world.wake_at(), due);
  world.run_until_idle();
  EXPECT_EQ(world.snapshot(id).status, Status::Completed);
}

TEST(Retry, AWaitThatIsStoredLateIsStillWatched) {
  World world;
  App app = world.app("org.example.a");
  const auto first = app.download(1_MiB);
  world.break_connection(first);
  const auto second = app.download(1_MiB);
  world.run_for(world.engine.latency);
  // The second one fails behind two writes that are under way, while the first one is due: when the
  // store is asked for the next wake-up, it does not know this one yet.
  const AttemptId attempt = world.engine.find(second)->plan.attempt;
  world.engine.send(attempt, 1000);
  world.engine.checkpoint(attempt);
  world.deliver_mail(10);
  world.ask_change(second, {.priority = BackgroundTransferPriority::High,
                            .cost_policy = {},
                            .set_headers = {},
                            .remove_headers = {}});
  world.engine.break_off(attempt, Break::Reset);
  world.deliver_mail(10);
  world.pass_time(minutes(1));
  world.run_until_idle();
  EXPECT_EQ(world.snapshot(first).status, Status::Completed);
  EXPECT_EQ(world.snapshot(second).status, Status::Completed);
}

}  // namespace
}  // namespace lh::sim
