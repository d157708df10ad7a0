#include "core/policy/progress_pacing.h"

#include <algorithm>

namespace lh {

bool ProgressPacer::allow(TimePoint now) {
  if (now < next(now)) return false;
  last_ = now;
  any_ = true;
  return true;
}

TimePoint ProgressPacer::next(TimePoint now) const {
  return any_ ? std::max(now, last_ + interval_) : now;
}

}  // namespace lh
