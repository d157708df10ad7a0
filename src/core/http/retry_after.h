#pragma once

#include <optional>
#include <string_view>

#include "core/base/time.h"

namespace lh {

/// `Retry-After` in seconds or as a date (RFC 9110, section 10.2.3): how long to wait from `now`,
/// never negative, not clamped.
[[nodiscard]] std::optional<Duration> parse_retry_after(std::string_view value, TimePoint now);

}  // namespace lh
