#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "core/model/snapshot.h"
#include "core/model/transfer.h"
#include "core/policy/scheduler.h"
#include "core/policy/transfer_machine.h"

namespace lh {

/// An operation that is in memory: it runs, somebody watches it, it is near the front of the queue,
/// or a request for it is under way. All others are rows of the store. Main loop only.
struct LiveTransfer {
  /// An action that waits for its turn, with what it needs of the moment at which it was decided.
  struct Pending {
    Action action;
    std::unique_ptr<Transfer> row;     ///< Persist: what to store
    std::unique_ptr<Transfer> before;  ///< Persist: what is shown until it is durable
    std::unique_ptr<Change> change;    ///< Notify: what to tell; absent if nobody listens
  };

  Transfer transfer;
  std::uint64_t sequence = 0;  ///< place in lists; 0 if not read from one
  std::deque<Pending> pending;
  bool persisting = false;                          ///< a Persist is with the store
  std::unique_ptr<Transfer> shown;                  ///< its `before`
  bool erasing = false;                             ///< its row is being removed
  bool in_window = false;                           ///< in the front of the queue
  std::uint32_t pins = 0;                           ///< requests under way that keep it in memory
  std::vector<std::function<void()>> when_settled;  ///< run once nothing is pending

  /// What may be shown: nothing that a crash could take back.
  [[nodiscard]] const Transfer& visible() const {
    if (shown) return *shown;
    for (const Pending& next : pending) {
      if (next.before) return *next.before;
    }
    return transfer;
  }
  /// Must stay in memory: something that is not in the store yet depends on it.
  [[nodiscard]] bool is_busy() const {
    return transfer.live.has_slot || transfer.live.attempt != 0 || transfer.live.file_job ||
           persisting || erasing || !pending.empty();
  }
};

[[nodiscard]] inline QueueKey queue_key_of(const Transfer& transfer) {
  return {rank_of(transfer.spec.priority), transfer.state.queue_position};
}

/// Its request goes on without a slot, which others use.
[[nodiscard]] inline bool is_stuck(const Transfer& transfer) {
  return transfer.live.attempt != 0 && !transfer.live.has_slot;
}

/// Wants a slot and has none.
[[nodiscard]] inline bool is_waiting_for_slot(const Transfer& transfer) {
  return transfer.state.phase == Phase::Queued && transfer.live.attempt == 0 &&
         !transfer.live.has_slot && !transfer.live.file_job;
}

}  // namespace lh
