#include <gtest/gtest.h>

#include "unit/core/policy/machine_fixture.h"

// Requests of apps: api.md 1.4, R22, R29 to R33, R45, R58 to R62.
namespace lh {
namespace {

class RequestEvents : public MachineTest {
 protected:
  static event::Changed change_to(std::optional<BackgroundTransferPriority> priority = {}) {
    event::Changed change;
    change.request = kRequest;
    change.priority = priority;
    return change;
  }
};

const Phase kFinal[] = {Phase::Completed, Phase::Canceled, Phase::Failed};

// --- creation and start ------------------------------------------------------------------------

TEST_F(RequestEvents, R3_ACreationIsDurableBeforeItIsAnswered) {
  const Step s = feed(created(), event::Created{kRequest});
  EXPECT_EQ(actions(s), "Persist Reply Notify:Created");
  EXPECT_EQ(s.transfer.state.phase, Phase::Created);
  EXPECT_EQ(s.transfer.state.created, now);
  EXPECT_EQ(status(s.transfer), Status::Idle);
}

TEST_F(RequestEvents, ACreationCanStartAtOnce) {
  const Step s = feed(created(), event::Created{kRequest, true, 17});
  EXPECT_EQ(actions(s), "Persist Reply Notify:Created");
  EXPECT_EQ(s.transfer.state.phase, Phase::Queued);
  EXPECT_EQ(s.transfer.state.started, now);
  EXPECT_EQ(s.transfer.state.queue_position, 17U);
}

TEST_F(RequestEvents, R22_AStartIsDurableBeforeItIsAnswered) {
  const Step s = feed(created(), event::StartRequested{kRequest, 17});
  EXPECT_EQ(actions(s), "Persist Reply Notify:Status");
  EXPECT_EQ(s.transfer.state.phase, Phase::Queued);
  EXPECT_EQ(s.transfer.state.started, now);
  EXPECT_EQ(s.transfer.state.queue_position, 17U);
  EXPECT_EQ(status(s.transfer), Status::Idle);
}

TEST_F(RequestEvents, R22_ASecondStartIsIllegal) {
  for (int phase = 1; phase <= static_cast<int>(Phase::Failed); ++phase) {
    const Transfer t = in_phase(static_cast<Phase>(phase));
    expect_refused(feed(t, event::StartRequested{kRequest, 17}), t);
  }
  expect_refused(feed(running(), event::StartRequested{kRequest, 17}), running());
}

TEST_F(RequestEvents, Table14_AStartShowsTheCauseThatHolds) {
  facts.power.holds_background = true;
  EXPECT_EQ(status(feed(created(), event::StartRequested{kRequest, 1}).transfer),
            Status::PausedSystemPolicy);
  facts.network.cost = NetworkCostType::Fixed;
  facts.network.roaming = true;
  EXPECT_EQ(status(feed(created(), event::StartRequested{kRequest, 1}).transfer),
            Status::PausedCostedNetwork);
  facts.network.connected = false;
  EXPECT_EQ(status(feed(created(), event::StartRequested{kRequest, 1}).transfer),
            Status::PausedNoNetwork);
}

// --- pause -------------------------------------------------------------------------------------

TEST_F(RequestEvents, R29_PauseIsDurableBeforeTheRequestIsAborted) {
  const Step s = feed(half_way(), event::PauseRequested{kRequest});
  EXPECT_EQ(actions(s), "Persist StopAttempt Reply");
  EXPECT_EQ(s.transfer.state.phase, Phase::PausedByApp);
  EXPECT_EQ(s.transfer.live.stopping, StopReason::Pause);
  EXPECT_EQ(find<action::StopAttempt>(s)->attempt, kAttempt);
}

TEST_F(RequestEvents, R30_APauseIsCompleteWhenTheAttemptHasEnded) {
  const Step pausing = feed(half_way(), event::PauseRequested{kRequest});
  EXPECT_EQ(status(pausing.transfer), Status::Running);
  const Step paused = feed(pausing.transfer, event::AttemptStopped{kAttempt, 600});
  EXPECT_EQ(actions(paused), "Persist Notify:Status");
  EXPECT_EQ(status(paused.transfer), Status::PausedByApplication);
  EXPECT_EQ(paused.transfer.state.stored, RangeSet::prefix(600)) << "bytes are kept";
  EXPECT_FALSE(paused.transfer.live.has_slot);
}

TEST_F(RequestEvents, R29_WaitingOnesCanBePaused) {
  for (const Phase phase : {Phase::Queued, Phase::RetryAt}) {
    const Step s = feed(in_phase(phase), event::PauseRequested{kRequest});
    EXPECT_EQ(actions(s), "Persist Reply Notify:Status");
    EXPECT_EQ(s.transfer.state.phase, Phase::PausedByApp);
    EXPECT_FALSE(s.transfer.state.wake_at);
  }
}

TEST_F(RequestEvents, R29_PauseIsIllegalWhereThereIsNothingToPause) {
  for (const Phase phase :
       {Phase::Created, Phase::PausedByApp, Phase::PausedRecoverable, Phase::DiskFull,
        Phase::Finishing, Phase::Completed, Phase::Canceled, Phase::Failed}) {
    const Transfer t = in_phase(phase);
    expect_refused(feed(t, event::PauseRequested{kRequest}), t);
  }
}

TEST_F(RequestEvents, R29_SystemPausesCountAsPaused) {
  facts.network.connected = false;
  for (const Phase phase : {Phase::Queued, Phase::RetryAt}) {
    expect_refused(feed(in_phase(phase), event::PauseRequested{kRequest}), in_phase(phase));
  }
}

TEST_F(RequestEvents, R29_APostCannotBePaused) {
  Transfer t = running();
  t.spec.method = "POST";
  expect_refused(feed(t, event::PauseRequested{kRequest}), t);
}

TEST_F(RequestEvents, R30_WhatStillRunsCanBePausedAlthoughTheSystemIsStoppingIt) {
  facts.network.connected = false;
  const Step s = feed(stopping(StopReason::NoNetwork), event::PauseRequested{kRequest});
  EXPECT_EQ(actions(s), "Persist Reply") << "the engine was asked already";
  EXPECT_EQ(status(feed(s.transfer, event::AttemptStopped{kAttempt, 500}).transfer),
            Status::PausedByApplication);
}

TEST_F(RequestEvents, APauseDuringTheLastSyncIsKept) {
  const Step pausing = feed(syncing(), event::PauseRequested{kRequest});
  EXPECT_EQ(actions(pausing), "Persist Reply");
  EXPECT_EQ(status(pausing.transfer), Status::Running);
  const Step paused = feed(pausing.transfer, event::FileSynced{{1, 2, kTotal}});
  EXPECT_EQ(actions(paused), "Persist Notify:Status");
  EXPECT_EQ(status(paused.transfer), Status::PausedByApplication);
  EXPECT_EQ(paused.transfer.state.stored, RangeSet::prefix(kTotal));
  EXPECT_FALSE(paused.transfer.state.commit);
}

// --- resume ------------------------------------------------------------------------------------

TEST_F(RequestEvents, R31_ResumeQueuesAgain) {
  for (const Phase phase : {Phase::PausedByApp, Phase::PausedRecoverable}) {
    const Step s = feed(half_way_in(phase), event::ResumeRequested{kRequest, 33});
    EXPECT_EQ(actions(s), "Persist Reply Notify:Status");
    EXPECT_EQ(s.transfer.state.phase, Phase::Queued);
    EXPECT_EQ(s.transfer.state.queue_position, 33U);
    EXPECT_EQ(s.transfer.state.stored, RangeSet::prefix(300));
  }
}

TEST_F(RequestEvents, R31_ResumeIsIllegalElsewhere) {
  for (const Phase phase : {Phase::Created, Phase::Queued, Phase::RetryAt, Phase::DiskFull,
                            Phase::Finishing, Phase::Completed, Phase::Canceled, Phase::Failed}) {
    const Transfer t = in_phase(phase);
    expect_refused(feed(t, event::ResumeRequested{kRequest, 33}), t);
  }
  expect_refused(feed(running(), event::ResumeRequested{kRequest, 33}), running());
}

TEST_F(RequestEvents, Table14_ResumeEntersThePauseWhoseCauseHolds) {
  facts.network.connected = false;
  const Step s = feed(in_phase(Phase::PausedByApp), event::ResumeRequested{kRequest, 33});
  EXPECT_EQ(status(s.transfer), Status::PausedNoNetwork);
}

TEST_F(RequestEvents, ResumeBeforeThePauseIsCompleteGoesOnAfterIt) {
  const Step resumed = feed(stopping(StopReason::Pause), event::ResumeRequested{kRequest, 33});
  EXPECT_EQ(actions(resumed), "Persist Reply");
  EXPECT_EQ(status(resumed.transfer), Status::Running);
  const Step stopped = feed(resumed.transfer, event::AttemptStopped{kAttempt, 600});
  EXPECT_EQ(stopped.transfer.state.phase, Phase::Queued);
  EXPECT_EQ(stopped.transfer.state.queue_position, 33U);
  EXPECT_EQ(actions(stopped), "Persist Notify:Status");
}

TEST_F(RequestEvents, PausingAgainBeforeTheFirstPauseIsCompleteStopsOnce) {
  const Step resumed = feed(stopping(StopReason::Pause), event::ResumeRequested{kRequest, 33});
  const Step paused = feed(resumed.transfer, event::PauseRequested{kRequest});
  EXPECT_EQ(actions(paused), "Persist Reply");
  EXPECT_EQ(status(feed(paused.transfer, event::AttemptStopped{kAttempt, 600}).transfer),
            Status::PausedByApplication);
}

TEST_F(RequestEvents, ResumeWithEveryByteThereNeedsNoRequest) {
  Transfer t = half_way_in(Phase::PausedByApp);
  t.state.stored = RangeSet::prefix(kTotal);
  const Step s = feed(t, event::ResumeRequested{kRequest, 33});
  EXPECT_EQ(actions(s), "Persist Reply SyncFile Notify:Status");
  EXPECT_EQ(status(s.transfer), Status::Running);
}

// --- cancel ------------------------------------------------------------------------------------

TEST_F(RequestEvents, R32_CancelIsDurableBeforeItIsTold) {
  for (const Phase phase : {Phase::Queued, Phase::RetryAt, Phase::PausedByApp,
                            Phase::PausedRecoverable, Phase::DiskFull}) {
    const Step s = feed(in_phase(phase), event::CancelRequested{kRequest});
    EXPECT_EQ(actions(s), "Persist DiscardFile Reply Notify:Ended");
    EXPECT_EQ(status(s.transfer), Status::Canceled);
    EXPECT_EQ(s.transfer.state.ended, now);
    EXPECT_FALSE(s.transfer.state.wake_at);
  }
}

TEST_F(RequestEvents, R32_CancelBeforeTheStartLeavesNoFile) {
  const Step s = feed(created(), event::CancelRequested{kRequest});
  EXPECT_EQ(actions(s), "Persist Reply Notify:Ended");
}

TEST_F(RequestEvents, R34_CancelWhileRunningRemovesTheFileOnceTheEngineHasLetGo) {
  const Step canceled = feed(half_way(), event::CancelRequested{kRequest});
  EXPECT_EQ(actions(canceled), "Persist StopAttempt Reply Notify:Ended");
  for (const Event& end :
       {Event(event::AttemptStopped{kAttempt, 600}), Event(event::AttemptCompleted{kAttempt, 1000}),
        Event(event::AttemptFailed{kAttempt, network_failure(), 600}),
        Event(event::AttemptRefusedRange{kAttempt, 416}),
        Event(event::AttemptDiskFull{kAttempt, 600, 400, {}})}) {
    const Step ended = feed(canceled.transfer, end);
    EXPECT_EQ(actions(ended), "DiscardFile") << event_name(end);
    EXPECT_TRUE(ended.transfer.live.file_job);
    const Step gone = feed(ended.transfer, event::FileDiscarded{});
    EXPECT_EQ(actions(gone), "");
    EXPECT_FALSE(gone.transfer.live.file_job);
    EXPECT_EQ(status(gone.transfer), Status::Canceled);
  }
}

TEST_F(RequestEvents, CancelOfAPauseThatIsUnderWayStopsOnce) {
  const Step s = feed(stopping(StopReason::Pause), event::CancelRequested{kRequest});
  EXPECT_EQ(actions(s), "Persist Reply Notify:Ended");
  EXPECT_EQ(actions(feed(s.transfer, event::AttemptStopped{kAttempt, 1})), "DiscardFile");
}

TEST_F(RequestEvents, CancelDuringTheLastSyncWaitsForItsAnswer) {
  const Step canceled = feed(syncing(), event::CancelRequested{kRequest});
  EXPECT_EQ(actions(canceled), "Persist Reply Notify:Ended");
  for (const Event& answer :
       {Event(event::FileSynced{{1, 2, kTotal}}),
        Event(event::FileFailed{file_failure(ErrorKind::File, 5), false, true})}) {
    const Step discarding = feed(canceled.transfer, answer);
    EXPECT_EQ(actions(discarding), "DiscardFile") << event_name(answer);
    const Step gone = feed(discarding.transfer, event::FileDiscarded{});
    EXPECT_FALSE(gone.transfer.live.file_job);
    const Step stuck = feed(discarding.transfer,
                            event::FileFailed{file_failure(ErrorKind::File, 5), false, false});
    EXPECT_EQ(actions(stuck), "");
    EXPECT_FALSE(stuck.transfer.live.file_job) << "left to the sweep";
  }
}

TEST_F(RequestEvents, CancelIsIllegalFromTheCommitOn) {
  for (const Phase phase : {Phase::Finishing, Phase::Completed, Phase::Canceled, Phase::Failed}) {
    const Transfer t = in_phase(phase);
    expect_refused(feed(t, event::CancelRequested{kRequest}), t);
  }
}

TEST_F(RequestEvents, R14_TheEndReleasesThePersistedHeaders) {
  EXPECT_TRUE(feed(queued(), event::CancelRequested{kRequest}).transfer.spec.headers.empty());
}

// --- changes -----------------------------------------------------------------------------------

TEST_F(RequestEvents, R58_ValuesOfOneNameConcatenate) {
  event::Changed change = change_to();
  change.set_headers = {{"a", "2"}, {"B", "x"}, {"A", "3"}};
  const Step s = feed(created(), change);
  EXPECT_EQ(actions(s), "Persist Reply");
  EXPECT_EQ(s.transfer.spec.headers, (HeaderList{{"A", "1, 2, 3"}, {"B", "x"}}));
}

TEST_F(RequestEvents, R61_RemovingTakesAllValuesInAnyLetterCase) {
  Transfer t = created();
  t.spec.headers = {{"A", "1"}, {"B", "x"}, {"a", "2"}};
  event::Changed change = change_to();
  change.remove_headers = {"A", "unknown"};
  const Step s = feed(t, change);
  EXPECT_EQ(actions(s), "Persist Reply");
  EXPECT_EQ(s.transfer.spec.headers, (HeaderList{{"B", "x"}}));
}

TEST_F(RequestEvents, R62_AForbiddenHeaderChangesNothing) {
  event::Changed change = change_to(BackgroundTransferPriority::High);
  change.set_headers = {{"B", "x"}, {"Range", "bytes=0-"}};
  const Step s = feed(created(), change);
  EXPECT_EQ(actions(s), "Reply!");
  EXPECT_EQ(find<action::Reply>(s)->error->hresult, hr::kInvalidArgument);
  EXPECT_EQ(s.transfer, created());
}

TEST_F(RequestEvents, R60_ChangesAreLegalUntilTheEnd) {
  for (int phase = 0; phase < static_cast<int>(Phase::Completed); ++phase) {
    event::Changed change = change_to(BackgroundTransferPriority::Low);
    const Step s = feed(in_phase(static_cast<Phase>(phase)), change);
    EXPECT_EQ(actions(s), "Persist Reply");
    EXPECT_EQ(s.transfer.spec.priority, BackgroundTransferPriority::Low);
  }
  for (const Phase phase : kFinal) {
    const Transfer t = in_phase(phase);
    expect_refused(feed(t, change_to()), t);
  }
}

TEST_F(RequestEvents, R109_PriorityDoesNotStopARunningOne) {
  event::Changed change = change_to(BackgroundTransferPriority::Low);
  EXPECT_EQ(actions(feed(running(), change)), "Persist Reply");
}

TEST_F(RequestEvents, R45_AChangedCostPolicyIsAppliedAtOnce) {
  facts.network.cost = NetworkCostType::Fixed;
  event::Changed change = change_to();
  change.cost_policy = BackgroundTransferCostPolicy::UnrestrictedOnly;
  const Step forbidden = feed(half_way(), change);
  EXPECT_EQ(actions(forbidden), "Persist Reply StopAttempt");
  EXPECT_EQ(forbidden.transfer.live.stopping, StopReason::Cost);
  const Step waiting = feed(queued(), change);
  EXPECT_EQ(actions(waiting), "Persist Reply Notify:Status");
  EXPECT_EQ(status(waiting.transfer), Status::PausedCostedNetwork);
  change.cost_policy = BackgroundTransferCostPolicy::Always;
  const Step allowed = feed(waiting.transfer, change);
  EXPECT_EQ(actions(allowed), "Persist Reply Notify:Status");
  EXPECT_EQ(status(allowed.transfer), Status::Idle);
}

}  // namespace
}  // namespace lh
