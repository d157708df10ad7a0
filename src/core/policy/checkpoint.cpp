#include "core/policy/checkpoint.h"

namespace lh {

void CheckpointPacer::started(TimePoint now, ByteCount durable) {
  last_ = now;
  durable_ = durable;
  under_way_ = false;
}

bool CheckpointPacer::due(TimePoint now, ByteCount written) {
  if (under_way_) return false;
  // The file began anew: what was durable is void.
  if (written < durable_) durable_ = 0;
  if (written == durable_) return false;
  if (written - durable_ < bytes_ && now - last_ < interval_) return false;
  under_way_ = true;
  return true;
}

void CheckpointPacer::finished(TimePoint now, ByteCount durable) {
  started(now, durable);
}

}  // namespace lh
