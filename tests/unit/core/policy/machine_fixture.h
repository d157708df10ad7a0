#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "core/model/web_error.h"
#include "core/policy/blockers.h"
#include "core/policy/transfer_machine.h"

namespace lh {

/// What tests of transfer_machine say in one line.
class MachineTest : public ::testing::Test {
 protected:
  using Status = BackgroundTransferStatus;
  using What = action::Notify::What;

  static constexpr AttemptId kAttempt = 7;
  static constexpr RequestId kRequest = 42;
  static constexpr ByteCount kTotal = 1000;

  Facts facts;
  Limits limits;
  TimePoint now = TimePoint(std::chrono::hours(24 * 365 * 50));
  std::string boot = "boot-1";
  double jitter = 0;

  Step feed(const Transfer& transfer, const Event& event) {
    return step(transfer, event, {now, facts, limits, boot, jitter});
  }
  Step recovered(const Transfer& transfer) {
    return recover(transfer, {now, facts, limits, boot, jitter});
  }
  [[nodiscard]] Status status(const Transfer& transfer) const { return status_of(transfer, facts); }

  // --- transfers in every state ------------------------------------------------------------

  [[nodiscard]] Transfer created() const {
    Transfer t;
    t.id = Guid::from_random({1, 2, 3});
    t.spec.app = "org.example.app";
    t.spec.uri = "http://h/x?secret";
    t.spec.origin = "http://h:80";
    t.spec.target.folder = "/home/u";
    t.spec.headers = {{"A", "1"}};
    t.state.created = now;
    return t;
  }
  [[nodiscard]] Transfer in_phase(Phase phase) const {
    Transfer t = created();
    t.state.phase = phase;
    if (phase == Phase::Created) return t;
    t.state.started = now;
    t.state.queue_position = 5;
    if (phase == Phase::RetryAt || phase == Phase::DiskFull) {
      t.state.wake_at = now + std::chrono::seconds(5);
    }
    if (phase == Phase::Finishing) {
      t.state.total = kTotal;
      t.state.stored = RangeSet::prefix(kTotal);
      t.state.commit = CommitIntent{1, 2, kTotal};
      t.live.file_job = true;
    }
    if (is_final(phase)) t.state.ended = now;
    return t;
  }
  [[nodiscard]] Transfer queued() const { return in_phase(Phase::Queued); }
  [[nodiscard]] Transfer running() const {
    Transfer t = queued();
    t.state.attempts = 1;
    t.live.attempt = kAttempt;
    t.live.has_slot = true;
    return t;
  }
  /// Running, with a resumable response and 300 of 1000 bytes recorded.
  [[nodiscard]] Transfer half_way() const {
    Transfer t = running();
    t.state.response = good_head();
    t.state.validator = {Validator::Kind::StrongEtag, "\"a\""};
    t.state.total = kTotal;
    t.state.stored = RangeSet::prefix(300);
    t.state.high_water = 300;
    t.state.boot_id = boot;
    t.live.received = 500;
    return t;
  }
  /// As half_way(), without its attempt.
  [[nodiscard]] Transfer half_way_in(Phase phase) const {
    Transfer t = half_way();
    t.live = LiveState{.received = 300};
    t.state.phase = phase;
    return t;
  }
  [[nodiscard]] Transfer syncing() const {
    Transfer t = half_way();
    t.live = LiveState{.file_job = true, .received = kTotal};
    return t;
  }
  [[nodiscard]] Transfer stopping(StopReason reason) const {
    Transfer t = half_way();
    t.live.stopping = reason;
    if (reason == StopReason::Pause) t.state.phase = Phase::PausedByApp;
    if (reason == StopReason::Cancel) t.state.phase = Phase::Canceled;
    return t;
  }

  // --- what happens to them ----------------------------------------------------------------

  static ResponseHead good_head() {
    return {200, "http://h/x", {{"ETag", "\"a\""}, {"Content-Length", "1000"}}};
  }
  static Failure network_failure() {
    Failure failure;
    failure.transient = true;
    failure.error.kind = ErrorKind::Network;
    failure.error.status = WebErrorStatus::ConnectionReset;
    failure.error.hresult = hresult_of(failure.error.status);
    failure.error.message = "http://h: connection reset";
    return failure;
  }
  static Failure http_failure(int status) {
    Failure failure;
    failure.transient = is_transient_http(status);
    failure.error = http_error(status, "GET", "http://h/x");
    return failure;
  }
  static TransferError file_failure(ErrorKind kind, int code) {
    return to_transfer_error(Error{kind, code, "sync", "/home/u/x", ""});
  }

  // --- what the step did -------------------------------------------------------------------

  /// "Persist Reply! StopAttempt Notify:Status"; "!" marks a refusal.
  static std::string actions(const Step& step) {
    std::string text;
    for (const Action& action : step.actions) {
      if (!text.empty()) text += ' ';
      text += name_of(action);
    }
    return text;
  }
  template <typename A>
  static const A* find(const Step& step) {
    const A* found = nullptr;
    for (const Action& action : step.actions) {
      if (const auto* match = std::get_if<A>(&action)) found = match;
    }
    return found;
  }
  static const action::Notify* find_notify(const Step& step, What what) {
    for (const Action& action : step.actions) {
      const auto* match = std::get_if<action::Notify>(&action);
      if (match != nullptr && match->what == what) return match;
    }
    return nullptr;
  }
  /// Refused with E_ILLEGAL_METHOD_CALL, and nothing else happened.
  static void expect_refused(const Step& step, const Transfer& before) {
    EXPECT_EQ(actions(step), "Reply!");
    EXPECT_EQ(step.transfer, before);
    const auto* reply = find<action::Reply>(step);
    ASSERT_NE(reply, nullptr);
    EXPECT_EQ(reply->request, kRequest);
    ASSERT_TRUE(reply->error);
    EXPECT_EQ(reply->error->hresult, hr::kIllegalMethodCall);
    EXPECT_FALSE(reply->error->message.empty());
  }
  static void expect_ignored(const Step& step, const Transfer& before) {
    EXPECT_EQ(actions(step), "");
    EXPECT_EQ(step.transfer, before);
  }

 private:
  static std::string name_of(const Action& action) {
    struct Names {
      std::string operator()(const action::Persist&) const { return "Persist"; }
      std::string operator()(const action::Reply& a) const { return a.error ? "Reply!" : "Reply"; }
      std::string operator()(const action::StartAttempt&) const { return "StartAttempt"; }
      std::string operator()(const action::StopAttempt&) const { return "StopAttempt"; }
      std::string operator()(const action::ProceedAttempt&) const { return "ProceedAttempt"; }
      std::string operator()(const action::GiveUpUpload&) const { return "GiveUpUpload"; }
      std::string operator()(const action::SyncFile&) const { return "SyncFile"; }
      std::string operator()(const action::CommitFile&) const { return "CommitFile"; }
      std::string operator()(const action::DiscardFile&) const { return "DiscardFile"; }
      std::string operator()(const action::DropSecret&) const { return "DropSecret"; }
      std::string operator()(const action::DropBody&) const { return "DropBody"; }
      std::string operator()(const action::Notify& a) const {
        switch (a.what) {
          case What::Created:
            return "Notify:Created";
          case What::Status:
            return "Notify:Status";
          case What::Progress:
            return "Notify:Progress";
          case What::Response:
            return "Notify:Response";
          case What::Ended:
            return "Notify:Ended";
        }
        return "?";
      }
    };
    return std::visit(Names{}, action);
  }
};

}  // namespace lh
