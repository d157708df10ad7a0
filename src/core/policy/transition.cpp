#include "core/policy/transition.h"

#include <algorithm>

#include "core/http/method.h"
#include "core/model/web_error.h"

namespace lh::machine {

namespace {

/// After a restart of the service, its clients are back within moments.
constexpr Duration kAppComesBack = std::chrono::seconds(10);

}  // namespace

Transition::Transition(Transfer transfer, const Surroundings& surroundings)
    : in_(surroundings),
      step_{std::move(transfer), {}, {}},
      status_before_(status()),
      secret_before_(step_.transfer.spec.secret),
      had_spooled_body_(has_spooled_body()) {}

bool Transition::has_spooled_body() const {
  const auto& body = step_.transfer.spec.body;
  return body && body->is_spooled;
}

bool Transition::is_current(AttemptId attempt) const {
  return attempt != 0 && step_.transfer.live.attempt == attempt;
}

bool Transition::has_every_byte() const {
  const TransferState& state = step_.transfer.state;
  if (is_upload()) return false;  // what is there is the answer to an earlier request
  // Nothing proves that the partial file of an empty download was ever made.
  return state.total.value_or(0) > 0 && state.stored.prefix_length() == state.total;
}

void Transition::enter(Phase phase, std::string_view why) {
  TransferState& to = state();
  to.phase = phase;
  to.phase_since = in_.now;
  if (phase != Phase::RetryAt && phase != Phase::DiskFull) to.wake_at.reset();
  if (phase != Phase::DiskFull) to.bytes_needed = 0;
  // A rename that found no room is taken up where it was.
  if (phase != Phase::Finishing && phase != Phase::DiskFull) to.commit.reset();
  if (is_final(phase)) {
    to.ended = in_.now;
    give_up_later();
    spec().headers.clear();  // R14: they may hold tokens, and nobody needs them again
    spec().secret.reset();
    // That of an upload says what was sent.
    const bool is_needed = is_upload() && !has_spooled_body();
    if (!is_needed) spec().body.reset();
    to.request_open = false;
  }
  because(why);
}

void Transition::refuse(RequestId request, std::string message) {
  Error error;
  error.kind = ErrorKind::IllegalState;
  error.detail = std::move(message);
  refuse(request, error);
}

void Transition::refuse(RequestId request, const Error& error) {
  act(action::Reply{request, to_transfer_error(error)});
}

void Transition::notify(action::Notify notify) {
  using What = action::Notify::What;
  // The news of these carry the status along.
  if (notify.what == What::Created || notify.what == What::Status || notify.what == What::Ended) {
    status_told_ = true;
  }
  act(notify);
}

/// Every request of an upload sends the content from its beginning, unless the server keeps what it
/// has (R85 as amended), and its answer is another.
void Transition::begin_request() {
  const bool is_again = state().attempts > 1;
  void_claims();
  state().sent = state().upload ? state().upload->offset : 0;
  state().request_open = !is_repeatable(spec().method);
  if (is_again && !state().upload) restart_upload();
  persist();
}

void Transition::restart_upload() {
  live().sent = 0;
  ++state().restarts;
  live().restart_told = true;
  restarted_ = true;
}

/// R86 as amended: what the server keeps is not sent twice.
bool Transition::must_not_repeat() const {
  const TransferState& now = step_.transfer.state;
  return now.request_open && !now.upload;
}

/// One that was refused is the server's own affair.
void Transition::give_up_later() {
  const auto upload = std::exchange(state().upload, std::nullopt);
  const bool is_left = upload && state().phase != Phase::Completed && upload->refused_with == 0;
  if (is_left) live().given_up = GivenUpUpload{*upload, spec().headers, spec().secret};
}

/// Nobody may touch it while a request of ours does.
void Transition::give_up_upload() {
  if (!live().given_up || live().attempt != 0) return;
  auto given_up = *std::exchange(live().given_up, std::nullopt);
  TransferPlan plan = plan_transfer(step_.transfer, 0, in_.limits, in_.boot_id);
  plan.upload = std::move(given_up.resource);
  plan.headers = std::move(given_up.headers);
  plan.secret = given_up.secret;
  act(action::GiveUpUpload{std::move(plan)});
  if (given_up.secret) act(action::DropSecret{*given_up.secret});
}

void Transition::wait_for_app() {
  enter(Phase::RetryAt, "the request was cut off; waits for the app");
  state().wake_at = in_.now + kAppComesBack;
  persist();
}

void Transition::end_unseen(std::string_view why) {
  TransferError error;
  error.kind = ErrorKind::Canceled;
  error.hresult = hr::kCanceled;
  error.message = spec().method + " " + spec().origin + ": " + std::string(why) +
                  "; the server may have received it, so it is not sent again";
  state().error = std::move(error);
  enter(Phase::Canceled, why);
  persist();
  discard_file();
  notify(action::Notify::What::Ended);
}

void Transition::start_attempt(AttemptId attempt) {
  ++state().attempts;
  if (is_upload()) begin_request();
  TransferPlan plan = plan_transfer(step_.transfer, attempt, in_.limits, in_.boot_id);
  if (plan.resume_from == 0 && !state().stored.empty()) {
    // Nothing proves what is there, so the engine cuts it off: the claim must be gone before.
    restart();
    persist();
  }
  live() = LiveState{.attempt = attempt,
                     .has_slot = true,
                     .restart_told = live().restart_told,
                     .received = state().stored.prefix_length(),
                     .sent = state().sent,
                     .last_bytes_at = in_.now};
  act(action::StartAttempt{std::move(plan)});
}

void Transition::stop_attempt(StopReason reason) {
  if (live().attempt == 0) return;
  if (live().stopping == StopReason::None) act(action::StopAttempt{live().attempt, reason});
  live().stopping = reason;
}

StopReason Transition::close_attempt() {
  live().attempt = 0;
  live().has_slot = false;
  if (is_upload()) state().sent = live().sent;
  return std::exchange(live().stopping, StopReason::None);
}

void Transition::sync_file() {
  live().file_job = true;
  act(action::SyncFile{});
}

void Transition::commit_file() {
  live().file_job = true;
  act(action::CommitFile{});
}

void Transition::discard_file() {
  live().file_job = true;
  act(action::DiscardFile{});
}

void Transition::record_prefix(ByteCount prefix) {
  TransferState& to = state();
  to.stored = RangeSet::prefix(prefix);
  // Nothing: the file was not looked at in this boot, or has lost bytes; its size claims nothing.
  to.boot_id = prefix > 0 ? in_.boot_id : std::string();
  // Of an upload, the answer's bytes are no progress (R43).
  if (prefix > to.high_water && !is_upload()) {
    to.high_water = prefix;
    to.failures_in_row = 0;
  }
}

void Transition::void_claims() {
  TransferState& to = state();
  to.stored.clear();
  to.boot_id.clear();
  to.validator = {};
  to.served_by.clear();
  to.served_digest.reset();
  to.total.reset();
  to.commit.reset();
  live().received = 0;
}

void Transition::restart() {
  const bool had_bytes = !state().stored.empty() || live().received > 0;
  void_claims();
  if (!had_bytes) return;
  ++state().restarts;
  live().restart_told = true;
  restarted_ = true;
}

void Transition::fail(TransferError error, std::string_view why) {
  state().error = std::move(error);
  enter(Phase::Failed, why);
  persist();
  // The answer to an upload is kept, also that of an error (R99).
  if (!is_upload()) discard_file();
  notify(action::Notify::What::Ended);
}

bool Transition::app_can_mend(const TransferError& error) const {
  const auto& mendable = transfer().spec.recoverable;
  // R173: what went wrong here, with disk or checksum, is no web error.
  return error.status != WebErrorStatus::Unknown &&
         std::ranges::find(mendable, error.status) != mendable.end();
}

void Transition::fail_or_ask_app(TransferError error, std::string_view why) {
  if (!app_can_mend(error)) return fail(std::move(error), why);
  state().error = std::move(error);
  enter(Phase::PausedRecoverable, "the app can mend this error");
  persist();
}

void Transition::retry_or_fail(const Failure& failure) {
  if (failure.counts) ++state().failures_in_row;
  const auto decision =
      after_failure(failure, state().failures_in_row, in_.limits, in_.now, in_.jitter);
  if (decision.kind == RetryDecision::Kind::GiveUp) {
    return fail_or_ask_app(failure.error, failure.transient ? "no retries left" : "failed");
  }
  state().error = failure.error;
  enter(Phase::RetryAt, "attempt failed; the next is due later");
  state().wake_at = decision.at;
  persist();
  notify(action::Notify::What::Status);  // the same status, but why and until when is news
}

void Transition::wait_for_room(TransferError error, ByteCount bytes_needed) {
  state().error = std::move(error);
  enter(Phase::DiskFull, "disk full");
  state().bytes_needed = bytes_needed;
  state().wake_at = in_.now + in_.limits.disk_full_recheck;
  persist();
}

Step Transition::finish() && {
  // At rest, only what is recorded counts as received.
  const bool at_rest = live().attempt == 0 && (!live().file_job || is_final(state().phase));
  if (at_rest) live().received = state().stored.prefix_length();
  if (restarted_ && !is_final(state().phase)) {
    notify({.what = action::Notify::What::Response, .restarted = true});
  }
  if (!status_told_ && status() != status_before_) notify(action::Notify::What::Status);
  // Last: behind the Persist that gives them up.
  const bool is_needed_once_more = live().given_up && live().given_up->secret == secret_before_;
  give_up_upload();
  const bool is_free = secret_before_ && spec().secret != secret_before_ && !is_needed_once_more;
  if (is_free) act(action::DropSecret{*secret_before_});
  if (had_spooled_body_ && !has_spooled_body()) act(action::DropBody{});
  return std::move(step_);
}

}  // namespace lh::machine
