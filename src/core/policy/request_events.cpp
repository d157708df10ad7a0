#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/model/ftp_answer.h"
#include "core/model/request_headers.h"
#include "core/model/spec_check.h"
#include "core/policy/transition.h"

// What apps ask for. Every request is answered exactly once, after what it changed is durable.
namespace lh::machine {
namespace {

using What = action::Notify::What;

void queue_started(Transition& t, std::uint64_t queue_position, std::string_view why) {
  t.state().started = t.in().now;
  t.state().queue_position = queue_position;
  t.enter(Phase::Queued, why);
}

/// R29: why this transfer cannot be paused now; nothing if it can.
std::optional<std::string> pause_obstacle(Transition& t) {
  const Phase phase = t.state().phase;
  if (t.is_upload()) return "an upload cannot be paused";  // R36
  if (t.spec().method == "POST") return "a POST cannot be paused";
  if (phase == Phase::Created) return "the transfer is not started";
  if (phase == Phase::Finishing) return "the transfer is being completed";
  if (is_final(phase)) return "the transfer has ended";
  if (phase == Phase::PausedByApp || phase == Phase::PausedRecoverable) {
    return "the transfer is already paused";
  }
  const auto status = t.status();
  if (status != BackgroundTransferStatus::Running && status != BackgroundTransferStatus::Idle) {
    return "the transfer is already paused by the system";
  }
  return std::nullopt;
}

/// R160: the file is somewhere else now.
void move_to(Transition& t, const std::pair<std::string, std::string>& uri_and_origin) {
  const auto& [uri, origin] = uri_and_origin;
  if (origin != t.spec().origin) remove_request_header(t.spec().headers, "Host");
  Validator::Kind& proof = t.state().validator.kind;
  const bool is_date = proof == Validator::Kind::LastModified || proof == Validator::Kind::OldDate;
  if (uri != t.spec().uri && is_date) {
    // Of a date alone, without the length, another server's answer is no continuation.
    if (!t.state().total) t.restart();
    if (proof == Validator::Kind::LastModified) proof = Validator::Kind::OldDate;
  }
  t.spec().uri = uri;
  t.spec().origin = origin;
}

}  // namespace

void on(Transition& t, const event::Created& e) {
  t.state().created = t.in().now;
  if (t.is_upload() && t.spec().body) t.state().send_total = t.spec().body->length;
  t.enter(Phase::Created, "created");
  if (e.start) queue_started(t, e.queue_position, "created and started");
  t.persist();
  t.accept(e.request);
  t.notify(What::Created);
}

void on(Transition& t, const event::StartRequested& e) {
  if (t.state().phase != Phase::Created) {
    return t.refuse(e.request, "the transfer is already started");
  }
  queue_started(t, e.queue_position, "started");
  t.persist();
  t.accept(e.request);
  t.notify(What::Status);  // also if it stays Idle: that it is started is news
}

void on(Transition& t, const event::PauseRequested& e) {
  if (auto obstacle = pause_obstacle(t)) return t.refuse(e.request, *std::move(obstacle));
  t.enter(Phase::PausedByApp, "paused by the app");
  t.persist();
  t.stop_attempt(StopReason::Pause);
  t.accept(e.request);
}

void on(Transition& t, const event::ResumeRequested& e) {
  const Phase phase = t.state().phase;
  if (phase != Phase::PausedByApp && phase != Phase::PausedRecoverable) {
    return t.refuse(e.request, "only a transfer that is paused by the app can be resumed");
  }
  // R157: its retries were used up; the app says that the next ones are worth it.
  if (phase == Phase::PausedRecoverable) {
    t.state().failures_in_row = 0;
    t.state().range_refusals = 0;
  }
  t.state().queue_position = e.queue_position;
  t.enter(Phase::Queued, "resumed by the app");
  t.persist();
  t.accept(e.request);
  if (t.live().attempt == 0 && !t.live().file_job && t.has_every_byte()) t.sync_file();
}

void on(Transition& t, const event::CancelRequested& e) {
  const Phase phase = t.state().phase;
  if (is_final(phase)) return t.refuse(e.request, "the transfer has ended");
  if (phase == Phase::Finishing || t.state().commit) {
    // The rename may have happened already; nobody could tell the truth now.
    return t.refuse(e.request, "the transfer is being completed");
  }
  t.state().error.reset();
  t.enter(Phase::Canceled, "canceled");
  t.persist();
  if (t.live().attempt != 0) {
    t.stop_attempt(StopReason::Cancel);  // its end discards the file
  } else if (t.live().file_job) {
    t.live().stopping = StopReason::Cancel;  // so does the answer to the sync
  } else if (phase != Phase::Created) {
    t.discard_file();
  }
  t.accept(e.request);
  t.notify(What::Ended);
}

void on(Transition& t, const event::Changed& e) {
  if (is_final(t.state().phase)) return t.refuse(e.request, "the transfer has ended");
  for (const HeaderField& header : e.set_headers) {
    if (auto checked = check_request_header(header.name, header.value); !checked) {
      return t.refuse(e.request, checked.error());
    }
  }
  const Phase phase = t.state().phase;
  if (e.uri && t.is_upload()) return t.refuse(e.request, "the URL of an upload stays as it is");
  if (e.uri && phase != Phase::PausedByApp && phase != Phase::PausedRecoverable) {
    return t.refuse(e.request,
                    "the URL can be changed only while the transfer is paused by the app or by an "
                    "error that the app said it can mend");
  }
  if (e.uri && (t.live().attempt != 0 || t.live().file_job)) {  // R30
    return t.refuse(e.request, "the URL can be changed only when the pause is complete");
  }
  if (e.uri && e.uri->first.starts_with("ftp:") != (t.spec().method == kFtpMethod)) {
    return t.refuse(e.request, invalid_argument("a transfer cannot change between HTTP and FTP"));
  }
  if (e.uri) move_to(t, *e.uri);
  if (e.recoverable) t.spec().recoverable = *e.recoverable;
  if (e.secret) t.spec().secret = *e.secret;
  if (e.priority) t.spec().priority = *e.priority;
  if (e.cost_policy) t.spec().cost_policy = *e.cost_policy;
  for (const std::string& name : e.remove_headers) remove_request_header(t.spec().headers, name);
  for (const HeaderField& header : e.set_headers) add_request_header(t.spec().headers, header);
  t.persist();
  t.accept(e.request);
  // R45: applied at once.
  const StopReason hold = hold_reason(t.spec(), t.in().facts);
  if (hold != StopReason::None && t.live().stopping == StopReason::None) t.stop_attempt(hold);
}

}  // namespace lh::machine
