#include "core/policy/blockers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/core/policy/machine_fixture.h"

namespace lh {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Blockers : public MachineTest {
 protected:
  std::vector<BlockerKind> kinds(const Transfer& transfer, QueueHold hold = QueueHold::Slots) {
    std::vector<BlockerKind> result;
    for (const Blocker& blocker : blockers_of(transfer, facts, hold)) {
      EXPECT_FALSE(blocker.text.empty());
      result.push_back(blocker.kind);
    }
    return result;
  }
  void make_metered() { facts.network.cost = NetworkCostType::Fixed; }
  void hold_everything() {
    facts.network.connected = false;
    facts.network.cost = NetworkCostType::Fixed;
    facts.network.roaming = true;
    facts.power.holds_background = true;
  }
};

TEST_F(Blockers, NoneBeforeTheStartDuringARequestAndAfterTheEnd) {
  hold_everything();
  EXPECT_THAT(kinds(created()), IsEmpty());
  EXPECT_THAT(kinds(running()), IsEmpty());
  EXPECT_THAT(kinds(stopping(StopReason::Pause)), IsEmpty());
  for (const Phase phase : {Phase::Completed, Phase::Canceled, Phase::Failed}) {
    EXPECT_THAT(kinds(in_phase(phase)), IsEmpty());
  }
}

TEST_F(Blockers, AFileThatIsBeingFinishedWaitsForTheDiskAlone) {
  hold_everything();
  EXPECT_THAT(kinds(syncing()), ElementsAre(BlockerKind::Disk));
  EXPECT_THAT(kinds(in_phase(Phase::Finishing)), ElementsAre(BlockerKind::Disk));
}

TEST_F(Blockers, AllCausesAreNamedMostImportantFirst) {
  hold_everything();
  EXPECT_THAT(kinds(queued()),
              ElementsAre(BlockerKind::NoNetwork, BlockerKind::Cost, BlockerKind::Power));
  EXPECT_THAT(
      kinds(in_phase(Phase::PausedByApp)),
      ElementsAre(BlockerKind::App, BlockerKind::NoNetwork, BlockerKind::Cost, BlockerKind::Power));
  EXPECT_THAT(kinds(in_phase(Phase::DiskFull)),
              ElementsAre(BlockerKind::NoNetwork, BlockerKind::Cost, BlockerKind::Power,
                          BlockerKind::Disk));
  EXPECT_THAT(kinds(in_phase(Phase::RetryAt)),
              ElementsAre(BlockerKind::NoNetwork, BlockerKind::Cost, BlockerKind::Power,
                          BlockerKind::Retry));
}

TEST_F(Blockers, EveryWaitHasAReason) {
  for (const Phase phase : {Phase::Queued, Phase::RetryAt, Phase::PausedByApp,
                            Phase::PausedRecoverable, Phase::DiskFull}) {
    for (const QueueHold hold : {QueueHold::Slots, QueueHold::OriginSlots}) {
      for (const bool draining : {false, true}) {
        facts.draining = draining;
        EXPECT_FALSE(blockers_of(in_phase(phase), facts, hold).empty());
      }
    }
  }
}

TEST_F(Blockers, AQueuedOneWaitsForItsTurnOrItsHost) {
  EXPECT_THAT(kinds(queued(), QueueHold::Slots), ElementsAre(BlockerKind::Queue));
  EXPECT_THAT(kinds(queued(), QueueHold::Slots), ElementsAre(BlockerKind::Queue));
  EXPECT_THAT(kinds(queued(), QueueHold::OriginSlots), ElementsAre(BlockerKind::HostLimit));
  EXPECT_THAT(blockers_of(queued(), facts, QueueHold::OriginSlots).front().text,
              HasSubstr("http://h:80"));
}

TEST_F(Blockers, R42_AWaitThatTheServerCausedNamesTheServerAndTheTime) {
  Transfer waiting = in_phase(Phase::RetryAt);
  waiting.state.error = http_failure(503).error;
  const auto blockers = blockers_of(waiting, facts, QueueHold::Slots);
  ASSERT_EQ(blockers.size(), 1U);
  EXPECT_EQ(blockers[0].kind, BlockerKind::Server);
  EXPECT_EQ(blockers[0].until, waiting.state.wake_at);
  EXPECT_THAT(blockers[0].text, HasSubstr("503"));
}

TEST_F(Blockers, ACauseHoldsNoLongerThanTheWait) {
  Transfer waiting = queued();
  waiting.state.phase_since = now;
  facts.network.connected = false;
  facts.network.since = now - 1h;
  EXPECT_EQ(blockers_of(waiting, facts, QueueHold::Slots).front().since, now);
  facts.network.since = now + 1h;
  EXPECT_EQ(blockers_of(waiting, facts, QueueHold::Slots).front().since, now + 1h);
}

TEST_F(Blockers, ADiskBlockerSaysHowMuchIsNeeded) {
  Transfer waiting = in_phase(Phase::DiskFull);
  waiting.state.bytes_needed = 4711;
  EXPECT_THAT(blockers_of(waiting, facts, QueueHold::Slots).front().text, HasSubstr("4711"));
}

// --- status_of ---------------------------------------------------------------------------------

TEST_F(Blockers, Table13_StatusWithNothingInTheWay) {
  EXPECT_EQ(status(created()), Status::Idle);
  EXPECT_EQ(status(queued()), Status::Idle);
  EXPECT_EQ(status(running()), Status::Running);
  EXPECT_EQ(status(syncing()), Status::Running);
  EXPECT_EQ(status(in_phase(Phase::Finishing)), Status::Running);
  EXPECT_EQ(status(in_phase(Phase::RetryAt)), Status::Running);
  EXPECT_EQ(status(in_phase(Phase::PausedByApp)), Status::PausedByApplication);
  EXPECT_EQ(status(in_phase(Phase::PausedRecoverable)), Status::PausedRecoverableWebErrorStatus);
  EXPECT_EQ(status(in_phase(Phase::DiskFull)), Status::PausedSystemPolicy);
  EXPECT_EQ(status(in_phase(Phase::Completed)), Status::Completed);
  EXPECT_EQ(status(in_phase(Phase::Canceled)), Status::Canceled);
  EXPECT_EQ(status(in_phase(Phase::Failed)), Status::Error);
}

TEST_F(Blockers, Table13_TheOrderOfSeveralCauses) {
  hold_everything();
  for (const Phase phase : {Phase::Queued, Phase::RetryAt, Phase::DiskFull}) {
    EXPECT_EQ(status(in_phase(phase)), Status::PausedNoNetwork);
  }
  EXPECT_EQ(status(in_phase(Phase::PausedByApp)), Status::PausedByApplication);
  EXPECT_EQ(status(in_phase(Phase::PausedRecoverable)), Status::PausedRecoverableWebErrorStatus);
  EXPECT_EQ(status(created()), Status::Idle);
  facts.network.connected = true;
  EXPECT_EQ(status(queued()), Status::PausedCostedNetwork);
  facts.network = {};
  EXPECT_EQ(status(queued()), Status::PausedSystemPolicy);
  facts.power = {};
  EXPECT_EQ(status(queued()), Status::Idle);
}

TEST_F(Blockers, R30_StaysRunningUntilTheStopIsConfirmed) {
  hold_everything();
  EXPECT_EQ(status(stopping(StopReason::Pause)), Status::Running);
  EXPECT_EQ(status(stopping(StopReason::NoNetwork)), Status::Running);
  EXPECT_EQ(status(stopping(StopReason::Cancel)), Status::Canceled) << "durable, thus final";
}

// --- hold_reason -------------------------------------------------------------------------------

TEST_F(Blockers, HoldReasonFollowsTheOrderOfTable13) {
  EXPECT_EQ(hold_reason({}, facts), StopReason::None);
  hold_everything();
  facts.draining = true;
  EXPECT_EQ(hold_reason({}, facts), StopReason::NoNetwork);
  facts.network.connected = true;
  EXPECT_EQ(hold_reason({}, facts), StopReason::Cost);
  facts.network = {};
  EXPECT_EQ(hold_reason({}, facts), StopReason::SystemPolicy);
  facts.power = {};
  EXPECT_EQ(hold_reason({}, facts), StopReason::Shutdown);
}

TEST_F(Blockers, R48_HoldReasonAsksThePolicyOfTheTransfer) {
  make_metered();
  TransferSpec spec;
  EXPECT_EQ(hold_reason(spec, facts), StopReason::None);
  spec.cost_policy = BackgroundTransferCostPolicy::UnrestrictedOnly;
  EXPECT_EQ(hold_reason(spec, facts), StopReason::Cost);
}

}  // namespace
}  // namespace lh
