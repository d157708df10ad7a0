#include <gtest/gtest.h>

#include "unit/core/policy/machine_fixture.h"

// How attempts end: R39 to R43, R74, R80, R83 and the full disk of api.md, section 0.
namespace lh {
namespace {

class AttemptEnds : public MachineTest {
 protected:
  /// One attempt: a slot, then a failure with so many bytes durable.
  Transfer fail_once(const Transfer& waiting, ByteCount durable) {
    Transfer t = waiting;
    if (t.state.phase == Phase::RetryAt) {
      now = *t.state.wake_at;
      t = feed(t, event::WakeDue{}).transfer;
    }
    t = feed(t, event::SlotGranted{++attempt_}).transfer;
    return feed(t, event::AttemptFailed{attempt_, network_failure(), durable}).transfer;
  }

 private:
  AttemptId attempt_ = 100;
};

// --- failures ----------------------------------------------------------------------------------

TEST_F(AttemptEnds, R39_AFailedAttemptIsRepeatedLater) {
  const Step s = feed(half_way(), event::AttemptFailed{kAttempt, network_failure(), 600});
  EXPECT_EQ(actions(s), "Persist Notify:Status");
  const TransferState& state = s.transfer.state;
  EXPECT_EQ(state.phase, Phase::RetryAt);
  EXPECT_EQ(state.wake_at, now + 1s);
  EXPECT_EQ(state.stored, RangeSet::prefix(600)) << "bytes are kept";
  EXPECT_EQ(state.error, network_failure().error);
  EXPECT_EQ(s.transfer.live.attempt, 0U);
  EXPECT_FALSE(s.transfer.live.has_slot);
  EXPECT_EQ(status(s.transfer), Status::Running) << "R30 as amended: nothing new to see";
}

TEST_F(AttemptEnds, LostBytesAreFetchedAgainAndThatIsTold) {
  Failure failure = network_failure();
  failure.error.kind = ErrorKind::File;
  const Step s = feed(half_way(), event::AttemptFailed{kAttempt, failure, 0, true});
  EXPECT_EQ(s.transfer.state.phase, Phase::RetryAt);
  EXPECT_TRUE(s.transfer.state.stored.empty());
  EXPECT_EQ(s.transfer.state.restarts, 1U);
}

TEST_F(AttemptEnds, R39_GivesUpAfterTheThirdRetry) {
  Transfer t = queued();
  for (int i = 0; i < 3; ++i) {
    t = fail_once(t, 0);
    EXPECT_EQ(t.state.phase, Phase::RetryAt);
  }
  t = fail_once(t, 0);
  EXPECT_EQ(t.state.phase, Phase::Failed);
  EXPECT_EQ(t.state.attempts, 4U);
  EXPECT_EQ(t.state.error, network_failure().error);
}

TEST_F(AttemptEnds, R43_NewBytesStartTheCountAnew) {
  Transfer t = queued();
  for (ByteCount durable = 1; durable < 20; ++durable) {
    t = fail_once(t, durable);
    ASSERT_EQ(t.state.phase, Phase::RetryAt);
    ASSERT_EQ(t.state.failures_in_row, 1U);
  }
}

TEST_F(AttemptEnds, R43_OnlyBytesBeyondTheHighestPointCount) {
  Transfer t = fail_once(queued(), 500);
  EXPECT_EQ(fail_once(t, 500).state.failures_in_row, 2U);
  EXPECT_EQ(fail_once(t, 499).state.failures_in_row, 2U);
  for (int i = 0; i < 3; ++i) t = fail_once(t, 500);
  EXPECT_EQ(t.state.phase, Phase::Failed) << "it can never get past a point";
}

TEST_F(AttemptEnds, R43_ACheckpointBeyondTheHighestPointCounts) {
  Transfer t = half_way();
  t.state.failures_in_row = 3;
  t = feed(t, event::Checkpointed{kAttempt, 400}).transfer;
  EXPECT_EQ(t.state.failures_in_row, 0U);
  t = feed(t, event::AttemptFailed{kAttempt, network_failure(), 400}).transfer;
  EXPECT_EQ(t.state.failures_in_row, 1U);
}

TEST_F(AttemptEnds, R40_WithoutConnectivityNoFailureIsCounted) {
  facts.network.connected = false;
  const Step s = feed(half_way(), event::AttemptFailed{kAttempt, network_failure(), 300});
  EXPECT_EQ(actions(s), "Persist Notify:Status");
  EXPECT_EQ(s.transfer.state.phase, Phase::Queued);
  EXPECT_EQ(s.transfer.state.failures_in_row, 0U);
  EXPECT_EQ(status(s.transfer), Status::PausedNoNetwork);
}

TEST_F(AttemptEnds, R42_ATransientStatusIsRepeatedWhenTheServerSays) {
  Failure failure = http_failure(503);
  failure.retry_after = 90s;
  const Step s = feed(half_way(), event::AttemptFailed{kAttempt, failure, 300});
  EXPECT_EQ(s.transfer.state.phase, Phase::RetryAt);
  EXPECT_EQ(s.transfer.state.wake_at, now + 90s);
  EXPECT_EQ(s.transfer.state.error->status, WebErrorStatus::ServiceUnavailable);
}

TEST_F(AttemptEnds, R80_AFinalStatusEndsIt) {
  const Step s = feed(half_way(), event::AttemptFailed{kAttempt, http_failure(404), 300});
  EXPECT_EQ(actions(s), "Persist DiscardFile Notify:Ended");
  EXPECT_EQ(status(s.transfer), Status::Error);
  EXPECT_EQ(s.transfer.state.error->hresult, hr::from_bits(0x80190194));
  EXPECT_EQ(s.transfer.state.ended, now);
  EXPECT_TRUE(s.transfer.live.file_job);
  const Step gone = feed(s.transfer, event::FileDiscarded{});
  EXPECT_EQ(actions(gone), "");
  EXPECT_FALSE(gone.transfer.live.file_job);
}

TEST_F(AttemptEnds, R42_AFinalStatusEndsItWithoutConnectivityToo) {
  facts.network.connected = false;
  const Step s = feed(half_way(), event::AttemptFailed{kAttempt, http_failure(404), 300});
  EXPECT_EQ(s.transfer.state.phase, Phase::Failed);
}

TEST_F(AttemptEnds, AFailureThatComesWhileStoppingCountsAsTheStop) {
  const Step paused =
      feed(stopping(StopReason::Pause), event::AttemptFailed{kAttempt, http_failure(404), 600});
  EXPECT_EQ(actions(paused), "Persist Notify:Status");
  EXPECT_EQ(status(paused.transfer), Status::PausedByApplication);
  EXPECT_EQ(paused.transfer.state.stored, RangeSet::prefix(600));
  const Step preempted =
      feed(stopping(StopReason::Preempted), event::AttemptFailed{kAttempt, network_failure(), 600});
  EXPECT_EQ(preempted.transfer.state.phase, Phase::Queued);
  EXPECT_EQ(preempted.transfer.state.failures_in_row, 0U);
}

TEST_F(AttemptEnds, AFileOfWhichNothingIsDurableClaimsNothingByItsSize) {
  Transfer t = running();
  t.state.validator = {Validator::Kind::StrongEtag, "\"a\""};
  t.state.boot_id = "an earlier boot";
  for (const StopReason reason : {StopReason::None, StopReason::Pause}) {
    t.live.stopping = reason;
    for (const Event& end : {Event(event::AttemptFailed{kAttempt, network_failure(), 0}),
                             Event(event::AttemptStopped{kAttempt, 0})}) {
      EXPECT_EQ(feed(t, end).transfer.state.boot_id, "")
          << "never opened in this boot, or its sync has failed";
    }
  }
}

// --- refused ranges ----------------------------------------------------------------------------

TEST_F(AttemptEnds, ARefusalBeforeAnyByteIsNoRestart) {
  Transfer t = running();
  t.state.validator = {Validator::Kind::StrongEtag, "\"a\""};
  t.state.boot_id = boot;
  const Step s = feed(t, event::AttemptRefusedRange{kAttempt, 200});
  EXPECT_EQ(actions(s), "Persist Notify:Status");
  EXPECT_EQ(s.transfer.state.restarts, 0U);
  EXPECT_EQ(s.transfer.state.boot_id, "");
  EXPECT_FALSE(s.transfer.state.validator.can_resume());
}

TEST_F(AttemptEnds, R74_ARefusedRangeStartsOverAtOnce) {
  for (const int code : {412, 416, 206, 200, 0}) {
    const Step s = feed(half_way(), event::AttemptRefusedRange{kAttempt, code});
    EXPECT_EQ(actions(s), "Persist Notify:Response Notify:Status") << code;
    EXPECT_TRUE(find_notify(s, What::Response)->restarted);
    EXPECT_FALSE(find_notify(s, What::Response)->response_changed);
    const TransferState& state = s.transfer.state;
    EXPECT_EQ(state.phase, Phase::Queued);
    EXPECT_EQ(state.restarts, 1U);
    EXPECT_TRUE(state.stored.empty());
    EXPECT_FALSE(state.validator.can_resume());
    EXPECT_FALSE(state.total);
    EXPECT_EQ(state.failures_in_row, 0U) << "no failure";
    const Step again = feed(s.transfer, event::SlotGranted{8});
    EXPECT_EQ(find<action::StartAttempt>(again)->plan.resume_from, 0U);
    EXPECT_FALSE(find<action::StartAttempt>(again)->plan.trust_file_size);
  }
}

TEST_F(AttemptEnds, Section3_ASecondRefusalInARowIsTheError) {
  for (const int code : {412, 416}) {
    Transfer t = half_way();
    t.state.range_refusals = 1;
    const Step s = feed(t, event::AttemptRefusedRange{kAttempt, code});
    EXPECT_EQ(actions(s), "Persist DiscardFile Notify:Ended");
    EXPECT_EQ(s.transfer.state.error->http_status, code);
  }
}

TEST_F(AttemptEnds, R76_AFileThatChangesOftenIsNoRefusal) {
  Transfer t = half_way();
  for (int i = 0; i < 5; ++i) {
    t = feed(t, event::AttemptRefusedRange{kAttempt, 206}).transfer;
    ASSERT_EQ(t.state.phase, Phase::Queued);
    t.live = half_way().live;
  }
}

TEST_F(AttemptEnds, ARefusalWhileStoppingIsKeptInMind) {
  const Step s = feed(stopping(StopReason::Pause), event::AttemptRefusedRange{kAttempt, 416});
  EXPECT_EQ(status(s.transfer), Status::PausedByApplication);
  EXPECT_TRUE(s.transfer.state.stored.empty());
}

// --- completion --------------------------------------------------------------------------------

TEST_F(AttemptEnds, R83_AllBytesWrittenIsNotYetCompleted) {
  const Step s = feed(half_way(), event::AttemptCompleted{kAttempt, kTotal});
  EXPECT_EQ(actions(s), "SyncFile");
  EXPECT_EQ(status(s.transfer), Status::Running);
  EXPECT_FALSE(s.transfer.live.has_slot) << "others need it";
  EXPECT_TRUE(s.transfer.live.file_job);
  EXPECT_EQ(s.transfer.state.stored, RangeSet::prefix(300)) << "not synced, thus not claimed";
}

TEST_F(AttemptEnds, AnUnknownLengthIsWhatWasReceived) {
  Transfer t = running();
  EXPECT_EQ(feed(t, event::AttemptCompleted{kAttempt, 77}).transfer.state.total, 77U);
}

TEST_F(AttemptEnds, CompletionWhileTheSystemStopsItIsCompletion) {
  const Step s = feed(stopping(StopReason::NoNetwork), event::AttemptCompleted{kAttempt, kTotal});
  EXPECT_EQ(actions(s), "SyncFile");
}

TEST_F(AttemptEnds, CompletionWhilePausingKeepsBytesAndPause) {
  const Step syncing = feed(stopping(StopReason::Pause), event::AttemptCompleted{kAttempt, kTotal});
  EXPECT_EQ(actions(syncing), "SyncFile");
  const Step paused = feed(syncing.transfer, event::FileSynced{{1, 2, kTotal}});
  EXPECT_EQ(actions(paused), "Persist Notify:Status");
  EXPECT_EQ(status(paused.transfer), Status::PausedByApplication);
  const Step resumed = feed(paused.transfer, event::ResumeRequested{kRequest, 9});
  EXPECT_EQ(actions(resumed), "Persist Reply SyncFile Notify:Status");
}

TEST_F(AttemptEnds, AnAnswerThatEndedEarlyIsALostConnection) {
  const Step s = feed(half_way(), event::AttemptCompleted{kAttempt, 999});
  EXPECT_EQ(s.transfer.state.phase, Phase::RetryAt);
  EXPECT_EQ(s.transfer.state.error->status, WebErrorStatus::Disconnected);
}

TEST_F(AttemptEnds, AnAnswerThatIsTooLongIsInvalid) {
  const Step s = feed(half_way(), event::AttemptCompleted{kAttempt, 1001});
  EXPECT_EQ(s.transfer.state.phase, Phase::Failed);
  EXPECT_EQ(s.transfer.state.error->status, WebErrorStatus::ErrorHttpInvalidServerResponse);
}

// --- full disk ---------------------------------------------------------------------------------

TEST_F(AttemptEnds, AFullDiskIsAPauseThatEndsByItself) {
  const TransferError error = file_failure(ErrorKind::DiskFull, 28);
  const Step s = feed(half_way(), event::AttemptDiskFull{kAttempt, 600, 400, error});
  EXPECT_EQ(actions(s), "Persist Notify:Status");
  EXPECT_EQ(status(s.transfer), Status::PausedSystemPolicy);
  EXPECT_EQ(s.transfer.state.bytes_needed, 400U);
  EXPECT_EQ(s.transfer.state.error, error);
  EXPECT_EQ(s.transfer.state.wake_at, now + limits.disk_full_recheck);
  EXPECT_EQ(s.transfer.state.stored, RangeSet::prefix(600));
  now += limits.disk_full_recheck;
  const Step woken = feed(s.transfer, event::WakeDue{});
  EXPECT_EQ(status(woken.transfer), Status::Idle);
  EXPECT_EQ(woken.transfer.state.bytes_needed, 0U);
}

TEST_F(AttemptEnds, AFullDiskWhilePausingIsThePause) {
  const Step s = feed(stopping(StopReason::Pause), event::AttemptDiskFull{kAttempt, 600, 400, {}});
  EXPECT_EQ(status(s.transfer), Status::PausedByApplication);
}

}  // namespace
}  // namespace lh
