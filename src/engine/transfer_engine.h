#pragma once

#include <functional>

#include "core/policy/transfer_machine.h"
#include "core/policy/transfer_plan.h"

namespace lh {

/// Bytes in flight. start() begins an attempt; everything that happens to it comes through the
/// sink, which may be called on any thread, with what happened at a time together: ResponseArrived,
/// BytesArrived, Checkpointed, and last, exactly once, one of AttemptCompleted, AttemptStopped,
/// AttemptFailed, AttemptRefusedRange, AttemptDiskFull. (The seam that simulations replace.)
class TransferEngine {
 public:
  using EventSink = std::function<void(Events)>;

  virtual ~TransferEngine() = default;
  virtual void start(TransferPlan plan) = 0;
  /// The attempt syncs what it has and ends with AttemptStopped (or with what had already
  /// happened). Unknown ids are ignored.
  virtual void stop(AttemptId attempt) = 0;
  /// stop(), and nobody will want the partial file: it is removed even if its folder has been moved
  /// to where no path leads any more.
  virtual void cancel(AttemptId attempt) { stop(attempt); }
  /// An attempt that has told UploadMoved and waits goes on.
  virtual void proceed(AttemptId /*attempt*/) {}
  /// Tells the server of `plan.upload` that nobody needs it; no news come of it.
  virtual void give_up(TransferPlan /*plan*/) {}
};

}  // namespace lh
