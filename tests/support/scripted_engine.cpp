#include "support/scripted_engine.h"

#include <algorithm>
#include <cerrno>

#include "core/http/retry_after.h"
#include "core/model/web_error.h"

namespace lh::sim {
namespace {

Failure network_failure(WebErrorStatus status, ErrorKind kind, bool transient,
                        std::string message) {
  Failure failure;
  failure.error.status = status;
  failure.error.hresult = hresult_of(status);
  failure.error.kind = kind;
  failure.error.message = std::move(message);
  failure.transient = transient;
  return failure;
}

std::string name_of(const TransferPlan& plan) {
  if (!plan.target.file_name.empty()) return plan.target.file_name;
  if (!plan.known_file_name.empty()) return plan.known_file_name;
  return plan.uri.substr(plan.uri.rfind('/') + 1);
}

}  // namespace

void ScriptedEngine::start(TransferPlan plan) {
  if (observer_) observer_(plan);
  const AttemptId id = plan.attempt;
  Attempt attempt;
  attempt.plan = std::move(plan);
  const bool silent = refusal_ == Break::Timeout;
  attempt.moves_at = clock_.now() + (silent ? attempt.plan.connect_timeout : latency);
  attempts_.emplace(id, std::move(attempt));
}

void ScriptedEngine::stop(AttemptId attempt) {
  const auto found = attempts_.find(attempt);
  if (found == attempts_.end()) return;
  found->second.stop_wanted = true;
  found->second.moves_at = clock_.now();
}

const ScriptedEngine::Attempt* ScriptedEngine::find(const TransferId& id) const {
  for (const auto& [number, attempt] : attempts_) {
    if (attempt.plan.id == id) return &attempt;
  }
  return nullptr;
}

ScriptedEngine::Attempt* ScriptedEngine::active(AttemptId attempt) {
  const auto found = attempts_.find(attempt);
  return found == attempts_.end() ? nullptr : &found->second;
}

void ScriptedEngine::report_response(const Attempt& attempt, const ResponseHead& head,
                                     Verdict::Kind verdict, std::optional<ByteCount> total) {
  emit(attempt,
       event::ResponseArrived{attempt.plan.attempt, head, verdict, total, name_of(attempt.plan)});
}

// --- the end -----------------------------------------------------------------------------------

void ScriptedEngine::end(const Attempt& attempt, Event last) {
  const AttemptId id = attempt.plan.attempt;
  emit(attempt, std::move(last));
  attempts_.erase(id);
}

ByteCount ScriptedEngine::sync(Attempt& attempt) {
  if (failing_sync_ == attempt.plan.attempt) {
    failing_sync_ = 0;
    if (leftover_ == Leftover::Removed) {
      disk_.lose(attempt.plan.id);
    } else {
      disk_.lose_unsynced(attempt.plan.id);
    }
    return attempt.durable = 0;
  }
  if (syncs_) return attempt.durable = disk_.sync(attempt.plan.id);
  return attempt.durable = attempt.received;
}

template <typename Make>
void ScriptedEngine::end_synced(Attempt& attempt, Make make) {
  if (attempt.received > attempt.durable) {
    emit(attempt, event::BytesArrived{attempt.plan.attempt, attempt.received});
    sync(attempt);
  }
  end(attempt, make(attempt.durable));
}

void ScriptedEngine::fail(Attempt& attempt, Failure failure) {
  end_synced(attempt, [&](ByteCount durable) {
    return event::AttemptFailed{attempt.plan.attempt, std::move(failure), durable};
  });
}

void ScriptedEngine::finish_stop(AttemptId attempt) {
  Attempt* const stopped = active(attempt);
  if (stopped == nullptr || !stopped->stop_wanted) return;
  if (!stopped->answered) open_leftover(*stopped);
  end_synced(*stopped, [&](ByteCount durable) { return event::AttemptStopped{attempt, durable}; });
}

void ScriptedEngine::change_pace(AttemptId attempt, bool stuck) {
  const Attempt* const slow = active(attempt);
  if (slow == nullptr) return;
  any_was_stuck_ = any_was_stuck_ || stuck;
  emit(*slow, event::PaceChanged{attempt, stuck});
}

void ScriptedEngine::break_off(AttemptId attempt, Break how) {
  Attempt* const broken = active(attempt);
  if (broken == nullptr) return;
  if (!broken->answered) open_leftover(*broken);
  const std::string where = "GET " + broken->plan.uri;
  switch (how) {
    case Break::Reset:
      return fail(*broken, network_failure(WebErrorStatus::ConnectionReset, ErrorKind::Network,
                                           true, where + ": connection reset"));
    case Break::Timeout:
      return fail(*broken, network_failure(WebErrorStatus::Timeout, ErrorKind::Network, true,
                                           where + ": no answer"));
    case Break::Tls:
      return fail(*broken, network_failure(WebErrorStatus::CertificateExpired, ErrorKind::Tls,
                                           false, where + ": certificate expired"));
    case Break::File: {
      Failure failure;
      failure.error = to_transfer_error(file_error(EIO, "write", "the partial file"));
      return fail(*broken, std::move(failure));
    }
  }
}

void ScriptedEngine::fill_disk(AttemptId attempt) {
  Attempt* const full = active(attempt);
  if (full == nullptr || !full->answered) return;
  const ByteCount needed = std::max<ByteCount>(full->left, 1);
  const TransferError error = to_transfer_error(file_error(ENOSPC, "write", "the partial file"));
  end_synced(*full, [&](ByteCount durable) {
    return event::AttemptDiskFull{attempt, durable, needed, error};
  });
}

void ScriptedEngine::fail_sync(AttemptId attempt, Leftover leftover) {
  failing_sync_ = attempt;
  leftover_ = leftover;
}

// --- the answer --------------------------------------------------------------------------------

ByteCount ScriptedEngine::open_leftover(Attempt& attempt) {
  const TransferPlan& plan = attempt.plan;
  ByteCount have = 0;
  if (plan.resume_from > 0 || plan.trust_file_size) {
    have = disk_.open(plan.id, plan.resume_from, plan.trust_file_size).value_or(0);
  }
  return attempt.received = attempt.durable = have;
}

void ScriptedEngine::answer(AttemptId attempt_id) {
  Attempt* const found = active(attempt_id);
  if (found == nullptr || found->answered) return;
  Attempt& attempt = *found;
  const TransferPlan& plan = attempt.plan;
  attempt.answered = true;
  attempt.checkpoint_at = clock_.now() + plan.checkpoint_interval;

  const ByteCount have = open_leftover(attempt);
  const bool too_many = plan.total && have > *plan.total;
  if (have < plan.resume_from || too_many) {
    return end(attempt, event::AttemptRefusedRange{attempt_id, 0});
  }
  if (have > 0 && plan.total == have) {
    return end(attempt, event::AttemptCompleted{attempt_id, have});
  }

  const SimulatedServer::Answer answer = server_.get(plan, have);
  const Verdict verdict = judge_response(plan, have, answer.head);
  switch (verdict.kind) {
    case Verdict::Kind::Append:
    case Verdict::Kind::StartOver:
      return begin_body(attempt, verdict, answer);
    case Verdict::Kind::AskAgain:
      report_response(attempt, answer.head, verdict.kind, std::nullopt);
      return end(attempt, event::AttemptRefusedRange{attempt_id, answer.head.status});
    case Verdict::Kind::Complete:
      report_response(attempt, answer.head, verdict.kind, have);
      return end(attempt, event::AttemptCompleted{attempt_id, have});
    case Verdict::Kind::Reject: {
      report_response(attempt, answer.head, verdict.kind, std::nullopt);
      Failure failure;
      failure.error = http_error(answer.head.status, plan.method, plan.uri);
      failure.transient = is_transient_http(answer.head.status);
      if (const auto field = find_field(answer.head.headers, "Retry-After")) {
        failure.retry_after = parse_retry_after(*field, clock_.now());
      }
      return fail(attempt, std::move(failure));
    }
    case Verdict::Kind::Invalid:
      report_response(attempt, answer.head, verdict.kind, std::nullopt);
      return fail(attempt, network_failure(WebErrorStatus::ErrorHttpInvalidServerResponse,
                                           ErrorKind::Protocol, false, verdict.reason));
  }
}

void ScriptedEngine::begin_body(Attempt& attempt, const Verdict& verdict,
                                const SimulatedServer::Answer& answer) {
  const bool anew = verdict.kind == Verdict::Kind::StartOver;
  attempt.total = total_length(answer.head);
  if (!attempt.total && !anew) attempt.total = attempt.plan.total;
  if (anew) {
    const auto file = disk_.partial(attempt.plan.id);
    if (!file || file->image.size() > 0) disk_.start_over(attempt.plan.id);
    attempt.received = attempt.durable = 0;
  }
  attempt.content = answer.content;
  attempt.next = answer.from;
  attempt.left = answer.length;
  attempt.skip = anew ? 0 : verdict.skip;
  report_response(attempt, answer.head, verdict.kind, attempt.total);
}

void ScriptedEngine::send(AttemptId attempt_id, ByteCount bytes) {
  Attempt* const attempt = active(attempt_id);
  if (attempt == nullptr || !attempt->answered) return;
  const ByteCount sent = std::min(bytes, attempt->left);
  if (sent == 0) return;
  const ByteCount skipped = std::min(attempt->skip, sent);
  disk_.append(attempt->plan.id, attempt->content, attempt->next + skipped, sent - skipped);
  attempt->skip -= skipped;
  attempt->next += sent;
  attempt->left -= sent;
  attempt->received += sent - skipped;
  emit(*attempt, event::BytesArrived{attempt_id, attempt->received});
}

void ScriptedEngine::checkpoint(AttemptId attempt_id) {
  Attempt* const attempt = active(attempt_id);
  if (attempt == nullptr || !attempt->answered || attempt->received == attempt->durable) return;
  if (failing_sync_ == attempt_id) return break_off(attempt_id, Break::File);
  emit(*attempt, event::Checkpointed{attempt_id, sync(*attempt)});
}

void ScriptedEngine::end_body(AttemptId attempt_id) {
  Attempt* const attempt = active(attempt_id);
  if (attempt == nullptr || !attempt->answered) return;
  const bool early = attempt->total && attempt->received < *attempt->total;
  if (early) {
    return fail(*attempt, network_failure(WebErrorStatus::Disconnected, ErrorKind::Network, true,
                                          "the server has ended the answer early"));
  }
  // Without a length nobody can tell an early end from the right one: the server sends it all.
  send(attempt_id, attempt->left);
  end(*attempt, event::AttemptCompleted{attempt_id, attempt->received});
}

// --- of its own accord -------------------------------------------------------------------------

std::optional<std::pair<TimePoint, AttemptId>> ScriptedEngine::next_move() const {
  std::optional<std::pair<TimePoint, AttemptId>> next;
  for (const auto& [id, attempt] : attempts_) {
    if (!next || attempt.moves_at < next->first) next = {attempt.moves_at, id};
  }
  return next;
}

void ScriptedEngine::move(AttemptId attempt_id) {
  Attempt* attempt = active(attempt_id);
  if (attempt == nullptr) return;
  if (attempt->stop_wanted) return finish_stop(attempt_id);
  if (!attempt->answered && refusal_) {
    return break_off(attempt_id, *refusal_);
  }
  if (!attempt->answered) {
    answer(attempt_id);
  } else if (breaks_at_ && attempt->received >= *breaks_at_) {
    return break_off(attempt_id, Break::Reset);
  } else if (attempt->left > 0) {
    send(attempt_id, bytes_per_tick);
    if (clock_.now() >= attempt->checkpoint_at) {
      attempt->checkpoint_at = clock_.now() + attempt->plan.checkpoint_interval;
      checkpoint(attempt_id);
    }
  } else {
    return end_body(attempt_id);
  }
  attempt = active(attempt_id);
  if (attempt != nullptr) attempt->moves_at = clock_.now() + tick;
}

}  // namespace lh::sim
