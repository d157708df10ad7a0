#include <gtest/gtest.h>

#include "support/world.h"

// The life of one download, as its app sees it.
namespace lh::sim {
namespace {

using std::chrono::seconds;
using Status = BackgroundTransferStatus;

TEST(Life, ADownloadRunsAndCompletes) {
  World world;
  const auto id = world.app("org.example.a").download(10_MiB);
  world.run_until_idle();
  EXPECT_EQ(world.history(id), "Idle Running Completed");
  EXPECT_TRUE(world.has_right_file(id));
  EXPECT_EQ(world.snapshot(id).bytes_received, 10_MiB);
  world.check_at_rest();
}

TEST(Life, AnEmptyFileCompletes) {
  World world;
  const auto id = world.app("org.example.a").download(0);
  world.run_until_idle();
  EXPECT_EQ(world.history(id), "Idle Running Completed");
}

TEST(Life, AFileOfUnknownLengthCompletes) {
  World world;
  DownloadWish wish;
  wish.file.tells_length = false;
  const auto id = world.app("org.example.a").download(3_MiB, wish);
  world.run_until_idle();
  EXPECT_EQ(world.history(id), "Idle Running Completed");
  EXPECT_TRUE(world.has_right_file(id));
}

TEST(Life, ItIsIdleUntilItIsStarted) {
  World world;
  const auto id = world.app("org.example.a").create(1_MiB);
  world.run_for(seconds(60));
  EXPECT_EQ(world.history(id), "Idle");
  EXPECT_FALSE(world.snapshot(id).started);
  EXPECT_EQ(world.server.requests(), 0U);
}

TEST(Life, R22_ASecondStartIsRefused) {
  World world;
  App app = world.app("org.example.a");
  const auto id = app.download(1_MiB);
  const auto error = app.start(id);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->hresult, hr::kIllegalMethodCall);
}

TEST(Life, R29_PauseKeepsTheBytesAndResumeGoesOnThere) {
  World world;
  App app = world.app("org.example.a");
  const auto id = app.download(10_MiB);
  world.run_for(seconds(4));
  EXPECT_FALSE(app.pause(id));
  world.run_for(seconds(60));
  EXPECT_EQ(world.history(id), "Idle Running PausedByApplication");
  const ByteCount kept = world.snapshot(id).bytes_received;
  EXPECT_GT(kept, 3_MiB);

  EXPECT_FALSE(app.resume(id));
  EXPECT_EQ(world.engine.find(id)->plan.resume_from, kept);
  world.run_until_idle();
  EXPECT_EQ(world.history(id), "Idle Running PausedByApplication Running Completed");
  EXPECT_TRUE(world.has_right_file(id));
  EXPECT_EQ(world.witness.seen(id).restarts_told, 0U);
}

TEST(Life, R29_WhatIsNotStartedOrAlreadyPausedCannotBePaused) {
  World world;
  App app = world.app("org.example.a");
  const auto created = app.create(1_MiB);
  ASSERT_TRUE(app.pause(created));
  EXPECT_EQ(app.pause(created)->hresult, hr::kIllegalMethodCall);

  const auto paused = app.download(10_MiB);
  world.run_for(seconds(1));
  EXPECT_FALSE(app.pause(paused));
  ASSERT_TRUE(app.pause(paused));
  EXPECT_EQ(app.pause(paused)->hresult, hr::kIllegalMethodCall);
}

TEST(Life, R30_ItIsRunningUntilTheRequestHasEnded) {
  World world;
  App app = world.app("org.example.a");
  const auto id = app.download(10_MiB);
  world.run_for(seconds(2));
  EXPECT_FALSE(app.pause(id));
  EXPECT_EQ(world.snapshot(id).status, Status::Running);
  world.run_for(seconds(1));
  EXPECT_EQ(world.snapshot(id).status, Status::PausedByApplication);
}

TEST(Life, R31_OnlyWhatTheAppPausedCanBeResumed) {
  World world;
  App app = world.app("org.example.a");
  const auto id = app.download(1_MiB);
  const auto error = app.resume(id);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->hresult, hr::kIllegalMethodCall);
}

TEST(Life, R32_CancelEndsItAndLeavesNothingBehind) {
  World world;
  App app = world.app("org.example.a");
  const auto id = app.download(10_MiB);
  world.run_for(seconds(3));
  EXPECT_FALSE(app.cancel(id));
  world.run_until_idle();
  EXPECT_EQ(world.history(id), "Idle Running Canceled");
  EXPECT_TRUE(world.disk.partial_files().empty());
  EXPECT_FALSE(world.disk.target("/home/user/file-1"));
  world.check_at_rest();
}

TEST(Life, R33_WhoGoesAwayDoesNotCancel) {
  World world;
  const auto id = world.app("org.example.a").download(5_MiB);
  world.run_for(seconds(1));
  world.detach("org.example.a", id);
  world.run_until_idle();
  EXPECT_EQ(world.snapshot(id).status, Status::Completed);
}

TEST(Life, R34_TheResultFileOfBeforeSurvivesACancel) {
  World world;
  world.disk.place("/home/user/report.pdf", 77, 123);
  App app = world.app("org.example.a");
  DownloadWish wish;
  wish.file_name = "report.pdf";
  const auto id = app.download(5_MiB, wish);
  world.run_for(seconds(2));
  EXPECT_FALSE(app.cancel(id));
  world.run_until_idle();
  EXPECT_EQ(world.disk.target("/home/user/report.pdf")->image.version_of(123), 77U);
}

TEST(Life, R17_TheResultFileOfAnotherPendingOneIsRefused) {
  World world;
  App app = world.app("org.example.a");
  DownloadWish wish;
  wish.file_name = "report.pdf";
  const auto first = app.download(1_MiB, wish);
  const auto error = world.app("org.example.b").try_create(1_MiB, wish);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->kind, ErrorKind::InvalidArgument);

  world.run_until_idle();
  EXPECT_EQ(world.history(first), "Idle Running Completed");
  EXPECT_FALSE(world.app("org.example.b").try_create(1_MiB, wish));
}

TEST(Life, R9_WhatEndedIsKeptUntilItIsCollected) {
  World world;
  App app = world.app("org.example.a");
  const auto id = app.download(1_MiB);
  world.run_until_idle();
  world.run_for(std::chrono::hours(24));
  EXPECT_EQ(world.list().size(), 1U);
  EXPECT_FALSE(app.collect(id));
  EXPECT_TRUE(world.list().empty());
  EXPECT_FALSE(app.collect(id)) << "an end may be delivered twice";
}

TEST(Life, WhatIsKeptWhenEndedSurvivesItsCollectionAndNotItsForgetting) {
  World world;
  App app = world.app("org.example.a");
  DownloadWish wish;
  wish.keep_when_ended = true;
  const auto id = app.download(1_MiB, wish);
  world.run_until_idle();
  EXPECT_FALSE(app.collect(id));
  EXPECT_EQ(world.list().size(), 1U);
  EXPECT_FALSE(app.forget(id));
  EXPECT_TRUE(world.list().empty());
}

TEST(Life, WhatHasNotEndedCannotBeForgotten) {
  World world;
  App app = world.app("org.example.a");
  const auto id = app.download(1_MiB);
  const auto error = app.forget(id);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->hresult, hr::kIllegalMethodCall);
}

TEST(Life, AWrongChecksumIsAnErrorAndNoFile) {
  World world;
  App app = world.app("org.example.a");
  DownloadWish wish;
  wish.with_checksum = true;
  const auto id = app.create(1_MiB, wish);
  world.server.replace(world.store.find(id)->spec.uri, 1_MiB);
  EXPECT_FALSE(app.start(id));
  world.run_until_idle();
  EXPECT_EQ(world.history(id), "Idle Running Error");
  EXPECT_EQ(world.snapshot(id).error->hresult, hr::kCrc);
  EXPECT_FALSE(world.disk.target("/home/user/file-1"));
  EXPECT_TRUE(world.disk.partial_files().empty());
}

}  // namespace
}  // namespace lh::sim
