#include "daemon/action_runner.h"

#include <utility>
#include <variant>

#include "core/model/status_name.h"
#include "daemon/snapshots.h"
#include "platform/log.h"

namespace lh {
namespace {

template <typename... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <typename... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

FileService::Job file_job(const Transfer& transfer) {
  FileService::Job job;
  job.id = transfer.id;
  job.target = transfer.spec.target;
  job.file_name = transfer.state.file_name;
  const bool is_download = transfer.spec.kind == TransferKind::Download;
  if (is_download) job.checksum = transfer.spec.checksum;  // else of what was sent
  if (is_download && !job.checksum && transfer.state.served_digest) {
    job.checksum = transfer.state.served_digest;
    job.checksum_is_servers = true;
  }
  job.expected_size = transfer.state.total.value_or(transfer.live.received);
  job.intent = transfer.state.commit;
  return job;
}

/// "Running -> Completed (all bytes are durable), 200 MiB, 3 attempts".
void log_transition(const Transfer& before, const Transfer& after, const Facts& facts,
                    std::string_view why) {
  const BackgroundTransferStatus from = status_of(before, facts);
  const BackgroundTransferStatus to = status_of(after, facts);
  if (from == to && before.state.phase == after.state.phase) return;
  if (!log_enabled(LogLevel::Info)) return;
  std::string line = std::string(status_name(from)) + " -> " + std::string(status_name(to));
  if (!why.empty()) line += " (" + std::string(why) + ")";
  line += ", " + std::to_string(after.state.stored.prefix_length()) + " bytes durable";
  if (after.state.total) line += " of " + std::to_string(*after.state.total);
  line += ", attempt " + std::to_string(after.state.attempts);
  if (after.state.error && after.state.error != before.state.error) {
    line += ": " + after.state.error->message;
  }
  log(after.state.phase == Phase::Failed ? LogLevel::Warning : LogLevel::Info, line,
      after.id.to_string());
}

/// An Idle between two attempts is no news if the slot was there at once (R77).
bool is_overtaken(const Change& change, const LiveTransfer& entry) {
  return entry.transfer.live.attempt != 0 &&
         change.snapshot.status == BackgroundTransferStatus::Idle;
}

/// Bytes alone: the next report has them too.
bool is_progress(const LiveTransfer::Pending& pending) {
  const auto* notify = std::get_if<action::Notify>(&pending.action);
  return notify != nullptr && notify->what == action::Notify::What::Progress &&
         !notify->response_changed && !notify->restarted;
}

/// While the store waits for room, a transfer that runs reports and records for hours. A row that
/// was not handed over yet is replaced by the next one, unless something else than a report of
/// progress waits for it.
void queue(std::deque<LiveTransfer::Pending>& pending, LiveTransfer::Pending next) {
  const bool is_row = std::holds_alternative<action::Persist>(next.action);
  if (!is_row && !is_progress(next)) return pending.push_back(std::move(next));
  if (!pending.empty() && is_progress(pending.back())) {
    if (!is_row) return static_cast<void>(pending.back() = std::move(next));
    const bool has_row = pending.size() > 1 && pending[pending.size() - 2].row != nullptr;
    if (has_row) pending.pop_back();
  }
  if (is_row && !pending.empty() && pending.back().row) {
    pending.back().row = std::move(next.row);
    return;
  }
  pending.push_back(std::move(next));
}

}  // namespace

void ActionRunner::take(LiveTransfer& entry, Step step, const Facts& facts, TimePoint now) const {
  log_transition(entry.transfer, step.transfer, facts, step.why);
  std::optional<Transfer> before = std::exchange(entry.transfer, std::move(step.transfer));
  bool waits = entry.persisting;
  for (Action& action : step.actions) {
    LiveTransfer::Pending pending;
    pending.action = std::move(action);
    if (std::holds_alternative<action::Persist>(pending.action)) {
      pending.row = std::make_unique<Transfer>(entry.transfer);
      // Another Persist would store the same row.
      if (before) pending.before = std::make_unique<Transfer>(*std::exchange(before, std::nullopt));
      waits = true;
    } else if (const auto* notify = std::get_if<action::Notify>(&pending.action)) {
      // Who attaches before it is durable is shown the state before, and then needs the news.
      if (waits || ring_.has_listeners(entry.transfer)) {
        Change change;
        change.what = static_cast<Change::What>(notify->what);
        change.response_changed = notify->response_changed;
        change.restarted = notify->restarted;
        change.time = now;
        change.snapshot =
            make_snapshot(entry.transfer, facts, ring_.hold_of(entry.transfer), entry.sequence);
        pending.change = std::make_unique<Change>(std::move(change));
      }
    }
    queue(entry.pending, std::move(pending));
  }
}

void ActionRunner::advance(const TransferId& id) {
  LiveTransfer* entry = ring_.find(id);
  while (entry != nullptr && !entry->persisting && !entry->pending.empty()) {
    LiveTransfer::Pending next = std::move(entry->pending.front());
    entry->pending.pop_front();
    perform(*entry, next);
    entry = ring_.find(id);  // performing may have called back into the ring
  }
  if (entry != nullptr && !entry->persisting) ring_.settled(*entry);
}

void ActionRunner::perform(LiveTransfer& entry, LiveTransfer::Pending& pending) {
  const Overloaded visitor{
      [&](const action::Persist&) {
        entry.shown = std::move(pending.before);
        persist(entry, std::move(*pending.row));
      },
      [&](const action::Reply& reply) { ring_.reply(reply.request, reply.error); },
      [&](action::StartAttempt& start) { seams_.engine.start(std::move(start.plan)); },
      [&](const action::StopAttempt& stop) {
        if (stop.reason == StopReason::Cancel) return seams_.engine.cancel(stop.attempt);
        seams_.engine.stop(stop.attempt);
      },
      [&](const action::ProceedAttempt& go_on) { seams_.engine.proceed(go_on.attempt); },
      [&](action::GiveUpUpload& gone) { seams_.engine.give_up(std::move(gone.plan)); },
      [&](const action::SyncFile&) { seams_.files.sync(file_job(entry.transfer)); },
      [&](const action::CommitFile&) { seams_.files.commit(file_job(entry.transfer)); },
      [&](const action::DiscardFile&) { seams_.files.discard(file_job(entry.transfer)); },
      [&](const action::DropSecret& drop) { ring_.drop_secret(drop.secret); },
      [&](const action::DropBody&) { ring_.drop_body(entry.transfer.id); },
      [&](const action::Notify&) {
        if (!pending.change) return;
        if (is_overtaken(*pending.change, entry)) {
          if (pending.change->what == Change::What::Status) return;
          pending.change->snapshot.status = BackgroundTransferStatus::Running;
        }
        ring_.tell(*pending.change);
      },
  };
  std::visit(visitor, pending.action);
}

void ActionRunner::persist(LiveTransfer& entry, Transfer row) {
  entry.persisting = true;
  ++unstored_;
  const TransferId id = entry.transfer.id;
  seams_.store.update(std::move(row), [this, id](Result<void> stored) {
    --unstored_;
    LiveTransfer* const waiting = ring_.find(id);
    if (!stored.ok()) {
      // What follows the Persist must not be told or done: the promise is not durable.
      if (!std::exchange(store_has_failed_, true)) ring_.store_failed(stored.error());
      return;
    }
    if (waiting == nullptr) return;
    waiting->persisting = false;
    waiting->shown.reset();
    advance(id);
    ring_.stored();
  });
}

}  // namespace lh
