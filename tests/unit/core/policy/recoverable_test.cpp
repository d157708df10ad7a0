#include <gtest/gtest.h>

#include "unit/core/policy/machine_fixture.h"

// Errors that the app can mend, a new URL, and secrets: R155 to R160, R173, design.md 2.10.
namespace lh {
namespace {

class Recoverable : public MachineTest {
 protected:
  static constexpr const char* kNewUri = "http://other/y";

  [[nodiscard]] static SecretId secret(std::uint8_t n) { return Guid::from_random({n}); }
  [[nodiscard]] static Transfer mendable(Transfer t, std::vector<WebErrorStatus> statuses) {
    t.spec.recoverable = std::move(statuses);
    return t;
  }
  [[nodiscard]] static Transfer with_secret(Transfer t) {
    t.spec.secret = secret(1);
    return t;
  }
  [[nodiscard]] static event::Changed change() {
    event::Changed change;
    change.request = kRequest;
    return change;
  }
  [[nodiscard]] static event::Changed change_of_uri() {
    event::Changed moved = change();
    moved.uri.emplace(kNewUri, "http://other:80");
    return moved;
  }
  /// What is dropped; nothing if none is.
  static std::optional<SecretId> dropped(const Step& step) {
    const auto* drop = find<action::DropSecret>(step);
    return drop == nullptr ? std::nullopt : std::optional(drop->secret);
  }
  /// Whether the entry is given up only behind the row that names it no longer.
  static bool is_dropped_behind_its_row(const Step& step) {
    bool persisted = false;
    for (const Action& action : step.actions) {
      persisted |= std::holds_alternative<action::Persist>(action);
      if (std::holds_alternative<action::DropSecret>(action)) return persisted;
    }
    return false;
  }
};

// --- errors that pause ---------------------------------------------------------------------------

TEST_F(Recoverable, R156_AnErrorThatTheAppCanMendPausesInsteadOfEnding) {
  const Transfer t = mendable(half_way(), {WebErrorStatus::Forbidden});
  const Step s = feed(t, event::AttemptFailed{kAttempt, http_failure(403), 600});
  EXPECT_EQ(actions(s), "Persist Notify:Status");
  EXPECT_EQ(status(s.transfer), Status::PausedRecoverableWebErrorStatus);
}

TEST_F(Recoverable, R156_ThePauseKeepsTheBytes) {
  const Transfer t = mendable(half_way(), {WebErrorStatus::Forbidden});
  const Step s = feed(t, event::AttemptFailed{kAttempt, http_failure(403), 600});
  EXPECT_EQ(s.transfer.state.stored, RangeSet::prefix(600));
}

TEST_F(Recoverable, R164_ThePauseShowsTheError) {
  const Transfer t = mendable(half_way(), {WebErrorStatus::Forbidden});
  const Step s = feed(t, event::AttemptFailed{kAttempt, http_failure(403), 600});
  EXPECT_EQ(s.transfer.state.error, http_failure(403).error);
}

TEST_F(Recoverable, R156_AnyOtherErrorEndsIt) {
  const Transfer t = mendable(half_way(), {WebErrorStatus::NotFound, WebErrorStatus::Unauthorized});
  const Step s = feed(t, event::AttemptFailed{kAttempt, http_failure(403), 600});
  EXPECT_EQ(s.transfer.state.phase, Phase::Failed);
}

TEST_F(Recoverable, R39_AnErrorThatMayPassIsRetriedFirst) {
  const Transfer t = mendable(half_way(), {network_failure().error.status});
  const Step s = feed(t, event::AttemptFailed{kAttempt, network_failure(), 300});
  EXPECT_EQ(s.transfer.state.phase, Phase::RetryAt);
}

TEST_F(Recoverable, R156_WithoutRetriesLeftTheAppIsAsked) {
  Transfer t = mendable(half_way(), {network_failure().error.status});
  t.state.failures_in_row = limits.retry_count;
  const Step s = feed(t, event::AttemptFailed{kAttempt, network_failure(), 300});
  EXPECT_EQ(s.transfer.state.phase, Phase::PausedRecoverable);
}

TEST_F(Recoverable, R173_WhatIsNoWebErrorCannotBeMended) {
  Failure failure;
  failure.error = file_failure(ErrorKind::File, 5);
  ASSERT_EQ(failure.error.status, WebErrorStatus::Unknown);
  const Transfer t = mendable(half_way(), {WebErrorStatus::Unknown});
  const Step s = feed(t, event::AttemptFailed{kAttempt, failure, 300});
  EXPECT_EQ(s.transfer.state.phase, Phase::Failed);
}

TEST_F(Recoverable, R40_WithoutConnectivityNobodyIsAsked) {
  facts.network.connected = false;
  const Transfer t = mendable(half_way(), {network_failure().error.status});
  const Step s = feed(t, event::AttemptFailed{kAttempt, network_failure(), 300});
  EXPECT_EQ(s.transfer.state.phase, Phase::Queued);
}

TEST_F(Recoverable, AnErrorThatComesWhilePausingIsThePause) {
  const Transfer t = mendable(stopping(StopReason::Pause), {WebErrorStatus::Forbidden});
  const Step s = feed(t, event::AttemptFailed{kAttempt, http_failure(403), 600});
  EXPECT_EQ(status(s.transfer), Status::PausedByApplication);
}

TEST_F(Recoverable, Section3_ASecondRefusalOfTheRangeCanBeMendedFromTheBeginning) {
  Transfer t = mendable(half_way(), {http_error(416, "GET", "http://h/x").status});
  t.state.range_refusals = 1;
  const Step s = feed(t, event::AttemptRefusedRange{kAttempt, 416});
  EXPECT_EQ(status(s.transfer), Status::PausedRecoverableWebErrorStatus);
  EXPECT_TRUE(s.transfer.state.stored.empty()) << "what is there leads to the same refusal again";
  ASSERT_NE(find_notify(s, What::Response), nullptr);
  EXPECT_TRUE(find_notify(s, What::Response)->restarted);
}

// --- failures that do not count ------------------------------------------------------------------

TEST_F(Recoverable, AFailureThatDoesNotCountIsRetriedHoweverOften) {
  Failure locked = http_failure(401);
  locked.transient = true;
  locked.counts = false;
  locked.retry_after = 30s;
  Transfer t = half_way();
  t.state.failures_in_row = limits.retry_count;
  for (int i = 0; i < 5; ++i) {
    const Step s = feed(t, event::AttemptFailed{kAttempt, locked, 300});
    ASSERT_EQ(s.transfer.state.phase, Phase::RetryAt);
    EXPECT_EQ(s.transfer.state.wake_at, now + 30s);
    EXPECT_EQ(s.transfer.state.failures_in_row, limits.retry_count);
    t = s.transfer;
    t.state.phase = Phase::Queued;
    t.live = half_way().live;
  }
}

// --- resume --------------------------------------------------------------------------------------

TEST_F(Recoverable, R157_ResumeBringsTheRetriesBack) {
  Transfer t = half_way_in(Phase::PausedRecoverable);
  t.state.failures_in_row = 4;
  const Step s = feed(t, event::ResumeRequested{kRequest, 33});
  EXPECT_EQ(s.transfer.state.phase, Phase::Queued);
  EXPECT_EQ(s.transfer.state.failures_in_row, 0U);
}

TEST_F(Recoverable, R157_AResumeAfterThePauseOfTheAppDoesNot) {
  Transfer t = half_way_in(Phase::PausedByApp);
  t.state.failures_in_row = 2;
  EXPECT_EQ(feed(t, event::ResumeRequested{kRequest, 33}).transfer.state.failures_in_row, 2U);
}

// --- a new URL -----------------------------------------------------------------------------------

TEST_F(Recoverable, R159_TheUrlChangesWhileItIsPaused) {
  for (const Phase phase : {Phase::PausedByApp, Phase::PausedRecoverable}) {
    const Step s = feed(half_way_in(phase), change_of_uri());
    EXPECT_EQ(actions(s), "Persist Reply");
    EXPECT_EQ(s.transfer.spec.uri, kNewUri);
    EXPECT_EQ(s.transfer.spec.origin, "http://other:80");
    EXPECT_EQ(s.transfer.state.phase, phase) << "the resumption is the app's";
  }
}

TEST_F(Recoverable, R160_TheNewUrlKeepsBytesAndWhatProvesThem) {
  const Transfer t = half_way_in(Phase::PausedRecoverable);
  const Step s = feed(t, change_of_uri());
  EXPECT_EQ(s.transfer.state, t.state);
}

TEST_F(Recoverable, R160_TheNextRequestAsksTheNewServerForTheRest) {
  Transfer t = feed(half_way_in(Phase::PausedRecoverable), change_of_uri()).transfer;
  t = feed(t, event::ResumeRequested{kRequest, 33}).transfer;
  const Step s = feed(t, event::SlotGranted{8});
  const auto* start = find<action::StartAttempt>(s);
  ASSERT_NE(start, nullptr);
  EXPECT_EQ(start->plan.uri, kNewUri);
  EXPECT_EQ(start->plan.resume_from, 300U);
  EXPECT_EQ(start->plan.validator, t.state.validator);
}

TEST_F(Recoverable, R30_NotWhileARequestIsUnderWay) {
  Transfer t = half_way_in(Phase::PausedByApp);
  t.live.attempt = 7;
  t.live.stopping = StopReason::Pause;
  expect_refused(feed(t, change_of_uri()), t);
}

TEST_F(Recoverable, R160_OfADateTheNewUrlMustTellAgain) {
  Transfer t = half_way_in(Phase::PausedByApp);
  t.state.validator = {Validator::Kind::LastModified, "Sun, 06 Nov 1994 08:49:37 GMT"};
  t.state.total = 1000;
  const Transfer moved = feed(t, change_of_uri()).transfer;
  EXPECT_EQ(moved.state.validator,
            (Validator{Validator::Kind::OldDate, "Sun, 06 Nov 1994 08:49:37 GMT"}));
  EXPECT_EQ(moved.state.stored, t.state.stored);
}

TEST_F(Recoverable, R158_ElsewhereANewUrlIsIllegalAndChangesNothing) {
  event::Changed moved = change_of_uri();
  moved.priority = BackgroundTransferPriority::High;
  moved.secret.emplace(secret(2));
  for (const Phase phase : {Phase::Created, Phase::Queued, Phase::RetryAt, Phase::DiskFull,
                            Phase::Finishing, Phase::Completed, Phase::Canceled, Phase::Failed}) {
    const Transfer t = with_secret(in_phase(phase));
    expect_refused(feed(t, moved), t);
  }
  expect_refused(feed(running(), moved), running());
}

TEST_F(Recoverable, R155_WhichErrorsPauseCanChangeUntilTheEnd) {
  event::Changed wish = change();
  wish.recoverable = std::vector{WebErrorStatus::Forbidden};
  for (int phase = 0; phase < static_cast<int>(Phase::Completed); ++phase) {
    const Transfer t = mendable(in_phase(static_cast<Phase>(phase)), {WebErrorStatus::Gone});
    const Step s = feed(t, wish);
    EXPECT_EQ(actions(s), "Persist Reply");
    EXPECT_EQ(s.transfer.spec.recoverable, std::vector{WebErrorStatus::Forbidden});
  }
}

TEST_F(Recoverable, R155_AnEmptyListIsAChangeAndNoListIsNone) {
  const Transfer t = mendable(queued(), {WebErrorStatus::Gone});
  EXPECT_EQ(feed(t, change()).transfer.spec.recoverable, t.spec.recoverable);
  event::Changed wish = change();
  wish.recoverable.emplace();
  EXPECT_TRUE(feed(t, wish).transfer.spec.recoverable.empty());
}

// --- secrets -------------------------------------------------------------------------------------

TEST_F(Recoverable, R14_TheEndGivesTheSecretsUp) {
  const Transfer waiting = with_secret(queued());
  const Transfer active = with_secret(half_way());
  for (const Step& s : {feed(waiting, event::CancelRequested{kRequest}),
                        feed(active, event::AttemptFailed{kAttempt, http_failure(404), 300}),
                        feed(with_secret(in_phase(Phase::Finishing)), event::FileCommitted{"x"})}) {
    ASSERT_TRUE(is_final(s.transfer.state.phase));
    EXPECT_EQ(dropped(s), secret(1));
    EXPECT_TRUE(is_dropped_behind_its_row(s)) << actions(s);
    EXPECT_FALSE(s.transfer.spec.secret);
  }
}

TEST_F(Recoverable, AnEndWithoutSecretsGivesNoneUp) {
  EXPECT_EQ(dropped(feed(queued(), event::CancelRequested{kRequest})), std::nullopt);
}

TEST_F(Recoverable, APauseAndARetryKeepTheSecrets) {
  const Transfer t = mendable(with_secret(half_way()), {WebErrorStatus::Forbidden});
  for (const Failure& failure : {http_failure(403), network_failure()}) {
    const Step s = feed(t, event::AttemptFailed{kAttempt, failure, 300});
    EXPECT_EQ(dropped(s), std::nullopt);
    EXPECT_EQ(s.transfer.spec.secret, secret(1));
  }
}

TEST_F(Recoverable, NewSecretsTakeThePlaceOfTheOldOnes) {
  event::Changed wish = change();
  wish.secret.emplace(secret(2));
  const Step s = feed(with_secret(queued()), wish);
  EXPECT_EQ(actions(s), "Persist Reply DropSecret");
  EXPECT_EQ(s.transfer.spec.secret, secret(2));
  EXPECT_EQ(dropped(s), secret(1));
}

TEST_F(Recoverable, SecretsCanBeTakenAway) {
  event::Changed wish = change();
  wish.secret.emplace(std::nullopt);
  const Step s = feed(with_secret(queued()), wish);
  EXPECT_FALSE(s.transfer.spec.secret);
  EXPECT_EQ(dropped(s), secret(1));
}

TEST_F(Recoverable, TheFirstSecretsReplaceNothing) {
  event::Changed wish = change();
  wish.secret.emplace(secret(2));
  EXPECT_EQ(actions(feed(queued(), wish)), "Persist Reply");
}

TEST_F(Recoverable, AnyOtherChangeLeavesTheSecrets) {
  event::Changed wish = change();
  wish.priority = BackgroundTransferPriority::High;
  const Step s = feed(with_secret(queued()), wish);
  EXPECT_EQ(s.transfer.spec.secret, secret(1));
  EXPECT_EQ(dropped(s), std::nullopt);
}

TEST_F(Recoverable, AnAttemptIsToldWhatItsRequestsNeed) {
  Transfer t = with_secret(queued());
  t.spec.proxy = {.http = "http://p:1", .https = "http://q:2", .ftp = "", .exceptions = "h"};
  t.spec.ca_file = "/etc/ca.pem";
  const Step s = feed(t, event::SlotGranted{8});
  const auto* start = find<action::StartAttempt>(s);
  ASSERT_NE(start, nullptr);
  EXPECT_EQ(start->plan.secret, t.spec.secret);
  EXPECT_EQ(start->plan.proxy, t.spec.proxy);
  EXPECT_EQ(start->plan.ca_file, t.spec.ca_file);
}

}  // namespace
}  // namespace lh
