#include "core/policy/retry_policy.h"

#include <algorithm>
#include <cmath>

namespace lh {
namespace {

constexpr double kStretch = 0.25;

Duration backoff(std::uint32_t failures_in_row, const Limits& limits, double jitter) {
  if (limits.retry_delays.empty()) return Duration::zero();
  const std::size_t step = failures_in_row == 0 ? 0 : failures_in_row - 1;
  const Duration delay = limits.retry_delays[std::min(step, limits.retry_delays.size() - 1)];
  const double stretch = kStretch * std::clamp(jitter, 0.0, 1.0);
  return delay + Duration(std::llround(static_cast<double>(delay.count()) * stretch));
}

}  // namespace

RetryDecision after_failure(const Failure& failure, std::uint32_t failures_in_row,
                            const Limits& limits, TimePoint now, double jitter) {
  if (!failure.transient || failures_in_row > limits.retry_count) return {};
  Duration delay = backoff(failures_in_row, limits, jitter);
  if (failure.retry_after) {
    // Not std::clamp: a configuration may have them crossed, and the longest wait wins then.
    delay =
        std::min(std::max(*failure.retry_after, limits.retry_after_min), limits.retry_after_max);
  }
  return {RetryDecision::Kind::RetryAt, now + delay};
}

bool is_transient_http(int status) {
  switch (status) {
    case 408:
    case 425:
    case 429:
    case 500:
    case 502:
    case 503:
    case 504:
      return true;
    default:
      return false;
  }
}

}  // namespace lh
