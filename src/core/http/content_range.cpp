#include "core/http/content_range.h"

#include "core/http/text.h"

namespace lh {

std::optional<ContentRange> parse_content_range(std::string_view value) {
  std::string_view rest = text::trim(value);
  const auto unit = text::take_until(rest, ' ');
  if (!text::equal_ignoring_case(unit, "bytes")) return std::nullopt;
  rest = text::trim(rest);

  const auto slash = rest.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto range = rest.substr(0, slash);
  const auto total = rest.substr(slash + 1);

  ContentRange result;
  if (total != "*") {
    result.total = text::parse_number(total);
    if (!result.total) return std::nullopt;
  }
  if (range == "*") {
    if (!result.total) return std::nullopt;
    return result;
  }
  const auto hyphen = range.find('-');
  if (hyphen == std::string_view::npos) return std::nullopt;
  result.first = text::parse_number(range.substr(0, hyphen));
  result.last = text::parse_number(range.substr(hyphen + 1));
  if (!result.first || !result.last || *result.last < *result.first) return std::nullopt;
  if (result.total && *result.last >= *result.total) return std::nullopt;
  return result;
}

}  // namespace lh
