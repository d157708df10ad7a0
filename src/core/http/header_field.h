#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lh {

/// One header field as sent or received; the name keeps its letter case.
struct HeaderField {
  std::string name;
  std::string value;

  friend bool operator==(const HeaderField&, const HeaderField&) = default;
};
using HeaderList = std::vector<HeaderField>;

/// RFC 9110, section 5.6.2.
[[nodiscard]] bool is_token(std::string_view text);
/// No CR, LF or NUL (R62).
[[nodiscard]] bool is_safe_field_value(std::string_view text);
/// Compares names without letter case.
[[nodiscard]] bool same_field_name(std::string_view a, std::string_view b);
/// Splits "Name: value" as received, white space around the value removed; nothing if it is no
/// field.
[[nodiscard]] std::optional<HeaderField> parse_field_line(std::string_view line);
/// The value of the last field of that name.
[[nodiscard]] std::optional<std::string_view> find_field(const HeaderList& headers,
                                                         std::string_view name);

}  // namespace lh
