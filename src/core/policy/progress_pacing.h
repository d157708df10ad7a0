#pragma once

#include "core/base/time.h"

namespace lh {

/// R25: merges byte reports into at most one per interval.
class ProgressPacer {
 public:
  explicit ProgressPacer(Duration interval) : interval_(interval) {}

  /// True if a report may go out now; it then counts as sent.
  [[nodiscard]] bool allow(TimePoint now);
  /// When the next one may; for a timer that sends what was held back.
  [[nodiscard]] TimePoint next(TimePoint now) const;

 private:
  Duration interval_;
  TimePoint last_{};
  bool any_ = false;
};

}  // namespace lh
