#include <algorithm>

#include <gtest/gtest.h>

#include "support/random_day.h"
#include "support/world.h"

// Promises that only races can break, and proof that the witness would notice.
namespace lh::sim {
namespace {

using std::chrono::seconds;
using Status = BackgroundTransferStatus;

bool mentions(const std::vector<std::string>& violations, std::string_view what) {
  return std::ranges::any_of(violations, [what](const std::string& violation) {
    return violation.find(what) != std::string::npos;
  });
}

DownloadWish with_stream() {
  DownloadWish wish;
  wish.with_stream = true;
  return wish;
}

TEST(Promises, NothingIsShownThatACrashCouldTakeBack) {
  World world;
  App app = world.app("org.example.a");
  const auto id = app.download(10_MiB);
  world.run_for(seconds(1));
  world.ask(ControlVerb::Cancel, id);  // decided, and not yet in the store
  Snapshot shown;
  world.manager().snapshots(
      {id}, [&shown](const std::vector<Snapshot>& snapshots) { shown = snapshots.at(0); });
  EXPECT_EQ(shown.status, Status::Running);
  world.kill();
  world.start();
  world.run_until_idle();
  EXPECT_EQ(world.history(id), "Idle Running Completed");
}

TEST(Promises, WhoAttachesWhileADecisionIsStoredIsToldOfIt) {
  World world;
  App app = world.app("org.example.a");
  const auto id = app.create(10_MiB);
  world.detach("org.example.a", id);
  EXPECT_FALSE(app.start(id));
  world.run_for(seconds(1));
  world.ask(ControlVerb::Cancel, id);
  world.attach("org.example.a", id);
  world.run_until_idle();
  EXPECT_EQ(world.history(id), "Idle Running Canceled");
}

TEST(Promises, EveryoneWhoAsksToForgetIsAnswered) {
  World world;
  App app = world.app("org.example.a");
  const auto id = app.download(10_MiB);
  world.run_for(seconds(1));
  EXPECT_FALSE(app.cancel(id));
  int answers = 0;
  const auto count = [&answers](const std::optional<TransferError>&) { ++answers; };
  world.ask(ControlVerb::Forget, id, count);
  world.ask(ControlVerb::Collect, id, count);
  world.ask(ControlVerb::Forget, id, count);
  world.run_until_idle();
  EXPECT_EQ(answers, 3);
  EXPECT_TRUE(world.list().empty());
  world.check_at_rest();
}

TEST(Promises, NoBatchIsCreatedHalf) {
  World world;
  DownloadWish wish;
  wish.file_name = "same";
  std::vector<TransferSpec> specs = {world.make_spec("org.example.a", 1_MiB, {}),
                                     world.make_spec("org.example.a", 1_MiB, wish),
                                     world.make_spec("org.example.a", 1_MiB, wish)};
  std::optional<Error> error;
  world.ask_create("org.example.a", std::move(specs), true, false,
                   [&error](const Result<std::vector<TransferId>>& created) {
                     if (!created.ok()) error = created.error();
                   });
  world.settle();
  EXPECT_TRUE(error);
  EXPECT_TRUE(world.list().empty());
}

// The witness itself: worlds that cheat must be found out.

TEST(Witness, NoticesAStoreThatAnswersBeforeItCommits) {
  World world;
  App app = world.app("org.example.a");
  world.store.answer_before_commit();
  world.ask_create("org.example.a", {world.make_spec("org.example.a", 1_MiB, {})}, true, true);
  world.store.deliver(1);
  EXPECT_TRUE(mentions(world.witness.take_violations(), "answered before it was stored"));
  world.settle();
  (void)world.witness.take_violations();
}

TEST(Witness, NoticesAnEngineThatReportsUnsyncedBytes) {
  World world;
  world.engine.checkpoint_without_sync();
  world.app("org.example.a").download(10_MiB);
  world.run_for(seconds(3));
  EXPECT_TRUE(mentions(world.witness.take_violations(), "claims"));
}

TEST(Witness, NoticesAnOperationThatIsLost) {
  World world;
  const auto id = world.app("org.example.a").create(1_MiB);
  bool erased = false;
  world.store.erase({id}, [&erased](const Result<void>&) { erased = true; });
  world.check();
  EXPECT_TRUE(erased);
  EXPECT_TRUE(mentions(world.witness.take_violations(), "nobody asked"));
}

TEST(Witness, NoticesAnEndThatIsTakenBack) {
  World world;
  const auto id = world.app("org.example.a").download(1_MiB);
  world.run_until_idle();
  Transfer revived = *world.store.find(id);
  revived.state.phase = Phase::Queued;
  world.store.update(revived, [](const Result<void>&) {});
  world.settle();
  EXPECT_TRUE(mentions(world.witness.take_violations(), "left a final state"));
}

TEST(Witness, NoticesACopyOfAStreamThatIsGoneTooEarly) {
  World world;
  App app = world.app("org.example.a");
  const auto id = app.create(1_MiB, with_stream());
  world.bodies.clear();
  world.check();
  EXPECT_TRUE(mentions(world.witness.take_violations(), "a body is gone too early"));
  EXPECT_FALSE(app.start(id));
  EXPECT_TRUE(mentions(world.witness.take_violations(), "nothing to send"));
  world.run_until_idle();
  (void)world.witness.take_violations();
}

TEST(Witness, NoticesACopyOfAStreamThatStays) {
  World world;
  App app = world.app("org.example.a");
  const auto id = app.create(1_MiB, with_stream());
  EXPECT_FALSE(app.cancel(id));
  world.bodies.insert(id);
  world.check_at_rest();
  EXPECT_TRUE(mentions(world.witness.take_violations(), "a body stays behind"));
  EXPECT_TRUE(world.bodies.empty()) << "the next start has swept it";
}

TEST(Witness, NoticesMoreAttemptsThanTheLimit) {
  World world;
  const auto id = world.app("org.example.a").download(1_MiB);
  for (AttemptId attempt = 100; attempt < 104; ++attempt) {
    TransferPlan plan = world.engine.find(id)->plan;
    plan.attempt = attempt;
    world.engine.start(std::move(plan));
  }
  const auto violations = world.witness.take_violations();
  EXPECT_TRUE(mentions(violations, "two attempts at once"));
  EXPECT_TRUE(mentions(violations, "more attempts than the limit"));
  EXPECT_TRUE(mentions(violations, "at one origin"));
}

TEST(Witness, NoticesWrongBytesInAResultFile) {
  World world;
  const auto id = world.app("org.example.a").download(1_MiB);
  world.run_for(world.engine.latency);
  world.disk.append(id, 0, 0, 100);  // bytes that no server sent
  const AttemptId attempt = world.engine.find(id)->plan.attempt;
  world.engine.send(attempt, 1_MiB - 100);
  Transfer row = *world.store.find(id);
  world.disk.sync(id);
  world.disk.rename(id, "/home/user/file-1");
  world.disk.sync_folder();
  row.state.phase = Phase::Completed;
  row.state.file_name = "file-1";
  world.store.update(row, [](const Result<void>&) {});
  world.store.execute(10);
  EXPECT_TRUE(mentions(world.witness.take_violations(), "completed with wrong bytes"));
}

TEST(Witness, NoticesACompletionThatAPowerCutWouldUndo) {
  World world;
  const auto id = world.app("org.example.a").download(1_MiB);
  world.run_for(world.engine.latency);
  world.engine.send(world.engine.find(id)->plan.attempt, 1_MiB);
  Transfer row = *world.store.find(id);
  world.disk.sync(id);
  world.disk.rename(id, "/home/user/file-1");
  row.state.phase = Phase::Completed;
  row.state.file_name = "file-1";
  world.store.update(row, [](const Result<void>&) {});
  world.store.execute(10);
  EXPECT_TRUE(mentions(world.witness.take_violations(), "without a durable result file"));
}

TEST(Witness, NoticesAWaitThatNobodyWillEnd) {
  World world;
  App app = world.app("org.example.a");
  const auto id = app.create(1_MiB);
  Transfer row = *world.store.find(id);
  row.state.phase = Phase::Queued;
  row.state.queue_position = 1;
  world.store.update(row, [](const Result<void>&) {});
  world.check();
  EXPECT_TRUE(mentions(world.witness.take_violations(), "waits, though nothing is in its way"));
}

TEST(Witness, NoticesAQuestionWithoutAnAnswer) {
  World world;
  (void)world.witness.asked("a question");
  world.witness.check_at_rest();
  EXPECT_TRUE(mentions(world.witness.take_violations(), "never answered"));
}

TEST(Witness, FindsCheatsInRandomOrdersToo) {
  int stores = 0;
  int engines = 0;
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    RandomDay with_store(seed, RandomDay::Tracing::Off);
    with_store.world().store.answer_before_commit();
    stores += with_store.run().empty() ? 0 : 1;
    (void)with_store.world().witness.take_violations();
    RandomDay with_engine(seed, RandomDay::Tracing::Off);
    with_engine.world().engine.checkpoint_without_sync();
    engines += with_engine.run().empty() ? 0 : 1;
    (void)with_engine.world().witness.take_violations();
  }
  EXPECT_GT(stores, 250);
  EXPECT_GT(engines, 5);
}

}  // namespace
}  // namespace lh::sim
