#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/policy/blockers.h"
#include "core/policy/transfer_machine.h"

/// Inside of transfer_machine: one step under way, and what the event functions are made of.
namespace lh::machine {

class Transition {
 public:
  Transition(Transfer transfer, const Surroundings& surroundings);
  Transition(const Transition&) = delete;
  Transition& operator=(const Transition&) = delete;

  [[nodiscard]] const Surroundings& in() const { return in_; }
  [[nodiscard]] const Transfer& transfer() const { return step_.transfer; }
  [[nodiscard]] bool is_upload() const { return step_.transfer.spec.kind == TransferKind::Upload; }
  [[nodiscard]] TransferSpec& spec() { return step_.transfer.spec; }
  [[nodiscard]] TransferState& state() { return step_.transfer.state; }
  [[nodiscard]] LiveState& live() { return step_.transfer.live; }

  [[nodiscard]] BackgroundTransferStatus status() const {
    return status_of(step_.transfer, in_.facts);
  }
  /// Whether news of this attempt are of any interest. 0 is never current.
  [[nodiscard]] bool is_current(AttemptId attempt) const;
  /// Whether every byte of the file is synced and recorded, so that no request is needed.
  [[nodiscard]] bool has_every_byte() const;

  /// The only way into a phase. Resets what belongs to the phase that is left.
  void enter(Phase phase, std::string_view why);
  void because(std::string_view why) { step_.why = why; }

  void persist() { act(action::Persist{}); }
  void accept(RequestId request) { act(action::Reply{request, std::nullopt}); }
  void refuse(RequestId request, std::string message);
  void refuse(RequestId request, const Error& error);
  void notify(action::Notify notify);
  void notify(action::Notify::What what) { notify(action::Notify{.what = what}); }

  void start_attempt(AttemptId attempt);
  /// R86: a request that may have been carried out, and must not be sent twice unseen.
  [[nodiscard]] bool must_not_repeat() const;
  /// R87: its request broke while nobody was there to see it.
  void end_unseen(std::string_view why);
  /// The same after a restart of the service: its app may come back at once.
  void wait_for_app();
  /// Asks the engine to stop what runs, once; the reason that was given last counts.
  void stop_attempt(StopReason reason);
  void proceed(AttemptId attempt) { act(action::ProceedAttempt{attempt}); }
  /// The engine has let go: no attempt, no slot. Says why it was being stopped.
  StopReason close_attempt();
  void sync_file();
  void commit_file();
  void discard_file();

  /// The first `prefix` bytes are synced: claims them, and counts progress (R43 as amended).
  void record_prefix(ByteCount prefix);
  /// Nothing that is in the partial file may be continued or believed any more.
  void void_claims();
  /// void_claims(), which those who watch are told at the end of the step (R28).
  void restart();
  /// The same of an upload: all is sent again.
  void restart_upload();

  /// Final error: recorded, bytes removed, told.
  void fail(TransferError error, std::string_view why);
  /// R155: whether the app wants to be asked about this error.
  [[nodiscard]] bool app_can_mend(const TransferError& error) const;
  /// What a server or the network did wrong: final, unless the app can mend it (R156).
  void fail_or_ask_app(TransferError error, std::string_view why);
  /// An attempt failed: the next one is due later, or this was the last (R39 to R43).
  void retry_or_fail(const Failure& failure);
  /// No room on the disk; looks again later.
  void wait_for_room(TransferError error, ByteCount bytes_needed);

  /// Closes the step: whoever watches learns of a new status, after all else is durable.
  [[nodiscard]] Step finish() &&;

 private:
  void begin_request();
  void give_up_later();
  void give_up_upload();

  template <typename A>
  void act(A action) {
    step_.actions.emplace_back(std::in_place_type<A>, std::move(action));
  }
  [[nodiscard]] bool has_spooled_body() const;

  const Surroundings& in_;
  Step step_;
  BackgroundTransferStatus status_before_;
  std::optional<SecretId> secret_before_;
  bool had_spooled_body_ = false;
  bool status_told_ = false;
  bool restarted_ = false;
};

// One function per event; requests, the attempt's news and the file's news have a file each.
void on(Transition& t, const event::Created& e);
void on(Transition& t, const event::StartRequested& e);
void on(Transition& t, const event::PauseRequested& e);
void on(Transition& t, const event::ResumeRequested& e);
void on(Transition& t, const event::CancelRequested& e);
void on(Transition& t, const event::Changed& e);

void on(Transition& t, const event::SlotGranted& e);
void on(Transition& t, const event::SlotRevoked& e);
void on(Transition& t, const event::FactsChanged& e);
void on(Transition& t, const event::AppAttached& e);
void on(Transition& t, const event::WakeDue& e);
void on(Transition& t, const event::ResponseArrived& e);
void on(Transition& t, const event::BytesArrived& e);
void on(Transition& t, const event::BytesSent& e);
void on(Transition& t, const event::UploadMoved& e);
void on(Transition& t, const event::Checkpointed& e);
void on(Transition& t, const event::PaceChanged& e);
void on(Transition& t, const event::AttemptCompleted& e);
void on(Transition& t, const event::AttemptStopped& e);
void on(Transition& t, const event::AttemptFailed& e);
void on(Transition& t, const event::AttemptRefusedRange& e);
void on(Transition& t, const event::AttemptDiskFull& e);

void on(Transition& t, const event::FileSynced& e);
void on(Transition& t, const event::FileCommitted& e);
void on(Transition& t, const event::FileFailed& e);
void on(Transition& t, const event::FileDiscarded& e);

}  // namespace lh::machine
