#include "core/http/content_disposition.h"

#include <algorithm>

#include "core/http/text.h"
#include "core/http/utf8.h"

namespace lh {
namespace {

struct Parameter {
  std::string_view name;
  std::string value;
};

/// The value of a quoted string, without its quotes and escapes. `rest` begins behind the opening
/// quote and goes on behind the closing one.
std::string take_quoted(std::string_view& rest) {
  std::string value;
  while (!rest.empty()) {
    char c = rest.front();
    rest.remove_prefix(1);
    if (c == '"') break;
    if (c == '\\' && !rest.empty()) {
      c = rest.front();
      rest.remove_prefix(1);
    }
    value += c;
  }
  return value;
}

/// Takes the next "name=value" with its semicolon. A part without "=" has an empty value.
Parameter take_parameter(std::string_view& rest) {
  const auto end_of_name = std::min(rest.find_first_of("=;"), rest.size());
  Parameter parameter;
  parameter.name = text::trim(rest.substr(0, end_of_name));
  const bool has_value = end_of_name < rest.size() && rest[end_of_name] == '=';
  rest.remove_prefix(has_value ? end_of_name + 1 : end_of_name);
  if (has_value) {
    while (!rest.empty() && text::is_blank(rest.front())) rest.remove_prefix(1);
    if (rest.starts_with('"')) {
      rest.remove_prefix(1);
      parameter.value = take_quoted(rest);
      (void)text::take_until(rest, ';');  // what stands between the quote and the semicolon
    } else {
      parameter.value = std::string(text::trim(text::take_until(rest, ';')));
    }
  } else {
    (void)text::take_until(rest, ';');
  }
  return parameter;
}

std::string percent_decoded(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const auto high = text::hex_value(text[i + 1]);
      const auto low = text::hex_value(text[i + 2]);
      if (high && low) {
        result += static_cast<char>(*high * 16 + *low);
        i += 2;
        continue;
      }
    }
    result += text[i];
  }
  return result;
}

/// charset'language'percent-encoded (RFC 8187). Nothing for an unknown charset or bytes that are
/// not of it.
std::optional<std::string> extended_value(std::string_view value) {
  const auto charset = text::take_until(value, '\'');
  const auto language_end = value.find('\'');
  if (language_end == std::string_view::npos) return std::nullopt;
  std::string decoded = percent_decoded(value.substr(language_end + 1));
  if (text::equal_ignoring_case(charset, "ISO-8859-1")) return utf8::from_latin1(decoded);
  if (!text::equal_ignoring_case(charset, "UTF-8") || !utf8::is_valid(decoded)) return std::nullopt;
  return decoded;
}

std::string as_utf8(std::string text) {
  return utf8::is_valid(text) ? text : utf8::from_latin1(text);
}

}  // namespace

std::optional<std::string> disposition_file_name(std::string_view value) {
  std::optional<std::string> plain;
  std::optional<std::string> extended;
  while (!value.empty()) {
    Parameter parameter = take_parameter(value);
    if (text::equal_ignoring_case(parameter.name, "filename*")) {
      if (!extended) extended = extended_value(parameter.value);
    } else if (text::equal_ignoring_case(parameter.name, "filename")) {
      if (!plain) plain = as_utf8(std::move(parameter.value));
    }
  }
  auto& chosen = extended && !extended->empty() ? extended : plain;
  if (!chosen || chosen->empty()) return std::nullopt;
  return chosen;
}

std::string url_file_name(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  if (const auto scheme = url.find("://"); scheme != std::string_view::npos) {
    const auto path = url.find('/', scheme + 3);
    if (path == std::string_view::npos) return {};
    url = url.substr(path);
  }
  const auto slash = url.rfind('/');
  return percent_decoded(slash == std::string_view::npos ? url : url.substr(slash + 1));
}

}  // namespace lh
