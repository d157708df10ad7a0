#pragma once

#include <optional>
#include <string_view>

#include "core/base/units.h"

namespace lh {

/// `Content-Range: bytes …` (RFC 9110, section 14.4).
struct ContentRange {
  std::optional<ByteOffset> first;  ///< absent in the unsatisfied form "bytes */N"
  std::optional<ByteOffset> last;   ///< inclusive
  std::optional<ByteCount> total;   ///< absent for "/*"

  friend bool operator==(const ContentRange&, const ContentRange&) = default;
};

/// Nothing for another unit, a malformed value, last < first, or last >= total.
[[nodiscard]] std::optional<ContentRange> parse_content_range(std::string_view value);

}  // namespace lh
