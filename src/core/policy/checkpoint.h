#pragma once

#include "core/base/time.h"
#include "core/base/units.h"

namespace lh {

/// When a running attempt syncs and records what it has (design.md 2.7): after `bytes` or
/// `interval`, whichever comes first, one at a time, and never before the previous one has come
/// back.
class CheckpointPacer {
 public:
  CheckpointPacer(ByteCount bytes, Duration interval) : bytes_(bytes), interval_(interval) {}

  void started(TimePoint now, ByteCount durable);
  /// True if a checkpoint of `written` bytes should begin now; the caller then begins it.
  [[nodiscard]] bool due(TimePoint now, ByteCount written);
  void finished(TimePoint now, ByteCount durable);

 private:
  ByteCount bytes_;
  Duration interval_;
  TimePoint last_{};
  ByteCount durable_ = 0;
  bool under_way_ = false;
};

}  // namespace lh
