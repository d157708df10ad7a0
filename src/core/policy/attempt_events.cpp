#include <string_view>
#include <utility>

#include "core/http/user_info.h"
#include "core/model/ftp_answer.h"
#include "core/model/web_error.h"
#include "core/policy/transition.h"

// Slots, facts, and what the engine has to say.
namespace lh::machine {
namespace {

using What = action::Notify::What;

std::string_view why_stopped(StopReason reason) {
  switch (reason) {
    case StopReason::Pause:
      return "paused by the app";
    case StopReason::Cancel:
      return "canceled";
    case StopReason::NoNetwork:
      return "no connectivity";
    case StopReason::Cost:
      return "the cost policy forbids the network";
    case StopReason::SystemPolicy:
      return "system policy";
    case StopReason::Preempted:
      return "gave way to others";
    case StopReason::Shutdown:
      return "the service stops";
    case StopReason::None:
      break;
  }
  return "stopped";
}

/// What becomes of a transfer whose attempt was stopped, once the engine has let go of it.
void settle(Transition& t, StopReason reason) {
  const Phase phase = t.state().phase;
  if (is_final(phase)) return t.discard_file();
  if (phase == Phase::Queued) {
    t.enter(Phase::Queued, why_stopped(reason));  // keeps its place in the queue
  } else {
    t.because(why_stopped(reason));
  }
  t.persist();
}

/// Keeps in mind whether a request may have been carried out whose end nobody has seen. An answer
/// is an end.
void note_open_request(Transition& t, bool was_sent, const TransferError* error) {
  // A gateway (502, 504) does not know what has become of it.
  const int status = error != nullptr ? error->http_status.value_or(0) : 0;
  const bool is_answered = status != 0 && status != 502 && status != 504;
  if (!was_sent || is_answered) t.state().request_open = false;
}

/// Whether the server has said that it has taken the upload, before its answer broke off.
bool was_taken(Transition& t) {
  const auto& response = t.state().response;
  return t.state().request_open && response && response->status >= 200 && response->status < 300;
}

/// Answers that refuse a range.
bool is_refusal(int status) {
  return status == 412 || status == 416;
}

/// Whether the attempt was wanted until its end: then its outcome decides, else the wish to stop.
bool was_wanted(Transition& t, StopReason reason) {
  return reason == StopReason::None && t.state().phase == Phase::Queued;
}

void attempt_failed(Transition& t, const Failure& failure) {
  const bool lost_network = failure.transient && failure.error.kind == ErrorKind::Network &&
                            !t.in().facts.network.connected;
  if (lost_network) {  // R40: neither a failure nor counted
    t.enter(Phase::Queued, why_stopped(StopReason::NoNetwork));
    return t.persist();
  }
  if (!failure.transient || was_taken(t)) return t.fail_or_ask_app(failure.error, "failed");
  if (t.must_not_repeat() && !t.in().is_attended) {
    return t.end_unseen("the request broke while the app was not there");
  }
  t.retry_or_fail(failure);
}

Failure ended_early(Transition& t) {
  Failure failure;
  failure.transient = true;
  failure.error.kind = ErrorKind::Network;
  failure.error.status = WebErrorStatus::Disconnected;
  failure.error.hresult = hresult_of(failure.error.status);
  failure.error.message = t.spec().origin + ": the answer ended before the file did";
  return failure;
}

TransferError too_long(Transition& t) {
  TransferError error;
  error.kind = ErrorKind::Protocol;
  error.status = WebErrorStatus::ErrorHttpInvalidServerResponse;
  error.hresult = hresult_of(error.status);
  error.message = t.spec().origin + ": the server sent more than the file's length";
  return error;
}

/// R77: the newest answer that says something about the file, or about the error. A server may
/// redirect to an address with a password, which is stored nowhere.
void record_response(Transition& t, const ResponseHead& head) {
  if (t.spec().method == kFtpMethod) return;  // R176
  if (t.state().response) t.state().has_response_changed = true;
  t.state().response = head;
  for (HeaderField& field : t.state().response->headers) {
    field.value = without_user_info(field.value);
  }
}

/// What proves that later bytes belong to this answer.
Validator proof_of(Transition& t, const event::ResponseArrived& e) {
  const bool is_ftp = t.spec().method == kFtpMethod;
  if (is_ftp && e.total && ftp_time_proves(e.head, t.in().now)) {
    return {Validator::Kind::FileTime, ftp_time(e.head)};
  }
  if (is_ftp && e.total && t.spec().checksum) return {Validator::Kind::Checksum, {}};
  if (e.head.status != 200 || t.spec().method != "GET" || refuses_ranges(e.head)) return {};
  Validator validator = validator_of(e.head);
  const bool checksum_tells = t.spec().checksum && e.total && !is_encoded(e.head);
  if (!validator.can_resume() && checksum_tells) validator.kind = Validator::Kind::Checksum;
  return validator;
}

/// Larger files are recorded as soon as it is known what proves their bytes: after a crash then,
/// what is in the file counts. For smaller ones, a row more would cost more than it saves.
constexpr ByteCount kRecordAtOnceAbove = 1_MiB;

void begin_anew(Transition& t, const event::ResponseArrived& e, bool had_bytes) {
  TransferState& state = t.state();
  const Validator before = state.validator;
  const bool vouched = !state.stored.empty() || !state.boot_id.empty();
  t.void_claims();
  t.live().restart_told = false;
  state.total = e.total;
  state.validator = proof_of(t, e);
  state.served_by = e.origin;
  state.served_digest = served_digest(e.head, t.spec().method);
  state.boot_id = t.in().boot_id;
  if (had_bytes) ++state.restarts;
  const bool is_large = !e.total || *e.total > kRecordAtOnceAbove;
  const bool worth_it = state.validator.can_resume() && is_large && !(state.validator == before);
  if (vouched || worth_it || had_bytes) t.persist();
}

}  // namespace

void on(Transition& t, const event::SlotGranted& e) {
  const bool wants_it = t.state().phase == Phase::Queued && t.live().attempt == 0 &&
                        !t.live().file_job && e.attempt != 0;
  if (!wants_it) return;
  if (t.has_every_byte()) {  // no request, thus no slot and no network needed
    t.live().received = t.state().stored.prefix_length();
    t.because("every byte is there");
    return t.sync_file();
  }
  if (hold_reason(t.spec(), t.in().facts) != StopReason::None) return;
  if (t.must_not_repeat() && !t.in().is_attended) return t.wait_for_app();
  t.because("got a slot");
  t.start_attempt(e.attempt);
}

void on(Transition& t, const event::SlotRevoked& e) {
  if (t.live().stopping == StopReason::None && e.reason != StopReason::None) {
    t.stop_attempt(e.reason);
  }
}

void on(Transition& t, const event::FactsChanged&) {
  if (t.live().attempt != 0) {
    const StopReason hold = hold_reason(t.spec(), t.in().facts);
    if (hold != StopReason::None && t.live().stopping == StopReason::None) t.stop_attempt(hold);
    return;
  }
  // What was visible before the facts changed is not known here, so whatever may have changed is
  // told.
  const Phase phase = t.state().phase;
  const bool waits = phase == Phase::Queued || phase == Phase::RetryAt || phase == Phase::DiskFull;
  if (waits && !t.live().file_job) t.notify(What::Status);
}

void on(Transition& t, const event::AppAttached&) {
  const bool waits_for_it = t.state().phase == Phase::RetryAt && t.must_not_repeat() &&
                            !t.state().error && t.in().is_attended;
  if (!waits_for_it) return;
  t.enter(Phase::Queued, "its app is back");
  t.persist();
}

void on(Transition& t, const event::WakeDue&) {
  const Phase phase = t.state().phase;
  if (phase != Phase::RetryAt && phase != Phase::DiskFull) return;
  if (t.state().wake_at && *t.state().wake_at > t.in().now) return;
  if (t.must_not_repeat() && !t.in().is_attended) {
    return t.end_unseen("the request was cut off while the app was not there");
  }
  if (t.state().commit) {
    t.enter(Phase::Finishing, "looks for room");
    t.persist();
    return t.commit_file();
  }
  t.enter(Phase::Queued, phase == Phase::RetryAt ? "the next attempt is due" : "looks for room");
  t.persist();
}

void on(Transition& t, const event::ResponseArrived& e) {
  if (!t.is_current(e.attempt) || is_final(t.state().phase)) return;
  TransferState& state = t.state();
  // What an earlier answer to an upload had was void when the request began.
  const bool had_bytes = !t.is_upload() && ((e.replaced && !t.live().restart_told) ||
                                            !state.stored.empty() || t.live().received > 0);
  action::Notify news{.what = What::Response, .response_changed = t.spec().method != kFtpMethod};
  switch (e.verdict) {
    case Verdict::Kind::AskAgain:
      if (is_refusal(e.head.status) && state.range_refusals > 0) break;  // the last word
      return;  // AttemptRefusedRange tells
    case Verdict::Kind::Complete:
      state.range_refusals = 0;
      return;
    case Verdict::Kind::Reject:
    case Verdict::Kind::Invalid:
      break;  // R80: shown, but what is stored stays as it is
    case Verdict::Kind::Append:
      state.range_refusals = 0;
      state.error.reset();  // R164
      if (e.total) state.total = e.total;
      if (!state.served_digest) state.served_digest = served_digest(e.head, t.spec().method);
      if (!e.file_name.empty()) state.file_name = e.file_name;
      break;
    case Verdict::Kind::StartOver:
      if (had_bytes) state.range_refusals = 0;
      state.error.reset();
      news.restarted = had_bytes;
      if (!e.file_name.empty()) state.file_name = e.file_name;
      break;
  }
  record_response(t, e.head);
  // R99: the answer to an upload is kept, whatever it says.
  const bool is_kept = t.is_upload() && e.verdict == Verdict::Kind::Reject;
  if (e.verdict == Verdict::Kind::StartOver || is_kept) begin_anew(t, e, had_bytes);
  if (e.verdict == Verdict::Kind::Append) {
    state.boot_id = t.in().boot_id;
    t.persist();
  }
  t.notify(news);
}

void on(Transition& t, const event::BytesArrived& e) {
  if (!t.is_current(e.attempt) || is_final(t.state().phase)) return;
  if (e.received > t.live().received) t.live().last_bytes_at = t.in().now;
  t.live().received = e.received;
  t.notify(What::Progress);
}

void on(Transition& t, const event::BytesSent& e) {
  if (!t.is_current(e.attempt) || is_final(t.state().phase)) return;
  t.live().last_bytes_at = t.in().now;
  t.live().sent = e.sent;
  t.notify(What::Progress);
}

void on(Transition& t, const event::UploadMoved& e) {
  if (!t.is_current(e.attempt)) return;
  TransferState& state = t.state();
  if (is_final(state.phase)) {  // given up when the attempt has ended
    if (!e.resource) t.live().given_up.reset();
    if (e.resource && !t.live().given_up) t.live().given_up.emplace();
    if (e.resource) t.live().given_up->resource = *e.resource;
    return;
  }
  const bool is_lost = state.upload && !e.resource;
  state.upload = e.resource;
  state.upload_restarts = e.restarts;
  const ByteOffset offset = e.resource ? e.resource->offset : 0;
  if (offset > state.high_water) {  // R43
    state.high_water = offset;
    state.failures_in_row = 0;
  }
  if (is_lost) t.restart_upload();
  t.persist();
  if (e.waits) t.proceed(e.attempt);
}

void on(Transition& t, const event::Checkpointed& e) {
  if (!t.is_current(e.attempt) || is_final(t.state().phase)) return;
  t.record_prefix(e.prefix);
  t.persist();
}

void on(Transition& t, const event::PaceChanged& e) {
  if (t.is_current(e.attempt)) t.live().has_slot = !e.stuck;
}

void on(Transition& t, const event::AttemptCompleted& e) {
  if (!t.is_current(e.attempt)) return;
  const StopReason reason = t.close_attempt();
  TransferState& state = t.state();
  if (is_final(state.phase)) return settle(t, reason);
  if (state.total && e.size != *state.total) {
    const bool wanted = was_wanted(t, reason);
    if (e.size > *state.total) {
      if (wanted) return t.fail(too_long(t), "failed");
      t.void_claims();
    }
    return wanted ? attempt_failed(t, ended_early(t)) : settle(t, reason);
  }
  // Also while it is being stopped: all that is left is work on the local file.
  state.total = e.size;
  t.live().received = e.size;
  t.because("every byte is written");
  t.sync_file();
}

void on(Transition& t, const event::AttemptStopped& e) {
  if (!t.is_current(e.attempt)) return;
  const StopReason reason = t.close_attempt();
  note_open_request(t, e.was_sent, nullptr);
  t.record_prefix(e.durable_prefix);
  settle(t, reason);
}

void on(Transition& t, const event::AttemptFailed& e) {
  if (!t.is_current(e.attempt)) return;
  const StopReason reason = t.close_attempt();
  note_open_request(t, e.was_sent, &e.failure.error);
  if (e.bytes_lost) {
    t.restart();
  } else {
    t.record_prefix(e.durable_prefix);
  }
  if (was_wanted(t, reason)) return attempt_failed(t, e.failure);
  settle(t, reason);
}

void on(Transition& t, const event::AttemptRefusedRange& e) {
  if (!t.is_current(e.attempt)) return;
  const StopReason reason = t.close_attempt();
  if (is_final(t.state().phase)) return settle(t, reason);
  // A 206 of another version is no refusal: the file has changed, however often (R74, R76).
  if (is_refusal(e.status)) ++t.state().range_refusals;
  if (was_wanted(t, reason) && is_refusal(e.status) && t.state().range_refusals > 1) {
    TransferError error = http_error(e.status, t.spec().method, t.spec().uri);
    if (t.app_can_mend(error)) t.restart();
    return t.fail_or_ask_app(std::move(error), "the server refuses ranges again");
  }
  t.restart();
  settle(t, reason);
}

void on(Transition& t, const event::AttemptDiskFull& e) {
  if (!t.is_current(e.attempt)) return;
  const StopReason reason = t.close_attempt();
  t.record_prefix(e.durable_prefix);
  // There is no room for the answer to what was sent, and must not be sent twice.
  if (was_wanted(t, reason) && t.must_not_repeat()) return t.fail(e.error, "failed");
  if (was_wanted(t, reason)) return t.wait_for_room(e.error, e.bytes_needed);
  settle(t, reason);
}

}  // namespace lh::machine
