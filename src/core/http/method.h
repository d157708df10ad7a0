#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace lh {

/// Whether a request that may have been carried out can be sent again without harm: those that are
/// idempotent by RFC 9110, section 9.2.2.
[[nodiscard]] constexpr bool is_repeatable(std::string_view method) {
  constexpr std::array<std::string_view, 6> kIdempotent = {"GET",    "HEAD",    "PUT",
                                                           "DELETE", "OPTIONS", "TRACE"};
  return std::ranges::find(kIdempotent, method) != kIdempotent.end();
}

}  // namespace lh
