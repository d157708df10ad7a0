#include "core/http/header_field.h"

#include <algorithm>

#include "core/http/text.h"

namespace lh {

bool is_token(std::string_view text) {
  static constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return text::is_digit(c) || text::is_alpha(c) || kMarks.find(c) != std::string_view::npos;
  });
}

bool is_safe_field_value(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

bool same_field_name(std::string_view a, std::string_view b) {
  return text::equal_ignoring_case(a, b);
}

std::optional<HeaderField> parse_field_line(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto name = line.substr(0, colon);
  const auto value = text::trim(line.substr(colon + 1));
  if (!is_token(name) || !is_safe_field_value(value)) return std::nullopt;
  return HeaderField{std::string(name), std::string(value)};
}

std::optional<std::string_view> find_field(const HeaderList& headers, std::string_view name) {
  const auto found =
      std::find_if(headers.rbegin(), headers.rend(),
                   [name](const HeaderField& field) { return same_field_name(field.name, name); });
  if (found == headers.rend()) return std::nullopt;
  return found->value;
}

}  // namespace lh
