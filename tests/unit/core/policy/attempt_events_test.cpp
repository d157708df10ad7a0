#include <gtest/gtest.h>

#include "unit/core/policy/machine_fixture.h"

// Slots, facts, responses and bytes: api.md 1.4, R25 to R28, R40, R41, R48, R51, R72 to R80.
namespace lh {
namespace {

class AttemptEvents : public MachineTest {
 protected:
  event::ResponseArrived response(Verdict::Kind verdict, int code = 200) {
    event::ResponseArrived e;
    e.attempt = kAttempt;
    e.head = good_head();
    e.head.status = code;
    e.verdict = verdict;
    e.total = kTotal;
    e.file_name = "x";
    return e;
  }
};

// --- digests of the server ----------------------------------------------------------------------

const HeaderField kOfAbc = {"Repr-Digest",
                            "sha-256=:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=:"};
const HeaderField kOfZeros = {"Repr-Digest",
                              "sha-256=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:"};

TEST_F(AttemptEvents, TheDigestOfTheAnswerIsKeptUntilAnotherVersionBegins) {
  event::ResponseArrived first = response(Verdict::Kind::StartOver);
  first.head.headers.push_back(kOfAbc);
  const Step begun = feed(running(), first);
  ASSERT_TRUE(begun.transfer.state.served_digest);
  EXPECT_EQ(begun.transfer.state.served_digest, served_digest(first.head, "GET"));
  // A part need not repeat it, and does not replace it.
  event::ResponseArrived part = response(Verdict::Kind::Append, 206);
  EXPECT_EQ(feed(begun.transfer, part).transfer.state.served_digest,
            served_digest(first.head, "GET"));
  part.head.headers.push_back(kOfZeros);
  EXPECT_EQ(feed(begun.transfer, part).transfer.state.served_digest,
            served_digest(first.head, "GET"));
  // Another version has its own, or none.
  EXPECT_FALSE(
      feed(begun.transfer, response(Verdict::Kind::StartOver)).transfer.state.served_digest);
}

TEST_F(AttemptEvents, APartMayBeTheFirstToTellTheDigest) {
  event::ResponseArrived part = response(Verdict::Kind::Append, 206);
  part.head.headers.push_back(kOfAbc);
  EXPECT_EQ(feed(running(), part).transfer.state.served_digest, served_digest(part.head, "GET"));
}

// --- slots -------------------------------------------------------------------------------------

TEST_F(AttemptEvents, Table14_ASlotMakesItRun) {
  const Step s = feed(half_way_in(Phase::Queued), event::SlotGranted{8});
  EXPECT_EQ(actions(s), "StartAttempt Notify:Status");
  EXPECT_EQ(status(s.transfer), Status::Running);
  EXPECT_EQ(s.transfer.state.attempts, 2U);
  EXPECT_EQ(s.transfer.live.attempt, 8U);
  EXPECT_TRUE(s.transfer.live.has_slot);
  EXPECT_EQ(s.transfer.live.received, 300U);
  const auto& plan = find<action::StartAttempt>(s)->plan;
  EXPECT_EQ(plan.attempt, 8U);
  EXPECT_EQ(plan.resume_from, 300U);
}

TEST_F(AttemptEvents, AFirstSlotIsNotPersisted) {
  EXPECT_EQ(actions(feed(queued(), event::SlotGranted{8})), "StartAttempt Notify:Status")
      << "a crash simply finds it queued";
}

TEST_F(AttemptEvents, AfterARebootTheFileSizeVouchesOnceTheServerAgreesToGoOn) {
  const std::string before = boot;
  Transfer t = half_way_in(Phase::Queued);
  boot = "boot-2";
  const Step begun = feed(t, event::SlotGranted{kAttempt});
  EXPECT_FALSE(find<action::StartAttempt>(begun)->plan.trust_file_size);
  EXPECT_EQ(begun.transfer.state.boot_id, before);
  const Step agreed = feed(begun.transfer, response(Verdict::Kind::Append, 206));
  EXPECT_EQ(actions(agreed), "Persist Notify:Response");
  EXPECT_EQ(agreed.transfer.state.boot_id, "boot-2");
}

TEST_F(AttemptEvents, ASlotForAnyOtherStateIsIgnored) {
  for (const Phase phase :
       {Phase::Created, Phase::RetryAt, Phase::PausedByApp, Phase::PausedRecoverable,
        Phase::DiskFull, Phase::Finishing, Phase::Completed, Phase::Canceled, Phase::Failed}) {
    expect_ignored(feed(in_phase(phase), event::SlotGranted{8}), in_phase(phase));
  }
  expect_ignored(feed(running(), event::SlotGranted{8}), running());
  expect_ignored(feed(syncing(), event::SlotGranted{8}), syncing());
  expect_ignored(feed(queued(), event::SlotGranted{0}), queued());
}

TEST_F(AttemptEvents, R40_NoRequestIsMadeWithoutConnectivity) {
  facts.network.connected = false;
  expect_ignored(feed(queued(), event::SlotGranted{8}), queued());
}

TEST_F(AttemptEvents, EveryByteThereNeedsNoRequest) {
  Transfer t = half_way_in(Phase::Queued);
  t.state.stored = RangeSet::prefix(kTotal);
  facts.network.connected = false;
  const Step s = feed(t, event::SlotGranted{8});
  EXPECT_EQ(actions(s), "SyncFile Notify:Status");
  EXPECT_FALSE(s.transfer.live.has_slot);
  EXPECT_EQ(s.transfer.state.attempts, 1U);
}

TEST_F(AttemptEvents, R72_WhatCannotBeProvenIsGivenUpBeforeTheRequest) {
  Transfer t = half_way_in(Phase::Queued);
  t.state.validator = {};
  const Step s = feed(t, event::SlotGranted{8});
  EXPECT_EQ(actions(s), "Persist StartAttempt Notify:Response Notify:Status");
  EXPECT_TRUE(find_notify(s, What::Response)->restarted);
  EXPECT_TRUE(s.transfer.state.stored.empty());
  EXPECT_EQ(s.transfer.state.restarts, 1U);
  EXPECT_EQ(s.transfer.live.received, 0U);
}

TEST_F(AttemptEvents, AnEmptyFileIsAskedForAgain) {
  Transfer t = half_way_in(Phase::Queued);
  t.state.stored.clear();
  t.state.total = 0;
  EXPECT_EQ(actions(feed(t, event::SlotGranted{8})), "StartAttempt Notify:Status");
}

TEST_F(AttemptEvents, AStuckOneRunsOnWithoutItsSlotUntilItMoves) {
  const Step stuck = feed(half_way(), event::PaceChanged{kAttempt, true});
  EXPECT_EQ(actions(stuck), "");
  EXPECT_FALSE(stuck.transfer.live.has_slot);
  EXPECT_EQ(stuck.transfer.live.attempt, kAttempt);
  EXPECT_EQ(status(stuck.transfer), Status::Running);
  EXPECT_EQ(feed(stuck.transfer, event::PaceChanged{kAttempt, false}).transfer, half_way());
  expect_ignored(feed(half_way(), event::PaceChanged{kAttempt + 1, true}), half_way());
}

TEST_F(AttemptEvents, ARevokedSlotReturnsItToTheQueueWithItsBytes) {
  const Step stopping = feed(half_way(), event::SlotRevoked{StopReason::Preempted});
  EXPECT_EQ(actions(stopping), "StopAttempt");
  EXPECT_EQ(status(stopping.transfer), Status::Running);
  const Step queued = feed(stopping.transfer, event::AttemptStopped{kAttempt, 600});
  EXPECT_EQ(actions(queued), "Persist Notify:Status");
  EXPECT_EQ(status(queued.transfer), Status::Idle);
  EXPECT_EQ(queued.transfer.state.queue_position, 5U);
  EXPECT_EQ(queued.transfer.state.stored, RangeSet::prefix(600));
  expect_ignored(feed(queued.transfer, event::SlotRevoked{StopReason::Preempted}), queued.transfer);
}

// --- facts -------------------------------------------------------------------------------------

TEST_F(AttemptEvents, Table14_FactsPauseARunningOne) {
  struct Row {
    Facts facts;
    StopReason reason;
    Status status;
  };
  Facts offline;
  offline.network.connected = false;
  Facts costly;
  costly.network.cost = NetworkCostType::Fixed;
  costly.network.roaming = true;
  Facts saving;
  saving.power.holds_background = true;
  for (const Row& row : {Row{offline, StopReason::NoNetwork, Status::PausedNoNetwork},
                         Row{costly, StopReason::Cost, Status::PausedCostedNetwork},
                         Row{saving, StopReason::SystemPolicy, Status::PausedSystemPolicy}}) {
    facts = row.facts;
    const Step stopping = feed(half_way(), event::FactsChanged{});
    EXPECT_EQ(actions(stopping), "StopAttempt");
    EXPECT_EQ(stopping.transfer.live.stopping, row.reason);
    EXPECT_EQ(actions(feed(stopping.transfer, event::FactsChanged{})), "") << "asked once";
    const Step paused = feed(stopping.transfer, event::AttemptStopped{kAttempt, 600});
    EXPECT_EQ(actions(paused), "Persist Notify:Status");
    EXPECT_EQ(status(paused.transfer), row.status);
    facts = {};
    EXPECT_EQ(actions(feed(paused.transfer, event::FactsChanged{})), "Notify:Status");
    EXPECT_EQ(status(paused.transfer), Status::Idle) << "waits for a slot only";
  }
}

TEST_F(AttemptEvents, FactsThatPermitChangeNothing) {
  EXPECT_EQ(actions(feed(running(), event::FactsChanged{})), "");
  for (const Phase phase : {Phase::Created, Phase::PausedByApp, Phase::Finishing, Phase::Failed}) {
    facts.network.connected = false;
    expect_ignored(feed(in_phase(phase), event::FactsChanged{}), in_phase(phase));
  }
}

TEST_F(AttemptEvents, WhoeverWaitsIsToldThatTheFactsHaveChanged) {
  facts.network.connected = false;
  for (const Phase phase : {Phase::Queued, Phase::RetryAt, Phase::DiskFull}) {
    EXPECT_EQ(actions(feed(in_phase(phase), event::FactsChanged{})), "Notify:Status");
  }
}

// --- waking ------------------------------------------------------------------------------------

TEST_F(AttemptEvents, WhatIsDueQueuesAgain) {
  for (const Phase phase : {Phase::RetryAt, Phase::DiskFull}) {
    const Transfer t = in_phase(phase);
    expect_ignored(feed(t, event::WakeDue{}), t);
    now = *t.state.wake_at;
    const Step s = feed(t, event::WakeDue{});
    EXPECT_EQ(actions(s), "Persist Notify:Status");
    EXPECT_EQ(s.transfer.state.phase, Phase::Queued);
    EXPECT_EQ(s.transfer.state.queue_position, 5U);
    EXPECT_FALSE(s.transfer.state.wake_at);
  }
}

TEST_F(AttemptEvents, WakingShowsNothingNewWhileAnotherCauseHolds) {
  facts.network.connected = false;
  const Transfer t = in_phase(Phase::RetryAt);
  now = *t.state.wake_at;
  EXPECT_EQ(actions(feed(t, event::WakeDue{})), "Persist");
}

TEST_F(AttemptEvents, NothingElseWakes) {
  for (const Phase phase :
       {Phase::Created, Phase::Queued, Phase::PausedByApp, Phase::Finishing, Phase::Completed}) {
    expect_ignored(feed(in_phase(phase), event::WakeDue{}), in_phase(phase));
  }
}

// --- responses ---------------------------------------------------------------------------------

TEST_F(AttemptEvents, R27_TheFirstResponseIsNews) {
  const Step s = feed(running(), response(Verdict::Kind::StartOver));
  EXPECT_EQ(actions(s), "Notify:Response");
  EXPECT_TRUE(find_notify(s, What::Response)->response_changed);
  EXPECT_FALSE(find_notify(s, What::Response)->restarted);
  const TransferState& state = s.transfer.state;
  EXPECT_EQ(state.response, good_head());
  EXPECT_EQ(state.total, kTotal);
  EXPECT_EQ(state.file_name, "x");
  EXPECT_EQ(state.validator.value, "\"a\"");
  EXPECT_FALSE(state.has_response_changed);
  EXPECT_EQ(state.restarts, 0U);
}

TEST_F(AttemptEvents, R77_ALaterResponseReplacesTheFirst) {
  Transfer t = half_way();
  t.state.error = network_failure().error;
  t.state.range_refusals = 1;
  const Step s = feed(t, response(Verdict::Kind::Append, 206));
  EXPECT_EQ(actions(s), "Persist Notify:Response");
  EXPECT_FALSE(find_notify(s, What::Response)->restarted);
  EXPECT_TRUE(s.transfer.state.has_response_changed);
  EXPECT_EQ(s.transfer.state.response->status, 206);
  EXPECT_EQ(s.transfer.state.stored, RangeSet::prefix(300));
  EXPECT_EQ(s.transfer.state.range_refusals, 0U);
  EXPECT_FALSE(s.transfer.state.error) << "R164";
}

TEST_F(AttemptEvents, R75_StartingOverVoidsWhatWasThere) {
  event::ResponseArrived e = response(Verdict::Kind::StartOver);
  e.head.headers = {{"ETag", "\"b\""}};
  e.total.reset();
  const Step s = feed(half_way(), e);
  EXPECT_EQ(actions(s), "Persist Notify:Response") << "the old claim must not outlive its bytes";
  EXPECT_TRUE(find_notify(s, What::Response)->restarted);
  EXPECT_TRUE(find_notify(s, What::Response)->response_changed);
  const TransferState& state = s.transfer.state;
  EXPECT_EQ(state.restarts, 1U);
  EXPECT_TRUE(state.stored.empty());
  EXPECT_EQ(state.boot_id, boot) << "whatever is in the file now is of this version";
  EXPECT_EQ(state.validator.value, "\"b\"");
  EXPECT_FALSE(state.total);
  EXPECT_EQ(state.high_water, 300U);
  EXPECT_EQ(s.transfer.live.received, 0U);
}

TEST_F(AttemptEvents, ALargeFileIsRecordedAsSoonAsItsBytesCanBeProven) {
  event::ResponseArrived e = response(Verdict::Kind::StartOver);
  e.total = 1_MiB + 1;
  const Step s = feed(running(), e);
  EXPECT_EQ(actions(s), "Persist Notify:Response");
  EXPECT_EQ(s.transfer.state.boot_id, boot);
  e.total.reset();
  EXPECT_EQ(actions(feed(running(), e)), "Persist Notify:Response") << "may be large";
  EXPECT_EQ(actions(feed(s.transfer, e)), "Persist Notify:Response") << "vouched for less";
  e.total = 1_MiB;
  EXPECT_EQ(actions(feed(running(), e)), "Notify:Response") << "costs more than it saves";
  e.total.reset();
  e.head.headers = {{"ETag", "W/\"a\""}};
  EXPECT_EQ(actions(feed(running(), e)), "Notify:Response") << "nothing proves its bytes";
}

TEST_F(AttemptEvents, BytesThatACrashLeftWithoutAProofAreARestartToo) {
  event::ResponseArrived e = response(Verdict::Kind::StartOver);
  e.replaced = true;
  const Step s = feed(running(), e);
  EXPECT_TRUE(find_notify(s, What::Response)->restarted);
  EXPECT_EQ(s.transfer.state.restarts, 1U);
}

TEST_F(AttemptEvents, R28_ARestartIsToldOnce) {
  Transfer t = feed(half_way(), event::AttemptRefusedRange{kAttempt, 200}).transfer;
  t = feed(t, event::SlotGranted{8}).transfer;
  event::ResponseArrived e = response(Verdict::Kind::StartOver);
  e.attempt = 8;
  e.replaced = true;
  const Step s = feed(t, e);
  EXPECT_FALSE(find_notify(s, What::Response)->restarted);
  EXPECT_EQ(s.transfer.state.restarts, 1U);
  Transfer later = s.transfer;
  later.live.received = 0;
  EXPECT_TRUE(find_notify(feed(later, e), What::Response)->restarted) << "the next one is told";
}

TEST_F(AttemptEvents, R72_OnlyAProofIsKept) {
  event::ResponseArrived e = response(Verdict::Kind::StartOver);
  e.head.headers = {{"ETag", "W/\"a\""}};
  EXPECT_FALSE(feed(running(), e).transfer.state.validator.can_resume());
  Transfer post = running();
  post.spec.method = "POST";
  EXPECT_FALSE(
      feed(post, response(Verdict::Kind::StartOver)).transfer.state.validator.can_resume());
}

TEST_F(AttemptEvents, Section0_AChecksumIsAProofWhereTheServerGivesNone) {
  event::ResponseArrived e = response(Verdict::Kind::StartOver);
  e.head.headers = {{"ETag", "W/\"a\""}};
  Transfer t = running();
  t.spec.checksum = Checksum{};
  EXPECT_EQ(feed(t, e).transfer.state.validator.kind, Validator::Kind::Checksum);
  e.head.headers.push_back({"Content-Encoding", "gzip"});
  EXPECT_FALSE(feed(t, e).transfer.state.validator.can_resume()) << "R71";
  e.head.headers = {{"ETag", "\"a\""}};
  EXPECT_EQ(feed(t, e).transfer.state.validator.kind, Validator::Kind::StrongEtag);
  e.head.headers.clear();
  e.total.reset();
  EXPECT_FALSE(feed(t, e).transfer.state.validator.can_resume());
}

TEST_F(AttemptEvents, APasswordInAnAddressThatTheServerTellsIsStoredNowhere) {
  event::ResponseArrived e = response(Verdict::Kind::Reject, 302);
  e.head.headers.push_back({"Location", "ftp://ann:secret@h/x"});
  const auto stored = feed(half_way(), e).transfer.state.response->headers;
  EXPECT_EQ(find_field(stored, "Location"), "ftp://h/x");
}

TEST_F(AttemptEvents, R80_ARejectedAnswerIsShownAndClaimsStay) {
  event::ResponseArrived e = response(Verdict::Kind::Reject, 503);
  e.total = 7;
  e.file_name = "error.html";
  const Step s = feed(half_way(), e);
  EXPECT_EQ(actions(s), "Notify:Response");
  const TransferState& state = s.transfer.state;
  EXPECT_EQ(state.response->status, 503);
  EXPECT_EQ(state.stored, RangeSet::prefix(300));
  EXPECT_EQ(state.validator.value, "\"a\"");
  EXPECT_EQ(state.total, kTotal);
  EXPECT_EQ(state.file_name, "");
}

TEST_F(AttemptEvents, AnAnswerOfNoUseIsNotShown) {
  expect_ignored(feed(half_way(), response(Verdict::Kind::AskAgain, 416)), half_way());
  EXPECT_EQ(feed(half_way(), response(Verdict::Kind::Complete, 416)).transfer.state.response,
            good_head());
}

TEST_F(AttemptEvents, TheAnswerThatRefusesARangeForGoodIsShown) {
  for (const int code : {412, 416}) {
    Transfer t = half_way();
    t.state.range_refusals = 1;
    const Step s = feed(t, response(Verdict::Kind::AskAgain, code));
    EXPECT_EQ(s.transfer.state.response->status, code);
    EXPECT_EQ(s.transfer.state.stored, half_way().state.stored);
    EXPECT_EQ(actions(s), "Notify:Response");
  }
}

// --- bytes -------------------------------------------------------------------------------------

TEST_F(AttemptEvents, R25_BytesAreNews) {
  const Step s = feed(half_way(), event::BytesArrived{kAttempt, 700});
  EXPECT_EQ(actions(s), "Notify:Progress");
  EXPECT_EQ(s.transfer.live.received, 700U);
  EXPECT_EQ(s.transfer.live.last_bytes_at, now);
  EXPECT_EQ(s.transfer.state, half_way().state) << "not durable, thus not claimed";
}

TEST_F(AttemptEvents, ACheckpointClaimsWhatIsDurable) {
  boot = "boot-2";
  const Step s = feed(half_way(), event::Checkpointed{kAttempt, 450});
  EXPECT_EQ(actions(s), "Persist");
  EXPECT_EQ(s.transfer.state.stored, RangeSet::prefix(450));
  EXPECT_EQ(s.transfer.state.boot_id, "boot-2");
  EXPECT_EQ(s.transfer.state.high_water, 450U);
  EXPECT_EQ(s.transfer.live.received, 500U);
}

// --- stale news --------------------------------------------------------------------------------

TEST_F(AttemptEvents, NewsOfAnotherAttemptIsIgnored) {
  for (const AttemptId attempt : {AttemptId{0}, kAttempt - 1, kAttempt + 1}) {
    event::ResponseArrived head = response(Verdict::Kind::StartOver);
    head.attempt = attempt;
    for (const Event& news :
         {Event(head), Event(event::BytesArrived{attempt, 1}),
          Event(event::Checkpointed{attempt, 1}), Event(event::AttemptCompleted{attempt, 1}),
          Event(event::AttemptStopped{attempt, 1}),
          Event(event::AttemptFailed{attempt, network_failure(), 1}),
          Event(event::AttemptRefusedRange{attempt, 416}),
          Event(event::AttemptDiskFull{attempt, 1, 1, {}})}) {
      expect_ignored(feed(half_way(), news), half_way());
      expect_ignored(feed(half_way_in(Phase::Queued), news), half_way_in(Phase::Queued));
    }
  }
}

TEST_F(AttemptEvents, AfterTheEndNewsIsIgnored) {
  const Transfer canceled = stopping(StopReason::Cancel);
  expect_ignored(feed(canceled, event::BytesArrived{kAttempt, 700}), canceled);
  expect_ignored(feed(canceled, event::Checkpointed{kAttempt, 700}), canceled);
  expect_ignored(feed(canceled, response(Verdict::Kind::StartOver)), canceled);
}

}  // namespace
}  // namespace lh
