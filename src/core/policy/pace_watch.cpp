#include "core/policy/pace_watch.h"

namespace lh {

void PaceWatch::started(TimePoint now, ByteCount received) {
  since_ = now;
  received_ = received;
  stuck_ = false;
}

std::optional<PaceWatch::Pace> PaceWatch::look(TimePoint now, ByteCount received) {
  // Less than before: the bytes of another version were thrown away.
  const bool moved = received < received_ || received - received_ >= least_;
  const bool recovers = stuck_ && moved;
  if (now < next() && !recovers) return std::nullopt;
  since_ = now;
  received_ = received;
  stuck_ = !moved;
  if (stuck_) return Pace::Stuck;
  return recovers ? std::optional(Pace::Moving) : std::nullopt;
}

}  // namespace lh
