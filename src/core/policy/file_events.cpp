#include "core/policy/transition.h"

// What the file thread answers to SyncFile, CommitFile and DiscardFile.
namespace lh::machine {
namespace {

/// After a cancel that came while the file was being synced: the answer, whatever it is, makes room
/// for the removal. True if that was the case.
bool discard_if_canceled(Transition& t) {
  if (t.live().stopping != StopReason::Cancel) return false;
  t.live().stopping = StopReason::None;
  t.discard_file();
  return true;
}

/// Whether bytes of several answers were joined on nothing but the hope that the checksum agrees.
bool is_joined_unproven(const TransferState& state) {
  return state.validator.kind == Validator::Kind::Checksum && state.response &&
         state.response->status == 206;
}

}  // namespace

void on(Transition& t, const event::FileSynced& e) {
  const Phase phase = t.state().phase;
  if (!t.live().file_job || discard_if_canceled(t)) return;
  if (phase != Phase::Queued && phase != Phase::PausedByApp) return;
  t.live().file_job = false;
  t.state().total = e.intent.size;
  t.record_prefix(e.intent.size);
  if (phase == Phase::PausedByApp) {  // the pause is kept; resuming goes on here
    t.because("paused by the app");
    return t.persist();
  }
  t.enter(Phase::Finishing, "every byte is durable");
  t.state().commit = e.intent;
  t.persist();
  t.commit_file();
}

void on(Transition& t, const event::FileCommitted& e) {
  if (t.state().phase != Phase::Finishing) return;
  t.live().file_job = false;
  if (!e.file_name.empty()) t.state().file_name = e.file_name;
  t.state().error.reset();
  if (t.state().send_total) t.state().sent = *t.state().send_total;
  t.enter(Phase::Completed, "completed");
  t.persist();
  t.notify(action::Notify::What::Ended);
}

void on(Transition& t, const event::FileFailed& e) {
  if (!t.live().file_job || discard_if_canceled(t)) return;
  t.live().file_job = false;
  const Phase phase = t.state().phase;
  if (is_final(phase)) return;  // a file that cannot be removed is swept later
  const bool damaged = e.error.kind == ErrorKind::Checksum;
  if (phase == Phase::PausedByApp) {
    if (e.bytes_lost) t.restart();
    t.state().error = e.error;
    t.because("paused by the app");
    return t.persist();
  }
  if (e.disk_full && !t.must_not_repeat()) {
    if (e.bytes_lost) t.restart();
    return t.wait_for_room(e.error, 0);
  }
  const bool mixed = damaged && is_joined_unproven(t.state());
  if ((!e.bytes_lost || damaged) && !mixed) return t.fail(e.error, "failed");
  // Bytes that were there are gone, or were of two versions: they are fetched again, within the
  // budget of R39.
  t.restart();
  t.retry_or_fail({.error = e.error, .transient = true, .retry_after = std::nullopt});
}

void on(Transition& t, const event::FileDiscarded&) {
  if (is_final(t.state().phase)) t.live().file_job = false;
}

}  // namespace lh::machine
