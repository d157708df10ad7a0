#include "engine/attempt.h"

#include <utility>

#include "core/model/web_error.h"
#include "engine/curl_error.h"
#include "engine/network_thread.h"

namespace lh {

namespace {

/// So much is handed to the kernel's write-back at a time, to keep the syncs short.
constexpr ByteCount kWriteBehind = 4_MiB;
/// Interim answers (1xx) let the final one take longer than the response timeout, up to so many.
constexpr int kLongestHeads = 10;
/// A keyring that is locked or away is looked for again after this time.
constexpr Duration kSecretsRecheck = std::chrono::seconds(30);
/// How long a server may take to say why it refuses an upload.
constexpr Duration kRefusalLimit = std::chrono::seconds(30);
/// What a full disk must at least have room for before another attempt makes sense.
constexpr ByteCount kLeastRoom = 1_MiB;

/// Why a transfer is without its login, and what to do.
std::string no_login(const Error& why) {
  constexpr std::string_view kAdvice = "; add the transfer again with its login";
  if (why.kind == ErrorKind::Unavailable) {
    return "its login cannot be read now: " + why.message();
  }
  if (why.kind == ErrorKind::NotFound) {
    return "its login is not where secrets are kept any more" + std::string(kAdvice);
  }
  return "its login cannot be read: " + why.message() + std::string(kAdvice);
}

}  // namespace

Attempt::Attempt(NetworkThread& thread, TransferPlan plan, Secrets secrets)
    : thread_(thread),
      plan_(std::move(plan)),
      uri_(plan_.uri),
      method_(plan_.method),
      headers_(plan_.headers),
      secrets_(std::move(secrets)),
      body_(thread.ops(), thread.write_buffer(), plan_.target.folder, plan_.id),
      progress_(plan_.progress_interval),
      checkpoints_(plan_.checkpoint_bytes, plan_.checkpoint_interval),
      pace_(plan_.slow_after, plan_.slow_bytes) {}

Attempt::~Attempt() {
  release_easy();
}

void Attempt::start() {
  if (plan_.resume_from == 0 && !plan_.trust_file_size) {
    opened(std::shared_ptr<PartialFile>());
    return;
  }
  thread_.files().run(
      [&ops = thread_.ops(), plan = plan_, call = thread_.caller_of(plan_.attempt)] {
        call([file = open_leftover(ops, plan)](Attempt& attempt) { attempt.opened(file); });
      });
}

void Attempt::opened(Result<std::shared_ptr<PartialFile>> file) {
  if (!file) return end(file_failure(file.error()));
  body_.adopt(std::move(file).value());
  durable_ = reported_ = body_.received();
  checkpoints_.started(thread_.now(), durable_);
  pace_.started(thread_.now(), durable_);
  thread_.wake_at(pace_.next());
  if (stop_wanted_) return end({});
  const bool more_than_promised = plan_.total && durable_ > *plan_.total;
  if (durable_ < plan_.resume_from || more_than_promised) {
    return end({.kind = Ending::Kind::RefusedRange, .failure = {}});
  }
  if (durable_ > 0 && plan_.total == durable_) {
    return end({.kind = Ending::Kind::Completed, .failure = {}});
  }
  have_ = durable_;
  // Found beyond what was recorded, and synced: recorded now, so that runs too short for a
  // checkpoint of their own do not add up to a loss.
  if (have_ > plan_.resume_from) {
    thread_.emit(plan_.id, event::Checkpointed{plan_.attempt, have_});
  }
  prepare();
}

/// What must be there before the first request, one after the other.
void Attempt::prepare() {
  if (plan_.body && !source_ && !plan_.gives_up) return open_source();
  if (plan_.secret) return ask_for_secrets();
  send_first();
}

void Attempt::open_source() {
  thread_.files().run(
      [&ops = thread_.ops(), body = *plan_.body, call = thread_.caller_of(plan_.attempt)] {
        call([source = BodySource::open(ops, body)](Attempt& attempt) {
          if (attempt.stop_wanted_) return attempt.end({});
          if (!source) return attempt.end(attempt.source_failure(source.error()));
          attempt.source_ = *source;
          attempt.prepare();
        });
      });
}

void Attempt::ask_for_secrets() {
  thread_.secrets()(*plan_.secret,
                    [call = thread_.caller_of(plan_.attempt)](Result<Secrets> secrets) {
                      call([secrets = std::move(secrets)](Attempt& attempt) mutable {
                        attempt.take_secrets(std::move(secrets));
                      });
                    });
}

void Attempt::take_secrets(Result<Secrets> secrets) {
  if (stop_wanted_) return end({});
  if (!secrets.ok()) {
    const Error& why = secrets.error();
    // Not the server's fault, and nothing is gained by giving up.
    const bool is_passing = why.kind == ErrorKind::Unavailable;
    Ending ending = failed(WebErrorStatus::Unauthorized, is_passing ? why.kind : ErrorKind::Http,
                           is_passing, no_login(why));
    ending.failure.counts = false;
    ending.failure.retry_after = kSecretsRecheck;
    return end(std::move(ending));
  }
  if (needs_ticket(*secrets) && thread_.hands_over()) return move_on();
  secrets_ = std::move(*secrets);
  headers_.insert(headers_.end(), secrets_.headers.begin(), secrets_.headers.end());
  send_first();
}

void Attempt::send_first() {
  if (is_upload()) return begin_upload();
  send_request();
}

/// To where it may wait for the Kerberos server without all others waiting, too.
void Attempt::move_on() {
  stage_ = Stage::Ending;
  has_moved_ = true;
  body_.close();
  thread_.hand_over(plan_);
  thread_.bury(plan_.attempt);
}

void Attempt::stop() {
  stop_wanted_ = true;
  if (stage_ != Stage::Opening) end({});
}

void Attempt::cancel() {
  file_is_unwanted_ = true;
  stop();
}

// ---- Bytes on their way to the disk

void Attempt::settle() {
  to_settle_ = false;
  if (stage_ == Stage::Ending) return;
  body_.flush();
  if (body_.failure()) return end(file_failure(*body_.failure()));
  watch_pace();
  const TimePoint now = thread_.now();
  if (!has_news()) return;
  if (progress_.allow(now)) {
    report_bytes();
  } else {
    thread_.wake_at(progress_.next(now));
  }
  if (body_.received() == durable_) return;
  if (body_.received() >= write_behind_at_ + kWriteBehind) {
    write_behind_at_ = body_.received();
    thread_.files().write_behind(body_.file());
  }
  if (checkpoints_.due(now, body_.received())) {
    begin_checkpoint();
  } else if (!checkpoint_under_way_) {
    thread_.wake_at(now + plan_.checkpoint_interval);
  }
}

bool Attempt::has_news() const {
  return body_.received() != reported_ || (is_upload() && shown_sent() != reported_sent_);
}

void Attempt::report_bytes() {
  if (is_upload() && shown_sent() != reported_sent_) {
    reported_sent_ = shown_sent();
    thread_.emit(plan_.id, event::BytesSent{plan_.attempt, reported_sent_});
  }
  if (reported_ == body_.received()) return;
  reported_ = body_.received();
  thread_.emit(plan_.id, event::BytesArrived{plan_.attempt, reported_});
}

void Attempt::watch_pace() {
  const auto pace = pace_.look(thread_.now(), body_.received() + sent_);
  if (!pace) return;
  thread_.emit(plan_.id, event::PaceChanged{plan_.attempt, *pace == PaceWatch::Pace::Stuck});
}

void Attempt::begin_checkpoint() {
  checkpoint_under_way_ = true;
  thread_.files().checkpoint(body_.file(),
                             [call = thread_.caller_of(plan_.attempt)](Result<ByteCount> durable) {
                               call([durable = std::move(durable)](Attempt& attempt) {
                                 attempt.checkpoint_came_back(durable);
                               });
                             });
}

void Attempt::checkpoint_came_back(Result<ByteCount> durable) {
  checkpoint_under_way_ = false;
  if (!durable) {
    // The kernel may have dropped any of the pages it could not write.
    trusted_ = false;
    durable_ = 0;
    const bool is_news = !ending_ || ending_->kind == Ending::Kind::Completed ||
                         (body_.file() && body_.file()->has_lost_bytes());
    if (is_news) ending_ = file_failure(durable.error());
    if (stage_ != Stage::Ending) return end(*ending_);
    return emit_end();
  }
  durable_ = *durable;
  checkpoints_.finished(thread_.now(), durable_);
  if (stage_ == Stage::Ending) return go_on_ending();
  thread_.emit(plan_.id, event::Checkpointed{plan_.attempt, durable_});
}

std::optional<TimePoint> Attempt::on_timer() {
  if (stage_ == Stage::Ending) return std::nullopt;
  const TimePoint now = thread_.now();
  const auto deadline = response_deadline();
  const bool is_useless = stage_ == Stage::Discarding || stage_ == Stage::Body;
  if (deadline && now >= *deadline && is_useless && (decided_ || redirect_ || goes_on_)) {
    leave_useless_body();
    return std::nullopt;
  }
  if (deadline && now >= *deadline) {
    end(failed(WebErrorStatus::Timeout, ErrorKind::Network, true,
               stage_ == Stage::AwaitingHead  ? "the server does not answer"
               : stage_ == Stage::ReadingHead ? "the server does not end its headers"
               : challenged_ ? "the server asks for a login and then does not go on"
                             : "the server has stopped sending"));
    return std::nullopt;
  }
  std::optional<TimePoint> next = deadline;
  const auto also_at = [&next](TimePoint when) {
    if (!next || when < *next) next = when;
  };
  if (stage_ != Stage::Opening) {
    watch_pace();
    also_at(pace_.next());
  }
  if (has_news()) {
    if (progress_.allow(now)) {
      report_bytes();
    } else {
      also_at(progress_.next(now));
    }
  }
  if (!checkpoint_under_way_ && body_.received() > durable_) {
    if (checkpoints_.due(now, body_.received())) {
      begin_checkpoint();
    } else {
      also_at(now + plan_.checkpoint_interval);
    }
  }
  return next;
}

TimePoint Attempt::last_head_by() const {
  return request_sent_at_ + kLongestHeads * plan_.response_timeout;
}

std::optional<TimePoint> Attempt::response_deadline() const {
  switch (stage_) {
    case Stage::AwaitingHead:
      return std::min(active_at_ + plan_.response_timeout, last_head_by());
    case Stage::ReadingHead:
      return std::min(
          {active_at_ + plan_.stall_timeout, head_since_ + plan_.response_timeout, last_head_by()});
    case Stage::Body:
      if (decided_)
        return std::min(active_at_ + plan_.stall_timeout, discarding_since_ + kRefusalLimit);
      return active_at_ + plan_.stall_timeout;
    case Stage::Discarding:
      // libcurl may need a new connection to answer it.
      if (challenged_) return discarding_since_ + plan_.connect_timeout + plan_.stall_timeout;
      return std::min(active_at_ + plan_.stall_timeout, discarding_since_ + kDiscardLimit);
    case Stage::Opening:
    case Stage::Connecting:
    case Stage::Ending:
      return std::nullopt;
  }
  return std::nullopt;
}

// ---- The end

bool Attempt::decide(Ending ending) {
  if (!decided_) decided_ = std::move(ending);
  return false;
}

void Attempt::end(Ending ending) {
  if (stage_ == Stage::Ending) return;
  stage_ = Stage::Ending;
  release_easy();
  body_.flush();
  const bool would_complete = ending.kind == Ending::Kind::Completed;
  if (would_complete) body_.check_in_place();
  if (would_complete && body_.failure()) ending = file_failure(*body_.failure());
  ending_ = std::move(ending);
  report_bytes();
  const bool is_under_way = dialog_ && !has_answer_;
  const bool is_news =
      is_under_way && (has_moved_on_ || dialog_->acknowledged() != recorded_offset_);
  if (is_news) tell_moved(false);
  if (!checkpoint_under_way_) go_on_ending();
}

void Attempt::go_on_ending() {
  const auto kind = ending_->kind;
  const bool keeps_bytes = kind == Ending::Kind::Stopped || kind == Ending::Kind::DiskFull ||
                           (kind == Ending::Kind::Failed && !ending_->bytes_lost);
  if (ending_->bytes_lost) durable_ = 0;
  if (trusted_ && keeps_bytes && body_.received() > durable_) return begin_checkpoint();
  emit_end();
}

void Attempt::emit_end() {
  const ByteCount size = body_.received();
  if (file_is_unwanted_ && body_.file()) body_.file()->remove();
  body_.close();
  Ending& ending = *ending_;
  const auto attempt = plan_.attempt;
  switch (ending.kind) {
    case Ending::Kind::Completed:
      thread_.emit(plan_.id, event::AttemptCompleted{attempt, size});
      break;
    case Ending::Kind::Stopped:
      thread_.emit(plan_.id, event::AttemptStopped{attempt, durable_, was_sent_});
      break;
    case Ending::Kind::Failed:
      thread_.emit(plan_.id, event::AttemptFailed{attempt, std::move(ending.failure), durable_,
                                                  ending.bytes_lost, was_sent_});
      break;
    case Ending::Kind::RefusedRange:
      thread_.emit(plan_.id, event::AttemptRefusedRange{attempt, ending.status});
      break;
    case Ending::Kind::DiskFull:
      thread_.emit(plan_.id, event::AttemptDiskFull{attempt, durable_, ending.bytes_needed,
                                                    std::move(ending.failure.error)});
      break;
  }
  thread_.bury(attempt);
}

/// Of the file that the request sends.
Attempt::Ending Attempt::source_failure(const Error& error) const {
  Ending ending = file_failure(error);
  ending.failure.transient = ending.failure.transient || error.code == ESTALE;
  return ending;
}

Attempt::Ending Attempt::file_failure(const Error& error) const {
  Ending ending{
      .kind = Ending::Kind::Failed,
      .failure = {.error = to_transfer_error(error), .transient = false, .retry_after = {}}};
  ending.failure.transient = error.kind == ErrorKind::File &&
                             (error.code == EMFILE || error.code == ENFILE || error.code == ENOMEM);
  if (body_.file() && body_.file()->has_lost_bytes()) {  // it is fetched again
    ending.bytes_lost = true;
    ending.failure.transient = true;
  }
  if (error.kind != ErrorKind::DiskFull) return ending;
  ending.kind = Ending::Kind::DiskFull;
  const ByteCount have = body_.file() ? body_.file()->size() : 0;
  const auto total = body_.total();
  ending.bytes_needed = total && *total > have ? *total - have : kLeastRoom;
  return ending;
}

Attempt::Ending Attempt::failed(WebErrorStatus status, ErrorKind kind, bool transient,
                                std::string_view reason) const {
  return {.kind = Ending::Kind::Failed,
          .failure = own_failure(status, kind, transient, shown_method(), shown_uri(), reason)};
}

}  // namespace lh
