#include <gtest/gtest.h>

#include "unit/core/policy/machine_fixture.h"

// What uploads do otherwise than downloads: R28, R36, R44, R85 to R87, R99.
namespace lh {
namespace {

class Uploads : public MachineTest {
 protected:
  static constexpr ByteCount kLength = 5000;

  [[nodiscard]] Transfer upload(const std::string& method, Phase phase = Phase::Queued) const {
    Transfer t = in_phase(phase);
    t.spec.kind = TransferKind::Upload;
    t.spec.method = method;
    t.spec.body =
        RequestBody{.file = "/home/u/source", .stamp = {.size = kLength}, .length = kLength};
    t.state.send_total = kLength;
    return t;
  }
  /// With a request under way, of which something was sent.
  [[nodiscard]] Transfer sending(const std::string& method) {
    Transfer t = feed(upload(method), event::SlotGranted{kAttempt}).transfer;
    return feed(t, event::BytesSent{kAttempt, 3000}).transfer;
  }
  Step feed(const Transfer& transfer, const Event& event) {
    return step(transfer, event, {now, facts, limits, boot, jitter, attended});
  }
  [[nodiscard]] static event::AttemptFailed broken(bool was_sent = true) {
    return {kAttempt, network_failure(), 0, false, was_sent};
  }
  [[nodiscard]] static event::ResponseArrived answer(Verdict::Kind verdict, int status) {
    event::ResponseArrived e;
    e.attempt = kAttempt;
    e.head = {status, "http://h/x", {}};
    e.verdict = verdict;
    e.total = 70;
    return e;
  }
  static void expect_ended_unseen(const Step& s) {
    EXPECT_EQ(actions(s), "Persist DiscardFile Notify:Ended");
    EXPECT_EQ(s.transfer.state.phase, Phase::Canceled);
    ASSERT_TRUE(s.transfer.state.error);
    EXPECT_EQ(s.transfer.state.error->hresult, hr::kCanceled);
    EXPECT_EQ(s.transfer.state.error->status, WebErrorStatus::Unknown);
  }

  bool attended = false;
};

TEST_F(Uploads, R96_TheLengthIsKnownFromTheBeginning) {
  Transfer t = upload("PUT");
  t.state = {};
  EXPECT_EQ(feed(t, event::Created{kRequest}).transfer.state.send_total, kLength);
}

TEST_F(Uploads, R86_ThatAPostIsUnderWayIsDurableBeforeItIsSent) {
  EXPECT_EQ(actions(feed(upload("POST"), event::SlotGranted{kAttempt})),
            "Persist StartAttempt Notify:Status");
  EXPECT_TRUE(sending("POST").state.request_open);
  EXPECT_TRUE(sending("PATCH").state.request_open);
  EXPECT_FALSE(sending("PUT").state.request_open);
}

TEST_F(Uploads, R28_R85_EveryNewRequestRestarts) {
  const Transfer first = sending("PUT");
  EXPECT_EQ(first.state.restarts, 0U);
  Transfer t = feed(first, broken()).transfer;
  EXPECT_EQ(t.state.phase, Phase::RetryAt);
  EXPECT_EQ(t.state.sent, 3000U);
  now += std::chrono::hours(1);
  t = feed(t, event::WakeDue{}).transfer;
  const Step again = feed(t, event::SlotGranted{8});
  EXPECT_EQ(again.transfer.state.restarts, 1U);
  EXPECT_EQ(again.transfer.live.sent, 0U);
  const auto* news = find_notify(again, What::Response);
  ASSERT_NE(news, nullptr);
  EXPECT_TRUE(news->restarted);
}

TEST_F(Uploads, R86_R87_APostWhoseRequestBreaksUnseenEndsAsCanceled) {
  expect_ended_unseen(feed(sending("POST"), broken()));
}

TEST_F(Uploads, R44_WithASessionItIsSentAgain) {
  attended = true;
  EXPECT_EQ(feed(sending("POST"), broken()).transfer.state.phase, Phase::RetryAt);
}

TEST_F(Uploads, R86_OfWhatWasNotSentNothingIsSentTwice) {
  const Step s = feed(sending("POST"), broken(false));
  EXPECT_EQ(s.transfer.state.phase, Phase::RetryAt);
  EXPECT_FALSE(s.transfer.state.request_open);
}

TEST_F(Uploads, R42_AnAnswerIsAnEndThatWasSeen) {
  const Step s =
      feed(sending("POST"), event::AttemptFailed{kAttempt, http_failure(503), 0, false, true});
  EXPECT_EQ(s.transfer.state.phase, Phase::RetryAt);
}

TEST_F(Uploads, R86_IfTheSessionHasGoneUntilTheNextAttemptItEnds) {
  attended = true;
  const Transfer t = feed(sending("POST"), broken()).transfer;
  attended = false;
  now += std::chrono::hours(1);
  expect_ended_unseen(feed(t, event::WakeDue{}));
}

TEST_F(Uploads, R86_AfterARestartOfTheServiceItsAppMayComeBack) {
  Transfer t = upload("POST");
  t.state.attempts = 1;
  t.state.request_open = true;
  const Step waits = feed(t, event::SlotGranted{kAttempt});
  EXPECT_EQ(actions(waits), "Persist Notify:Status");
  EXPECT_EQ(waits.transfer.state.phase, Phase::RetryAt);
  const auto blockers = blockers_of(waits.transfer, facts, QueueHold::Slots);
  ASSERT_EQ(blockers.size(), 1U);
  EXPECT_EQ(blockers.front().kind, BlockerKind::App);
  EXPECT_EQ(blockers.front().until, waits.transfer.state.wake_at);
  now += std::chrono::minutes(1);
  expect_ended_unseen(feed(waits.transfer, event::WakeDue{}));
  attended = true;
  const Transfer back = feed(waits.transfer, event::WakeDue{}).transfer;
  EXPECT_EQ(back.state.phase, Phase::Queued);
  EXPECT_NE(find<action::StartAttempt>(feed(back, event::SlotGranted{9})), nullptr);
}

TEST_F(Uploads, R86_ItGoesOnAsSoonAsItsAppIsBack) {
  Transfer t = upload("POST");
  t.state.request_open = true;
  t = feed(t, event::SlotGranted{kAttempt}).transfer;
  EXPECT_EQ(feed(t, event::AppAttached{}).transfer.state.phase, Phase::RetryAt) << "nobody is";
  attended = true;
  const Step s = feed(t, event::AppAttached{});
  EXPECT_EQ(s.transfer.state.phase, Phase::Queued);
  Transfer failed = t;
  failed.state.error = network_failure().error;
  EXPECT_EQ(feed(failed, event::AppAttached{}).transfer.state.phase, Phase::RetryAt)
      << "a retry has its own time";
}

TEST_F(Uploads, R86_WhatTheSystemStopsIsNotSentTwiceEither) {
  Transfer t = sending("POST");
  t.live.stopping = StopReason::NoNetwork;
  EXPECT_TRUE(feed(t, event::AttemptStopped{kAttempt, 0, true}).transfer.state.request_open);
  EXPECT_FALSE(feed(t, event::AttemptStopped{kAttempt, 0, false}).transfer.state.request_open);
}

TEST_F(Uploads, APostWhoseAnswerOfSuccessBreaksOffIsNotRepeated) {
  attended = true;
  Transfer t = feed(sending("POST"), answer(Verdict::Kind::StartOver, 201)).transfer;
  const Step s = feed(t, broken());
  EXPECT_EQ(s.transfer.state.phase, Phase::Failed);
}

TEST_F(Uploads, R99_TheAnswerIsCountedAndKeptWhateverItSays) {
  Transfer t = feed(sending("PUT"), answer(Verdict::Kind::Reject, 404)).transfer;
  EXPECT_EQ(t.state.total, 70U);
  const Step s = feed(t, event::AttemptFailed{kAttempt, http_failure(404), 70, false, true});
  EXPECT_EQ(actions(s), "Persist Notify:Ended") << "it is not discarded";
  EXPECT_EQ(s.transfer.state.stored, RangeSet::prefix(70));
  EXPECT_EQ(s.transfer.live.received, 70U);
}

TEST_F(Uploads, R42_TheAnswerToAFailedRequestIsNotThatToTheNext) {
  Transfer t = feed(sending("PUT"), answer(Verdict::Kind::Reject, 503)).transfer;
  t = feed(t, event::AttemptFailed{kAttempt, http_failure(503), 70, false, true}).transfer;
  EXPECT_EQ(t.state.failures_in_row, 1U) << "its bytes are no progress";
  now += std::chrono::hours(1);
  t = feed(t, event::WakeDue{}).transfer;
  const Step s = feed(t, event::SlotGranted{8});
  EXPECT_NE(find<action::StartAttempt>(s), nullptr);
  EXPECT_TRUE(s.transfer.state.stored.empty());
  EXPECT_EQ(s.transfer.state.total, std::nullopt);
}

TEST_F(Uploads, AtTheEndEverythingCountsAsSent) {
  Transfer t = upload("PUT", Phase::Finishing);
  const Step s = feed(t, event::FileCommitted{"x"});
  EXPECT_EQ(s.transfer.state.sent, kLength);
  ASSERT_TRUE(s.transfer.spec.body);
  EXPECT_EQ(s.transfer.spec.body->file, "/home/u/source") << "what was sent is still shown";
}

TEST_F(Uploads, R36_TheAppCannotPauseThem) {
  const Transfer t = sending("PUT");
  expect_refused(feed(t, event::PauseRequested{kRequest}), t);
}

TEST_F(Uploads, TheirUrlStays) {
  event::Changed moved{};
  moved.request = kRequest;
  moved.uri.emplace("http://other/", "http://other:80");
  const Transfer t = upload("PUT", Phase::Created);
  expect_refused(feed(t, moved), t);
}

TEST_F(Uploads, APostThatCannotKeepItsAnswerIsNotRepeated) {
  const TransferError full = file_failure(ErrorKind::DiskFull, ENOSPC);
  const Step s = feed(sending("POST"), event::AttemptDiskFull{kAttempt, 0, 100, full});
  EXPECT_EQ(s.transfer.state.phase, Phase::Failed);
  EXPECT_EQ(
      feed(sending("PUT"), event::AttemptDiskFull{kAttempt, 0, 100, full}).transfer.state.phase,
      Phase::DiskFull);
}

}  // namespace
}  // namespace lh
