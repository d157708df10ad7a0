#include <cerrno>

#include <gtest/gtest.h>

#include "unit/core/policy/machine_fixture.h"

// The way from the last byte to Completed, and from the store back to work: R3, R83.
namespace lh {
namespace {

class FileEvents : public MachineTest {
 protected:
  const CommitIntent intent{1, 2, kTotal};

  Step failed(const Transfer& t, const TransferError& error, bool disk_full = false,
              bool bytes_lost = false) {
    return feed(t, event::FileFailed{error, disk_full, bytes_lost});
  }
};

TEST_F(FileEvents, R83_TheIntentIsDurableBeforeTheRename) {
  const Step s = feed(syncing(), event::FileSynced{intent});
  EXPECT_EQ(actions(s), "Persist CommitFile");
  EXPECT_EQ(s.transfer.state.phase, Phase::Finishing);
  EXPECT_EQ(s.transfer.state.commit, intent);
  EXPECT_EQ(s.transfer.state.stored, RangeSet::prefix(kTotal));
  EXPECT_EQ(status(s.transfer), Status::Running);
}

TEST_F(FileEvents, R83_CompletedIsDurableBeforeItIsTold) {
  Transfer t = in_phase(Phase::Finishing);
  t.state.error = network_failure().error;
  const Step s = feed(t, event::FileCommitted{"x (2)"});
  EXPECT_EQ(actions(s), "Persist Notify:Ended");
  EXPECT_EQ(status(s.transfer), Status::Completed);
  EXPECT_EQ(s.transfer.state.file_name, "x (2)");
  EXPECT_EQ(s.transfer.state.ended, now);
  EXPECT_FALSE(s.transfer.state.commit);
  EXPECT_FALSE(s.transfer.state.error);
  EXPECT_FALSE(s.transfer.live.file_job);
}

TEST_F(FileEvents, AnswersThatNobodyWaitsForAreIgnored) {
  for (const Phase phase : {Phase::Created, Phase::Queued, Phase::PausedByApp, Phase::RetryAt,
                            Phase::Completed, Phase::Canceled}) {
    const Transfer t = in_phase(phase);
    expect_ignored(feed(t, event::FileSynced{intent}), t);
    expect_ignored(feed(t, event::FileCommitted{"x"}), t);
    expect_ignored(failed(t, file_failure(ErrorKind::File, EIO)), t);
    expect_ignored(feed(t, event::FileDiscarded{}), t);
  }
  expect_ignored(feed(in_phase(Phase::Finishing), event::FileSynced{intent}),
                 in_phase(Phase::Finishing));
}

TEST_F(FileEvents, R42_ALocalErrorIsFinal) {
  for (const Transfer& t : {syncing(), in_phase(Phase::Finishing)}) {
    const Step s = failed(t, file_failure(ErrorKind::File, EACCES));
    EXPECT_EQ(actions(s), "Persist DiscardFile Notify:Ended");
    EXPECT_EQ(status(s.transfer), Status::Error);
    EXPECT_EQ(s.transfer.state.error->hresult, hr::kAccessDenied);
    EXPECT_FALSE(s.transfer.state.commit);
  }
}

TEST_F(FileEvents, R173_AWrongChecksumIsFinal) {
  const Step s = failed(syncing(), file_failure(ErrorKind::Checksum, 0), false, true);
  EXPECT_EQ(status(s.transfer), Status::Error);
  EXPECT_EQ(s.transfer.state.error->hresult, hr::kCrc);
}

TEST_F(FileEvents, Section0_AMixThatTheChecksumRevealsIsFetchedAgainWithinTheBudget) {
  const auto mismatch = file_failure(ErrorKind::Checksum, 0);
  Transfer mixed = syncing();
  mixed.state.validator = {Validator::Kind::Checksum, ""};
  EXPECT_EQ(status(failed(mixed, mismatch, false, true).transfer), Status::Error)
      << "all of one answer: simply wrong";
  mixed.state.response = ResponseHead{206, "", {}};
  const Step s = failed(mixed, mismatch, false, true);
  EXPECT_EQ(s.transfer.state.phase, Phase::RetryAt);
  EXPECT_TRUE(s.transfer.state.stored.empty());
  EXPECT_FALSE(s.transfer.state.validator.can_resume());
  EXPECT_EQ(s.transfer.state.restarts, 1U);
  mixed.state.failures_in_row = limits.retry_count;
  EXPECT_EQ(status(failed(mixed, mismatch, false, true).transfer), Status::Error);
}

TEST_F(FileEvents, ADiskThatIsFullAtTheEndIsAPause) {
  for (const Transfer& t : {syncing(), in_phase(Phase::Finishing)}) {
    const Step s = failed(t, file_failure(ErrorKind::DiskFull, ENOSPC), true);
    EXPECT_EQ(actions(s), "Persist Notify:Status");
    EXPECT_EQ(status(s.transfer), Status::PausedSystemPolicy);
    EXPECT_EQ(s.transfer.state.wake_at, now + limits.disk_full_recheck);
    EXPECT_EQ(s.transfer.state.stored, t.state.stored);
  }
}

TEST_F(FileEvents, ARenameThatFoundNoRoomIsTakenUpWhereItWas) {
  const Step full =
      failed(in_phase(Phase::Finishing), file_failure(ErrorKind::DiskFull, ENOSPC), true);
  now += limits.disk_full_recheck;
  const Step again = feed(recovered(full.transfer).transfer, event::WakeDue{});
  EXPECT_EQ(actions(again), "Persist CommitFile Notify:Status");
  EXPECT_EQ(again.transfer.state.phase, Phase::Finishing);
  EXPECT_EQ(again.transfer.state.commit, intent) << "the rename may have happened already";
}

TEST_F(FileEvents, LostBytesAreFetchedAgainWithinTheBudget) {
  Transfer t = syncing();
  const Step s = failed(t, file_failure(ErrorKind::File, EIO), false, true);
  EXPECT_EQ(actions(s), "Persist Notify:Status Notify:Response");
  EXPECT_EQ(s.transfer.state.phase, Phase::RetryAt);
  EXPECT_TRUE(s.transfer.state.stored.empty()) << "nothing synced before is trusted";
  EXPECT_EQ(s.transfer.state.restarts, 1U);
  t.state.failures_in_row = limits.retry_count;
  EXPECT_EQ(status(failed(t, file_failure(ErrorKind::File, EIO), false, true).transfer),
            Status::Error);
}

TEST_F(FileEvents, AFailureDuringAPauseWaitsForTheApp) {
  Transfer t = syncing();
  t.state.phase = Phase::PausedByApp;
  const Step s = failed(t, file_failure(ErrorKind::File, EIO), false, true);
  EXPECT_EQ(actions(s), "Persist Notify:Response Notify:Status");
  EXPECT_EQ(status(s.transfer), Status::PausedByApplication);
  EXPECT_TRUE(s.transfer.state.stored.empty());
  EXPECT_TRUE(s.transfer.state.error);
}

// --- recovery ----------------------------------------------------------------------------------

TEST_F(FileEvents, R5_WhatRanIsQueuedAfterACrash) {
  const Step s = recovered(half_way());
  EXPECT_EQ(actions(s), "");
  EXPECT_EQ(status(s.transfer), Status::Idle);
  EXPECT_EQ(s.transfer.live.attempt, 0U);
  EXPECT_FALSE(s.transfer.live.has_slot);
  EXPECT_EQ(s.transfer.live.received, 300U);
  EXPECT_EQ(actions(feed(s.transfer, event::SlotGranted{1})), "StartAttempt Notify:Status");
}

TEST_F(FileEvents, R83_AnInterruptedRenameIsTakenUpAgain) {
  Transfer t = in_phase(Phase::Finishing);
  t.live = {};
  const Step s = recovered(t);
  EXPECT_EQ(actions(s), "CommitFile");
  EXPECT_TRUE(s.transfer.live.file_job);
  EXPECT_EQ(status(feed(s.transfer, event::FileCommitted{"x"}).transfer), Status::Completed);
}

TEST_F(FileEvents, ATimeFromAWrongClockIsNotWaitedFor) {
  Transfer t = in_phase(Phase::RetryAt);
  t.state.wake_at = now + 24h * 1000;
  EXPECT_EQ(recovered(t).transfer.state.wake_at, now + limits.retry_after_max);
  t.state.wake_at = now + 5s;
  EXPECT_EQ(recovered(t).transfer.state.wake_at, now + 5s);
  t.state.wake_at.reset();
  EXPECT_EQ(recovered(t).transfer.state.wake_at, now);
  limits.retry_after_max = 1s;
  t.state.wake_at = now + 1h;
  EXPECT_EQ(recovered(t).transfer.state.wake_at, now + 37500ms);
  t = in_phase(Phase::DiskFull);
  t.state.wake_at = now + 1h;
  EXPECT_EQ(recovered(t).transfer.state.wake_at, now + limits.disk_full_recheck);
}

TEST_F(FileEvents, RecoveryChangesNoPhase) {
  for (int phase = 0; phase <= static_cast<int>(Phase::Failed); ++phase) {
    const Transfer t = in_phase(static_cast<Phase>(phase));
    EXPECT_EQ(recovered(t).transfer.state, t.state);
  }
}

TEST(EventName, NamesEveryEvent) {
  EXPECT_EQ(event_name(event::Created{}), "Created");
  EXPECT_EQ(event_name(event::Changed{}), "Changed");
  EXPECT_EQ(event_name(event::SlotGranted{}), "SlotGranted");
  EXPECT_EQ(event_name(event::WakeDue{}), "WakeDue");
  EXPECT_EQ(event_name(event::AttemptFailed{}), "AttemptFailed");
  EXPECT_EQ(event_name(event::AttemptDiskFull{}), "AttemptDiskFull");
  EXPECT_EQ(event_name(event::FileSynced{}), "FileSynced");
  EXPECT_EQ(event_name(event::FileDiscarded{}), "FileDiscarded");
}

}  // namespace
}  // namespace lh
