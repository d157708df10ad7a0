#include "core/http/structured_field.h"

#include <algorithm>
#include <cstddef>

#include "core/http/text.h"

namespace lh::structured_field {
namespace {

constexpr std::size_t kMostDigits = 15;
constexpr std::size_t kMostIntegerDigitsOfDecimal = 12;
constexpr std::size_t kMostFractionDigits = 3;

bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_printable(char c) {
  return c >= ' ' && c <= '~';
}
bool is_token_start(char c) {
  return text::is_alpha(c) || c == '*';
}
bool is_token_part(char c) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~:/";
  return text::is_alpha(c) || text::is_digit(c) || kMarks.find(c) != std::string_view::npos;
}
bool is_base64(char c) {
  return text::is_alpha(c) || text::is_digit(c) || c == '+' || c == '/' || c == '=';
}
bool is_lower_hex(char c) {
  return text::is_digit(c) || (c >= 'a' && c <= 'f');
}

/// Reads from the front; every function is false or empty at the first thing that is not valid.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  [[nodiscard]] bool at(char c) const { return !rest_.empty() && rest_.front() == c; }
  bool skip(char c) {
    if (!at(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void skip_spaces() {
    while (skip(' ')) {
    }
  }
  void skip_blanks() {
    while (!rest_.empty() && text::is_blank(rest_.front())) rest_.remove_prefix(1);
  }

  std::optional<std::string> key() {
    if (rest_.empty() || !(is_lower(rest_.front()) || rest_.front() == '*')) return std::nullopt;
    return std::string(take_while([](char c) {
      return is_lower(c) || text::is_digit(c) || c == '_' || c == '-' || c == '.' || c == '*';
    }));
  }

  std::optional<BareItem> bare_item() {
    if (rest_.empty()) return std::nullopt;
    const char first = rest_.front();
    if (first == '?') return boolean_item();
    if (first == '-' || text::is_digit(first)) return number();
    if (first == '"') return other(string());
    if (first == ':') return other(byte_sequence());
    if (first == '@') return other(date());
    if (first == '%') return other(display_string());
    if (!is_token_start(first)) return std::nullopt;
    take_while(is_token_part);
    return Other{};
  }

  bool parameters() {
    while (skip(';')) {
      skip_spaces();
      if (!key()) return false;
      if (skip('=') && !bare_item()) return false;
    }
    return true;
  }

  bool inner_list() {
    if (!skip('(')) return false;
    for (;;) {
      skip_spaces();
      if (skip(')')) return true;
      if (!bare_item() || !parameters()) return false;
      if (!at(' ') && !at(')')) return false;
    }
  }

 private:
  template <typename Belongs>
  std::string_view take_while(Belongs belongs) {
    const auto end = std::ranges::find_if_not(rest_, belongs);
    const auto taken = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
    rest_.remove_prefix(taken.size());
    return taken;
  }
  static std::optional<BareItem> other(bool valid) {
    return valid ? std::optional<BareItem>(Other{}) : std::nullopt;
  }

  std::optional<BareItem> boolean_item() {
    rest_.remove_prefix(1);
    if (skip('1')) return true;
    if (skip('0')) return false;
    return std::nullopt;
  }

  std::optional<BareItem> number() {
    const bool negative = skip('-');
    const std::string_view digits = take_while(text::is_digit);
    if (digits.empty() || digits.size() > kMostDigits) return std::nullopt;
    if (skip('.')) {
      const std::string_view fraction = take_while(text::is_digit);
      return other(digits.size() <= kMostIntegerDigitsOfDecimal && !fraction.empty() &&
                   fraction.size() <= kMostFractionDigits);
    }
    const auto value = text::parse_number<std::int64_t>(digits);
    if (!value) return std::nullopt;
    return negative ? -*value : *value;
  }

  bool string() {
    rest_.remove_prefix(1);
    while (!rest_.empty()) {
      if (skip('"')) return true;
      if (skip('\\')) {
        if (!at('"') && !at('\\')) return false;
      } else if (!is_printable(rest_.front())) {
        return false;
      }
      rest_.remove_prefix(1);
    }
    return false;
  }

  bool byte_sequence() {
    rest_.remove_prefix(1);
    take_while(is_base64);
    return skip(':');
  }

  /// RFC 9651, section 4.2.9: an integer behind the mark.
  bool date() {
    rest_.remove_prefix(1);
    if (rest_.empty() || !(at('-') || text::is_digit(rest_.front()))) return false;
    const auto value = number();
    return value && std::holds_alternative<std::int64_t>(*value);
  }

  /// RFC 9651, section 4.2.10; that its bytes are UTF-8 is not checked.
  bool display_string() {
    rest_.remove_prefix(1);
    if (!skip('"')) return false;
    while (!rest_.empty()) {
      if (skip('"')) return true;
      if (!is_printable(rest_.front())) return false;
      if (skip('%')) {
        if (rest_.size() < 2 || !is_lower_hex(rest_[0]) || !is_lower_hex(rest_[1])) return false;
        rest_.remove_prefix(1);
      }
      rest_.remove_prefix(1);
    }
    return false;
  }

  std::string_view rest_;
};

void put(std::vector<Member>& members, std::string key, BareItem value) {
  const auto found =
      std::ranges::find_if(members, [&key](const Member& member) { return member.key == key; });
  if (found != members.end()) {
    found->value = value;
  } else {
    members.push_back({std::move(key), value});
  }
}

std::optional<BareItem> member_value(Reader& reader) {
  if (!reader.skip('=')) return reader.parameters() ? std::optional<BareItem>(true) : std::nullopt;
  std::optional<BareItem> value;
  if (reader.at('(')) {
    if (reader.inner_list()) value = Other{};
  } else {
    value = reader.bare_item();
  }
  return value && reader.parameters() ? value : std::nullopt;
}

}  // namespace

std::optional<BareItem> parse_item(std::string_view field) {
  Reader reader(field);
  reader.skip_spaces();
  const auto value = reader.bare_item();
  if (!value || !reader.parameters()) return std::nullopt;
  reader.skip_spaces();
  return reader.at_end() ? value : std::nullopt;
}

std::optional<std::vector<Member>> parse_dictionary(std::string_view field) {
  std::vector<Member> members;
  Reader reader(field);
  reader.skip_spaces();
  while (!reader.at_end()) {
    auto key = reader.key();
    if (!key) return std::nullopt;
    const auto value = member_value(reader);
    if (!value) return std::nullopt;
    put(members, std::move(*key), *value);
    reader.skip_blanks();
    if (reader.at_end()) break;
    if (!reader.skip(',')) return std::nullopt;
    reader.skip_blanks();
    if (reader.at_end()) return std::nullopt;  // a comma with nothing behind it
  }
  return members;
}

std::optional<bool> parse_boolean(std::string_view field) {
  const auto item = parse_item(field);
  const auto* value = item ? std::get_if<bool>(&*item) : nullptr;
  return value != nullptr ? std::optional(*value) : std::nullopt;
}

std::optional<std::uint64_t> parse_unsigned(std::string_view field) {
  const auto item = parse_item(field);
  const auto* value = item ? std::get_if<std::int64_t>(&*item) : nullptr;
  if (value == nullptr || *value < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*value);
}

std::string_view boolean(bool value) {
  return value ? "?1" : "?0";
}

}  // namespace lh::structured_field
