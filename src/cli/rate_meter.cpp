#include "cli/rate_meter.h"

#include <algorithm>

namespace lh::cli {
namespace {

constexpr std::chrono::milliseconds kLeastBetween{100};
constexpr std::chrono::milliseconds kLeastSpan{400};

}  // namespace

void RateMeter::note(Moment now, std::uint64_t bytes) {
  if (!samples_.empty() && bytes < samples_.back().bytes) samples_.clear();
  // The last sample may move on, but the first one is where counting began.
  const bool merge =
      samples_.size() > 1 && now - samples_[samples_.size() - 2].when < kLeastBetween;
  if (merge) {
    samples_.back() = {now, bytes};
  } else {
    samples_.push_back({now, bytes});
  }
  // One sample older than the window stays, so that the window is covered.
  while (samples_.size() > 2 && now - samples_[1].when >= kWindow) samples_.erase(samples_.begin());
}

void RateMeter::forget() {
  samples_.clear();
}

std::optional<double> RateMeter::rate(Moment now) const {
  if (samples_.empty()) return std::nullopt;
  const Moment begin = now - kWindow;
  const Sample* base = &samples_.front();
  for (const Sample& each : samples_) {
    if (each.when <= begin) base = &each;
  }
  if (now - base->when < kLeastSpan) return std::nullopt;
  const std::chrono::duration<double> span = now - std::max(base->when, begin);
  return static_cast<double>(samples_.back().bytes - base->bytes) / span.count();
}

}  // namespace lh::cli
