#include "core/policy/transfer_machine.h"

#include <algorithm>
#include <array>

#include "core/policy/transition.h"

namespace lh {
namespace {

// In the order of Event.
constexpr std::array<std::string_view, std::variant_size_v<Event>> kEventNames = {
    "Created",         "StartRequested",  "PauseRequested",
    "ResumeRequested", "CancelRequested", "Changed",
    "SlotGranted",     "SlotRevoked",     "FactsChanged",
    "AppAttached",     "WakeDue",         "ResponseArrived",
    "BytesArrived",    "BytesSent",       "UploadMoved",
    "Checkpointed",    "PaceChanged",     "AttemptCompleted",
    "AttemptStopped",  "AttemptFailed",   "AttemptRefusedRange",
    "AttemptDiskFull", "FileSynced",      "FileCommitted",
    "FileFailed",      "FileDiscarded"};

/// The longest wait that a retry can ask for. A stored time may lie further ahead if the clock was
/// wrong when it was stored.
Duration longest_wait(Phase phase, const Limits& limits) {
  if (phase == Phase::DiskFull) return limits.disk_full_recheck;
  const Duration last = limits.retry_delays.empty() ? Duration::zero() : limits.retry_delays.back();
  return std::max(limits.retry_after_max, last + last / 4);
}

}  // namespace

Step step(Transfer transfer, const Event& event, const Surroundings& surroundings) {
  machine::Transition transition(std::move(transfer), surroundings);
  std::visit([&transition](const auto& happened) { machine::on(transition, happened); }, event);
  return std::move(transition).finish();
}

Step recover(Transfer transfer, const Surroundings& surroundings) {
  Step result{std::move(transfer), {}, {}};
  Transfer& recovered = result.transfer;
  TransferState& state = recovered.state;
  recovered.live = LiveState{.received = state.stored.prefix_length()};
  if (state.phase == Phase::RetryAt || state.phase == Phase::DiskFull) {
    const TimePoint latest = surroundings.now + longest_wait(state.phase, surroundings.limits);
    state.wake_at = std::min(state.wake_at.value_or(surroundings.now), latest);
  }
  if (state.phase == Phase::Finishing) {
    recovered.live.file_job = true;
    result.actions.emplace_back(action::CommitFile{});
    result.why = "was being completed";
  }
  return result;
}

std::string_view event_name(const Event& event) {
  return kEventNames.at(event.index());
}

}  // namespace lh
