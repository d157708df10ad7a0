#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// The little of structured fields (RFC 9651, before that RFC 8941) that is needed: items and
/// dictionaries of booleans and integers. What is valid but of another type (a token, a string, a
/// decimal, a byte sequence, a date, an inner list) is read over and shown as `Other`; parameters
/// are checked and ignored. What is not valid makes the whole field void, as the RFC demands.
/// Several fields of one name are to be joined with ", " before.
namespace lh::structured_field {

/// Valid, but nothing that we would understand.
struct Other {
  friend bool operator==(const Other&, const Other&) = default;
};
using BareItem = std::variant<bool, std::int64_t, Other>;

struct Member {
  std::string key;
  BareItem value;

  friend bool operator==(const Member&, const Member&) = default;
};

/// Section 4.2.3.
[[nodiscard]] std::optional<BareItem> parse_item(std::string_view field);
/// Section 4.2.2. A key that comes again replaces its value.
[[nodiscard]] std::optional<std::vector<Member>> parse_dictionary(std::string_view field);

/// An item that is a boolean: `?0` or `?1`, whatever parameters it has.
[[nodiscard]] std::optional<bool> parse_boolean(std::string_view field);
/// An item that is an integer and not negative: at most 15 digits.
[[nodiscard]] std::optional<std::uint64_t> parse_unsigned(std::string_view field);

/// `?0` or `?1`.
[[nodiscard]] std::string_view boolean(bool value);

}  // namespace lh::structured_field
