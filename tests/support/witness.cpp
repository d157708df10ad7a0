#include "support/witness.h"

#include <algorithm>

#include "core/model/status_name.h"
#include "core/policy/blockers.h"

namespace lh::sim {
namespace {

using Status = BackgroundTransferStatus;

bool is_final_status(Status status) {
  return status == Status::Completed || status == Status::Canceled || status == Status::Error;
}

Status final_status_of(Phase phase) {
  if (phase == Phase::Completed) return Status::Completed;
  return phase == Phase::Canceled ? Status::Canceled : Status::Error;
}

std::string result_path_of(const Transfer& row) {
  return row.spec.target.folder + "/" + row.state.file_name;
}

std::string number_of(Phase phase) {
  return std::to_string(static_cast<int>(phase));
}

/// Whether the first `length` bytes are durable and of one version (of `wanted` unless that is 0).
bool holds(const SimulatedDisk::File& file, ByteCount length, ContentId wanted) {
  if (!file || file->synced < length) return false;
  const auto version = file->image.version_of(length);
  return version && (wanted == 0 || *version == wanted);
}

}  // namespace

std::string short_name(const TransferId& id) {
  return "#" + std::to_string(id.bytes()[14] * 256U + id.bytes()[15]);
}

void Witness::report(std::string violation) {
  violations_.push_back(std::move(violation));
}

void Witness::report(const TransferId& id, const std::string& violation) {
  violations_.push_back(short_name(id) + ": " + violation);
}

// --- what is stored ----------------------------------------------------------------------------

void Witness::committed(const Transfer* before, const Transfer* after) {
  if (after == nullptr) {
    if (!seen_[before->id].erase_asked) report(before->id, "erased, and nobody asked for it");
    return;
  }
  const Phase phase = after->state.phase;
  if (before != nullptr) {
    const Phase was = before->state.phase;
    if (is_final(was) && phase != was) {
      report(after->id, "left a final state: phase " + number_of(was) + " to " + number_of(phase));
    }
    if (was == phase && is_final(phase)) return;
  }
  check_claim(*after, false);
  if (phase == Phase::Completed) check_completed(*after);
  if (phase == Phase::Failed || phase == Phase::Canceled) check_untouched(*after);
}

void Witness::check_claim(const Transfer& row, bool strictly) {
  const ByteCount claimed = row.state.stored.prefix_length();
  if (claimed == 0 || is_final(row.state.phase)) return;
  const ContentId version = SimulatedServer::content_of(row.state.validator);
  const auto partial = view_.disk.partial(row.id);
  if (holds(partial, claimed, version)) return;
  // Bytes of a version that was replaced a moment ago: the row follows, or a crash came between and
  // the file is too short for the claim.
  const bool replaced = holds(view_.disk.replaced(row.id), claimed, version);
  if (replaced && (!strictly || !partial || partial->image.size() < claimed)) return;
  // A disk that lost bytes: nobody will find them, whatever the row says.
  if (!partial && view_.disk.has_lost(row.id)) return;
  if (row.state.phase == Phase::Finishing && row.state.commit) {
    const auto target = view_.disk.target(result_path_of(row));
    if (target && target->inode == row.state.commit->inode) return;
  }
  report(row.id, "claims " + std::to_string(claimed) + " bytes of v" + std::to_string(version) +
                     ", durable are " +
                     (partial ? std::to_string(partial->synced) + " of " + partial->image.describe()
                              : "none"));
}

void Witness::check_completed(const Transfer& row) {
  const auto file = view_.disk.durable_target(result_path_of(row));
  if (!file || file->synced != file->image.size()) {
    return report(row.id, "completed without a durable result file");
  }
  const ByteCount size = file->image.size();
  if (size == 0) {
    const auto& versions = view_.server.file(row.spec.uri).versions;
    const bool was_empty = std::ranges::any_of(
        versions, [this](ContentId version) { return view_.server.size_of(version) == 0; });
    if (!was_empty) report(row.id, "completed with an empty file");
    return;
  }
  const auto version = file->image.version_of(size);
  if (!version || view_.server.size_of(*version) != size) {
    return report(row.id, "completed with wrong bytes: " + file->image.describe());
  }
  if (row.spec.checksum && *row.spec.checksum != checksum_of(*version)) {
    report(row.id, "completed in spite of its checksum");
  }
}

void Witness::check_untouched(const Transfer& row) {
  const Target& target = row.spec.target;
  if (target.file_name.empty()) return;
  const auto there = view_.disk.target(target.folder + "/" + target.file_name);
  if (there && there->owner == row.id) {
    report(row.id, "ended without success, but its result file was touched");
  }
}

// --- what is told ------------------------------------------------------------------------------

void Witness::process_started() {
  watch_ = {};
  for (Request& request : requests_) request.lost = request.lost || request.answers == 0;
  for (auto& [id, seen] : seen_) {
    for (auto& [client, told] : seen.told) told = {};
  }
}

void Witness::created(const TransferId& id) {
  promised_.push_back(id);
  if (view_.store.find(id) == nullptr) report(id, "its creation was answered before it was stored");
}

void Witness::attached(const std::string& client, const TransferId& id) {
  Seen& seen = seen_[id];
  seen.told.try_emplace(client);
  if (seen.watcher.empty()) seen.watcher = client;
}

void Witness::detached(const std::string& client, const TransferId& id) {
  seen_[id].told.erase(client);
}

void Witness::check_durable(const Snapshot& snapshot) {
  const Transfer* const row = view_.store.find(snapshot.id);
  if (row == nullptr) return;  // forgotten meanwhile
  if (snapshot.started && row->state.phase == Phase::Created) {
    report(snapshot.id, "told to be started before that was stored");
  }
  const Status status = snapshot.status;
  if (!is_final_status(status)) return;
  if (!is_final(row->state.phase) || final_status_of(row->state.phase) != status) {
    report(snapshot.id, "told to be " + std::string(status_name(status)) + " before it was stored");
  }
}

void Witness::note_status(const std::string& client, const Snapshot& snapshot) {
  Seen& seen = seen_[snapshot.id];
  const Status status = snapshot.status;
  const std::string name(status_name(status));
  if (client == seen.watcher) {
    const bool repeated = seen.history == name || seen.history.ends_with(" " + name);
    if (!repeated) seen.history += (seen.history.empty() ? "" : " ") + name;
  }
  const auto told = seen.told.find(client);
  if (told != seen.told.end()) told->second.status = status;
  if (seen.final_told && status != *seen.final_told) {
    report(snapshot.id,
           "was told to be " + std::string(status_name(*seen.final_told)) + ", and then " + name);
  }
  if (is_final_status(status)) seen.final_told = status;
}

void Witness::told(const Change& change) {
  const TransferId& id = change.snapshot.id;
  if (change.what != Change::What::Forgotten) return check_durable(change.snapshot);
  if (view_.store.find(id) != nullptr) report(id, "told to be forgotten before it was");
}

void Witness::watched(const std::string& client) {
  watch_ = {client, {}, {}};
  for (const auto& [sequence, id] : view_.store.by_sequence()) watch_.known.insert(id);
}

void Witness::check_creation_told(const std::string& client, const Change& change) {
  if (client != watch_.client || change.what == Change::What::Forgotten) return;
  const TransferId& id = change.snapshot.id;
  if (change.what == Change::What::Created) {
    if (!watch_.created.insert(id).second) report(id, "its creation was told twice");
  } else if (!watch_.known.contains(id) && !watch_.created.contains(id)) {
    report(id, "news of it came before that of its creation");
  }
}

void Witness::received(const std::string& client, const Change& change) {
  check_creation_told(client, change);
  if (change.what == Change::What::Forgotten) return;
  note_status(client, change.snapshot);
  Seen& seen = seen_[change.snapshot.id];
  if (change.restarted && client == seen.watcher) ++seen.restarts_told;
  if (change.what != Change::What::Ended) return;
  if (!is_final_status(change.snapshot.status)) {
    report(change.snapshot.id, "its end was told, and it has not ended");
  }
  const auto told = seen.told.find(client);
  if (told != seen.told.end() && ++told->second.ends > 1) {
    report(change.snapshot.id, "its end was told twice");
  }
}

void Witness::shown(const std::string& client, const Snapshot& snapshot) {
  check_durable(snapshot);
  note_status(client, snapshot);
}

std::size_t Witness::asked(std::string what) {
  requests_.push_back({std::move(what)});
  return requests_.size() - 1;
}

void Witness::answered(std::size_t request) {
  if (++requests_[request].answers > 1) report(requests_[request].what + ": answered twice");
}

void Witness::accepted(const TransferId& id, const std::string& verb) {
  const Transfer* const row = view_.store.find(id);
  if (verb == "forget") {
    if (row != nullptr) report(id, "forgotten before its row was gone");
    return;
  }
  if (row == nullptr) return;
  const Phase phase = row->state.phase;
  if (verb == "start" && phase == Phase::Created) report(id, "start accepted and not stored");
  if (verb == "cancel" && phase != Phase::Canceled) report(id, "cancel accepted and not stored");
}

// --- what runs ---------------------------------------------------------------------------------

void Witness::attempt_started(const TransferPlan& plan, const Limits& widest) {
  std::uint32_t running = 1;
  std::uint32_t of_origin = 1;
  const Transfer* const row = view_.store.find(plan.id);
  if (row == nullptr) return report(plan.id, "an attempt without a row");
  for (const auto& [number, attempt] : view_.engine.attempts()) {
    ++running;
    if (attempt.plan.id == plan.id) report(plan.id, "two attempts at once");
    const Transfer* const other = view_.store.find(attempt.plan.id);
    if (other != nullptr && other->spec.origin == row->spec.origin) ++of_origin;
  }
  if (view_.files.works_on(plan.id)) report(plan.id, "an attempt during work on its file");
  if (is_final(row->state.phase)) report(plan.id, "an attempt after its end");
  // As many again may be stuck.
  const std::uint32_t times = view_.engine.any_was_stuck() ? 2 : 1;
  if (running > times * widest.running) report(plan.id, "more attempts than the limit");
  if (of_origin > times * widest.running_per_origin) {
    report(plan.id, "more attempts at one origin than the limit");
  }
}

// --- at moments of silence ---------------------------------------------------------------------

void Witness::check_wait(const Transfer& row, const Moment& moment) {
  const Phase phase = row.state.phase;
  if (phase == Phase::RetryAt || phase == Phase::DiskFull) {
    if (!row.state.wake_at || !moment.wake_at ||
        *moment.wake_at > std::max(*row.state.wake_at, moment.now)) {
      report(row.id, "waits for a time that nobody watches");
    }
  }
  if (phase != Phase::Queued || hold_reason(row.spec, moment.facts) != StopReason::None) return;
  std::uint32_t of_origin = 0;
  for (const auto& [number, attempt] : view_.engine.attempts()) {
    const Transfer* const other = view_.store.find(attempt.plan.id);
    if (other != nullptr && other->spec.origin == row.spec.origin) ++of_origin;
  }
  const bool has_room = view_.engine.attempts().size() < moment.limits.running &&
                        of_origin < moment.limits.running_per_origin;
  if (has_room) report(row.id, "waits, though nothing is in its way");
}

void Witness::check_row(const Transfer& row, const Snapshot& snapshot, const Moment& moment) {
  const Phase phase = row.state.phase;
  const bool runs = view_.engine.find(row.id) != nullptr;
  if (!runs) check_claim(row, true);
  for (const auto& [client, told] : seen_[row.id].told) {
    if (!told.status || *told.status == snapshot.status) continue;
    report(row.id, "is " + std::string(status_name(snapshot.status)) + ", told was " +
                       std::string(status_name(*told.status)));
  }
  if (is_final(phase)) {
    if (!runs && moment.swept && view_.disk.partial(row.id)) {
      report(row.id, "has ended and left its partial file");
    }
    return;
  }
  if (runs || phase == Phase::Created) return;
  if (snapshot.blockers.empty()) report(row.id, "waits and cannot say for what");
  if (phase == Phase::Finishing) report(row.id, "is to be completed, and nobody does it");
  check_wait(row, moment);
}

void Witness::check_settled(const Moment& moment, const std::vector<Snapshot>& snapshots) {
  std::unordered_map<TransferId, const Snapshot*> by_id;
  for (const Snapshot& snapshot : snapshots) {
    if (!by_id.emplace(snapshot.id, &snapshot).second) report(snapshot.id, "is listed twice");
  }
  for (const TransferId& id : promised_) {
    const bool gone = view_.store.find(id) == nullptr;
    if (gone && !seen_[id].erase_asked) report(id, "was promised and is lost");
  }
  for (const auto& [sequence, id] : view_.store.by_sequence()) {
    const auto listed = by_id.find(id);
    if (listed == by_id.end()) {
      report(id, "is stored and not listed");
      continue;
    }
    check_row(*view_.store.find(id), *listed->second, moment);
  }
}

void Witness::check_at_rest() {
  for (const Request& request : requests_) {
    if (request.answers == 0 && !request.lost) report(request.what + ": never answered");
  }
  for (const auto& [sequence, id] : view_.store.by_sequence()) {
    const Phase phase = view_.store.find(id)->state.phase;
    const bool may_stay = is_final(phase) || phase == Phase::Created ||
                          phase == Phase::PausedByApp || phase == Phase::PausedRecoverable;
    if (!may_stay) report(id, "nothing is in its way, and it does not end");
  }
  if (!view_.engine.attempts().empty()) report("an attempt without an end");
  for (const auto& [sequence, id] : view_.store.by_sequence()) {
    const bool known = watch_.known.contains(id) || watch_.created.contains(id);
    if (!watch_.client.empty() && !known) report(id, "its creation was told to nobody");
  }
}

}  // namespace lh::sim
