#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/time.h"

namespace lh {

/// The three forms of RFC 9110, section 5.6.7. Nothing if it is none of them.
[[nodiscard]] std::optional<TimePoint> parse_http_date(std::string_view text);
/// The preferred form: "Sun, 06 Nov 1994 08:49:37 GMT".
[[nodiscard]] std::string format_http_date(TimePoint time);

}  // namespace lh
