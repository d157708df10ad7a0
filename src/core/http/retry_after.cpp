#include "core/http/retry_after.h"

#include <algorithm>
#include <ranges>

#include "core/http/http_date.h"
#include "core/http/text.h"

namespace lh {
namespace {

// Longer than anybody waits; keeps sums of times far from the end of their type.
constexpr Duration kForever = std::chrono::years(100);

}  // namespace

std::optional<Duration> parse_retry_after(std::string_view value, TimePoint now) {
  const auto text = text::trim(value);
  if (!text.empty() && std::ranges::all_of(text, text::is_digit)) {
    const auto seconds = text::parse_number(text);
    constexpr auto kMost = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::seconds>(kForever).count());
    if (!seconds || *seconds > kMost) return kForever;
    return std::chrono::seconds(static_cast<std::int64_t>(*seconds));
  }
  const auto date = parse_http_date(text);
  if (!date) return std::nullopt;
  return std::clamp(std::chrono::duration_cast<Duration>(*date - now), Duration::zero(), kForever);
}

}  // namespace lh
