#pragma once

#include <functional>

#include "core/policy/blockers.h"
#include "daemon/live_transfer.h"
#include "engine/transfer_engine.h"
#include "files/file_service.h"
#include "store/transfer_store.h"

namespace lh {

/// Performs what steps decide, in their order, each action behind the Persist that stands before
/// it; the one place that logs transitions. Main loop only.
class ActionRunner {
 public:
  struct Seams {
    TransferStore& store;
    TransferEngine& engine;
    FileService& files;
  };
  /// What the runner hands back to the ring.
  struct Ring {
    std::function<LiveTransfer*(const TransferId&)> find;
    std::function<void(RequestId, std::optional<TransferError>)> reply;
    std::function<bool(const Transfer&)> has_listeners;
    std::function<void(const Change&)> tell;
    std::function<QueueHold(const Transfer&)> hold_of;  ///< why it does not start, if it waits
    std::function<void(const SecretId&)> drop_secret;   ///< the transfer needs it no longer
    std::function<void(const TransferId&)> drop_body;   ///< the transfer needs its own no longer
    std::function<void(LiveTransfer&)> settled;         ///< nothing is pending any more
    std::function<void()> stored;                       ///< after what followed a Persist was done
    std::function<void(const Error&)> store_failed;  ///< nothing that follows can be made durable
  };

  ActionRunner(Seams seams, Ring ring) : seams_(seams), ring_(std::move(ring)) {}

  /// Takes over what a step decided: logs a transition, replaces the transfer, queues the actions.
  /// Nothing is performed yet.
  void take(LiveTransfer& entry, Step step, const Facts& facts, TimePoint now) const;
  /// Performs what may be performed now. May call back into the ring.
  void advance(const TransferId& id);
  /// Transfers of which the store has something to write.
  [[nodiscard]] std::size_t unstored() const { return unstored_; }

 private:
  void perform(LiveTransfer& entry, LiveTransfer::Pending& pending);
  void persist(LiveTransfer& entry, Transfer row);

  Seams seams_;
  Ring ring_;
  std::size_t unstored_ = 0;
  bool store_has_failed_ = false;
};

}  // namespace lh
