#include "core/policy/blockers.h"

#include <algorithm>

#include "core/policy/cost_policy.h"

namespace lh {
namespace {

/// Wants to go on by itself: its status follows from the facts.
bool is_waiting(Phase phase) {
  return phase == Phase::Queued || phase == Phase::RetryAt || phase == Phase::DiskFull;
}

bool is_at_work(const Transfer& transfer) {
  return transfer.live.attempt != 0 || transfer.live.file_job ||
         transfer.state.phase == Phase::Finishing;
}

/// What the app itself decided, or must decide.
std::optional<Blocker> app_blocker(const TransferState& state) {
  if (state.phase == Phase::PausedByApp) {
    return Blocker{BlockerKind::App, state.phase_since, std::nullopt,
                   "paused by the app; goes on when it is resumed"};
  }
  if (state.phase == Phase::PausedRecoverable) {
    const std::string cause = state.error ? state.error->message : "recoverable error";
    return Blocker{BlockerKind::App, state.phase_since, std::nullopt,
                   cause + "; goes on when the app resumes it"};
  }
  return std::nullopt;
}

std::string cost_text(const NetworkFacts& network) {
  std::string what = "the network is metered";
  if (network.over_limit) {
    what = network.restricted ? "the data limit is passed and background data is restricted"
                              : "the data limit of the network is passed";
  } else if (network.roaming) {
    what = "the network is roaming";
  } else if (network.approaching_limit) {
    what = "the data limit of the network is near";
  }
  return what + ", which the cost policy forbids; goes on with a permitted network or policy";
}

void add_outside_blockers(std::vector<Blocker>& blockers, const Transfer& transfer,
                          const Facts& facts) {
  // A cause holds this operation no longer than the operation waits.
  const auto since = [&transfer](const std::optional<TimePoint>& cause) {
    return std::max(cause.value_or(transfer.state.phase_since), transfer.state.phase_since);
  };
  if (!facts.network.connected) {
    blockers.push_back({BlockerKind::NoNetwork, since(facts.network.since), std::nullopt,
                        "no Internet connection; goes on when there is one"});
  }
  if (!cost_permits(transfer.spec.cost_policy, facts.network)) {
    blockers.push_back(
        {BlockerKind::Cost, since(facts.network.since), std::nullopt, cost_text(facts.network)});
  }
  if (facts.power.holds_background) {
    blockers.push_back({BlockerKind::Power, since(facts.power.since), std::nullopt,
                        "the battery is being spared; goes on when it is charged or the saver is "
                        "off"});
  }
}

std::optional<Blocker> own_blocker(const TransferState& state) {
  if (state.phase == Phase::DiskFull) {
    std::string text = "the disk is full";
    if (state.bytes_needed > 0) text += ": " + std::to_string(state.bytes_needed) + " bytes needed";
    return Blocker{BlockerKind::Disk, state.phase_since, std::nullopt,
                   text + "; goes on when there is room"};
  }
  if (state.phase == Phase::RetryAt && state.request_open && !state.error) {
    return Blocker{
        BlockerKind::App, state.phase_since, state.wake_at,
        "its request was cut off and may have been carried out, so it is sent again only "
        "if its app is there to see it"};
  }
  if (state.phase == Phase::RetryAt) {
    const bool server = state.error && state.error->kind == ErrorKind::Http;
    const std::string cause = state.error ? state.error->message : "the last attempt failed";
    return Blocker{server ? BlockerKind::Server : BlockerKind::Retry, state.phase_since,
                   state.wake_at, cause + "; tries again by itself"};
  }
  return std::nullopt;
}

/// Nothing is requested any more, and it is not complete yet.
Blocker file_blocker(const Transfer& transfer) {
  const TimePoint since = std::max(transfer.state.phase_since, transfer.live.last_bytes_at);
  return {BlockerKind::Disk, since, std::nullopt,
          transfer.spec.kind == TransferKind::Upload
              ? "the server has answered; its answer is being stored"
              : "every byte is here; the file is being synced, verified and given its name"};
}

Blocker queue_blocker(const Transfer& transfer, const Facts& facts, QueueHold hold) {
  Blocker blocker{BlockerKind::Queue, transfer.state.phase_since, std::nullopt,
                  "waits for its turn; starts when a running transfer ends"};
  if (facts.draining) {
    blocker.text = "the service is stopping; goes on when it runs again";
  } else if (hold == QueueHold::OriginSlots) {
    blocker.kind = BlockerKind::HostLimit;
    blocker.text = "as many transfers from " + transfer.spec.origin +
                   " are running as are allowed at once; starts when one of them ends";
  }
  return blocker;
}

}  // namespace

std::vector<Blocker> blockers_of(const Transfer& transfer, const Facts& facts, QueueHold hold) {
  const TransferState& state = transfer.state;
  std::vector<Blocker> blockers;
  if (state.phase == Phase::Created || is_final(state.phase)) return blockers;
  if (is_at_work(transfer)) {
    if (transfer.live.attempt == 0) blockers.push_back(file_blocker(transfer));
    return blockers;
  }
  if (auto app = app_blocker(state)) blockers.push_back(*std::move(app));
  add_outside_blockers(blockers, transfer, facts);
  if (auto own = own_blocker(state)) blockers.push_back(*std::move(own));
  if (blockers.empty()) blockers.push_back(queue_blocker(transfer, facts, hold));
  return blockers;
}

BackgroundTransferStatus status_of(const Transfer& transfer, const Facts& facts) {
  const Phase phase = transfer.state.phase;
  if (phase == Phase::Completed) return BackgroundTransferStatus::Completed;
  if (phase == Phase::Canceled) return BackgroundTransferStatus::Canceled;
  if (phase == Phase::Failed) return BackgroundTransferStatus::Error;
  // Until the engine has let go of it, also while it is being paused (R30).
  if (is_at_work(transfer)) return BackgroundTransferStatus::Running;
  if (phase == Phase::PausedByApp) return BackgroundTransferStatus::PausedByApplication;
  if (phase == Phase::PausedRecoverable) {
    return BackgroundTransferStatus::PausedRecoverableWebErrorStatus;
  }
  if (!is_waiting(phase)) return BackgroundTransferStatus::Idle;
  switch (hold_reason(transfer.spec, facts)) {
    case StopReason::NoNetwork:
      return BackgroundTransferStatus::PausedNoNetwork;
    case StopReason::Cost:
      return BackgroundTransferStatus::PausedCostedNetwork;
    case StopReason::SystemPolicy:
      return BackgroundTransferStatus::PausedSystemPolicy;
    case StopReason::None:
    case StopReason::Pause:
    case StopReason::Cancel:
    case StopReason::Preempted:
    case StopReason::Shutdown:
      break;
  }
  if (phase == Phase::DiskFull) return BackgroundTransferStatus::PausedSystemPolicy;
  return phase == Phase::RetryAt ? BackgroundTransferStatus::Running
                                 : BackgroundTransferStatus::Idle;
}

StopReason hold_reason(const TransferSpec& spec, const Facts& facts) {
  if (!facts.network.connected) return StopReason::NoNetwork;
  if (!cost_permits(spec.cost_policy, facts.network)) return StopReason::Cost;
  if (facts.power.holds_background) return StopReason::SystemPolicy;
  return facts.draining ? StopReason::Shutdown : StopReason::None;
}

}  // namespace lh
