#pragma once

#include <optional>

#include "core/base/time.h"
#include "core/base/units.h"

namespace lh {

/// Whether an attempt is stuck: fewer than `least` bytes in a window, one of which follows the
/// other, so that one that stops is noticed after two windows at the latest. Then its slot may go
/// to others until it moves again.
class PaceWatch {
 public:
  enum class Pace : bool { Stuck, Moving };

  PaceWatch(Duration window, ByteCount least) : window_(window), least_(least) {}

  void started(TimePoint now, ByteCount received);
  /// What is to be told, if anything: Stuck at the end of every window in which it was, Moving once
  /// when enough bytes came after that.
  [[nodiscard]] std::optional<Pace> look(TimePoint now, ByteCount received);
  /// When to look even if no bytes come.
  [[nodiscard]] TimePoint next() const { return since_ + window_; }

 private:
  Duration window_;
  ByteCount least_;
  TimePoint since_{};       ///< beginning of the window
  ByteCount received_ = 0;  ///< at that time
  bool stuck_ = false;
};

}  // namespace lh
