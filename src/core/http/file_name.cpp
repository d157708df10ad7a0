#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "core/http/content_disposition.h"
#include "core/http/text.h"
#include "core/http/utf8.h"

namespace lh {
namespace {

constexpr std::size_t kMaxNameBytes = 255;
/// A longer "extension" is just text behind a dot.
constexpr std::size_t kMaxExtensionBytes = 20;

/// Control characters, and those that change the direction or the lines of what is shown, so that
/// a name looks like another one.
bool is_hidden(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x061C || c == 0x200B || c == 0x200E ||
         c == 0x200F || (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) ||
         c == 0xFEFF || (c >= 0xFFF0 && c <= 0xFFFB) || (c & 0xFFFEU) == 0xFFFEU ||
         (c >= 0xE0000 && c <= 0xE007F);
}

bool is_wide_blank(char32_t c) {
  return c == ' ' || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x202F ||
         c == 0x205F || c == 0x3000;
}

/// The last part that is not empty. A backslash separates as well: servers on Windows send whole
/// paths.
std::string_view last_part(std::string_view path) {
  const auto end = path.find_last_not_of("/\\");
  if (end == std::string_view::npos) return {};
  path = path.substr(0, end + 1);
  const auto separator = path.find_last_of("/\\");
  return separator == std::string_view::npos ? path : path.substr(separator + 1);
}

/// Where the extension begins, with its dot; the length of the name if it has none. ".tar.gz" is
/// one extension.
std::size_t extension_start(std::string_view name) {
  const auto dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || name.size() - dot > kMaxExtensionBytes) {
    return name.size();
  }
  static constexpr std::string_view kTar = ".tar";
  const auto stem = name.substr(0, dot);
  if (stem.size() > kTar.size() && stem.ends_with(kTar)) return dot - kTar.size();
  return dot;
}

/// The first bytes of `text`, whole characters, at most `bytes` of them; a cut leaves no blank.
std::string_view cut_clean(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  std::string_view rest = utf8::cut(text, bytes);
  std::size_t end = 0;
  for (std::string_view walked = rest; !walked.empty();) {
    const auto character = utf8::take(walked);
    if (!is_wide_blank(character.value_or(U'_'))) end = rest.size() - walked.size();
  }
  return rest.substr(0, end);
}

/// `name` with `mark` before its extension, its stem cut so that all fits.
std::string fitted(std::string_view name, std::string_view mark) {
  const auto start = extension_start(name);
  const auto extension = name.substr(start);
  const auto room = kMaxNameBytes - std::min(kMaxNameBytes, mark.size() + extension.size());
  std::string result(cut_clean(name.substr(0, start), room));
  result += mark;
  result += extension;
  return result;
}

}  // namespace

std::string sanitise_file_name(std::string_view name) {
  std::string_view rest = last_part(name);
  std::string clean;
  std::size_t end = 0;  // behind the last character that is no blank
  while (!rest.empty()) {
    const auto character = utf8::take(rest).value_or(U'_');
    if (is_hidden(character)) continue;
    const bool blank = is_wide_blank(character);
    if (clean.empty() && (blank || character == '.')) continue;
    utf8::append(clean, character);
    if (!blank) end = clean.size();
  }
  clean.resize(end);
  return fitted(clean, "");
}

std::string numbered_file_name(std::string_view name, unsigned n) {
  return fitted(name, " (" + std::to_string(n) + ")");
}

}  // namespace lh
