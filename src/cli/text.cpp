#include "cli/text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>

namespace lh::cli {
namespace {

constexpr char32_t kReplacement = 0xFFFD;
constexpr std::string_view kReplacementText = "\xEF\xBF\xBD";

struct CodePoint {
  char32_t value = 0;
  std::size_t bytes = 1;
  bool valid = false;
};

/// The first code point of a text that is not empty; shortest forms only, no surrogates.
CodePoint first_code_point(std::string_view text) {
  const auto byte = [&text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1, true};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return {kReplacement, 1, false};
  char32_t value = lead & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return {kReplacement, 1, false};
    value = (value << 6U) | (byte(i) & 0x3FU);
  }
  constexpr std::array<char32_t, 5> smallest{0, 0, 0x80, 0x800, 0x10000};
  const bool is_surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (value < smallest[length] || value > 0x10FFFF || is_surrogate) return {kReplacement, 1, false};
  return {value, length, true};
}

struct Interval {
  char32_t first;
  char32_t last;
};

template <std::size_t N>
bool in_table(const std::array<Interval, N>& table, char32_t value) {
  return std::any_of(table.begin(), table.end(), [value](const Interval& each) {
    return each.first <= value && value <= each.last;
  });
}

/// Controls, separators, and the invisible marks that let a name look like another one.
bool is_harmful(char32_t value) {
  constexpr std::array<Interval, 8> harmful{{{0x00, 0x1F},
                                             {0x7F, 0x9F},
                                             {0x061C, 0x061C},
                                             {0x200B, 0x200F},
                                             {0x2028, 0x202E},
                                             {0x2060, 0x206F},
                                             {0xFEFF, 0xFEFF},
                                             {0xE0000, 0xE007F}}};
  return in_table(harmful, value);
}

std::size_t width_of(char32_t value) {
  constexpr std::array<Interval, 14> combining{{{0x0300, 0x036F},
                                                {0x0483, 0x0489},
                                                {0x0591, 0x05BD},
                                                {0x0610, 0x061A},
                                                {0x064B, 0x065F},
                                                {0x0E31, 0x0E31},
                                                {0x0E34, 0x0E3A},
                                                {0x0E47, 0x0E4E},
                                                {0x1AB0, 0x1AFF},
                                                {0x1DC0, 0x1DFF},
                                                {0x20D0, 0x20FF},
                                                {0x3099, 0x309A},
                                                {0xFE00, 0xFE0F},
                                                {0xFE20, 0xFE2F}}};
  constexpr std::array<Interval, 13> wide{{{0x1100, 0x115F},
                                           {0x231A, 0x231B},
                                           {0x2E80, 0x303E},
                                           {0x3041, 0x33FF},
                                           {0x3400, 0x4DBF},
                                           {0x4E00, 0x9FFF},
                                           {0xA000, 0xA4CF},
                                           {0xAC00, 0xD7A3},
                                           {0xF900, 0xFAFF},
                                           {0xFE30, 0xFE6F},
                                           {0xFF00, 0xFF60},
                                           {0x1F300, 0x1FAFF},
                                           {0x20000, 0x3FFFD}}};
  if (value < 0x300) return 1;
  if (in_table(combining, value)) return 0;
  return in_table(wide, value) ? 2 : 1;
}

/// As much of the beginning as fits into `width` columns.
std::string_view head(std::string_view text, std::size_t width) {
  std::size_t used = 0;
  std::size_t end = 0;
  while (end < text.size()) {
    const CodePoint next = first_code_point(text.substr(end));
    if (used + width_of(next.value) > width) break;
    used += width_of(next.value);
    end += next.bytes;
  }
  return text.substr(0, end);
}

/// As much of the end as fits into `width` columns.
std::string_view tail(std::string_view text, std::size_t width) {
  std::size_t left = display_width(text);
  std::size_t begin = 0;
  while (left > width) {
    const CodePoint next = first_code_point(text.substr(begin));
    left -= width_of(next.value);
    begin += next.bytes;
  }
  return text.substr(begin);
}

}  // namespace

const Glyphs& unicode_glyphs() {
  static constexpr Glyphs glyphs{"…", "━", "─", "–"};
  return glyphs;
}

const Glyphs& ascii_glyphs() {
  static constexpr Glyphs glyphs{};
  return glyphs;
}

const Glyphs& glyphs_of_environment() {
  for (const char* const name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* const value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    const std::string text = lower_case(value);
    const bool utf8 = text.find("utf-8") != text.npos || text.find("utf8") != text.npos;
    return utf8 ? unicode_glyphs() : ascii_glyphs();
  }
  return ascii_glyphs();
}

std::string harmless(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const CodePoint next = first_code_point(text);
    if (!next.valid) {
      result += kReplacementText;
    } else if (is_harmful(next.value)) {
      result += '?';
    } else {
      result += text.substr(0, next.bytes);
    }
    text.remove_prefix(next.bytes);
  }
  return result;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const CodePoint next = first_code_point(text);
    width += width_of(next.value);
    text.remove_prefix(next.bytes);
  }
  return width;
}

std::string clip_end(std::string_view text, std::size_t width, const Glyphs& glyphs) {
  if (display_width(text) <= width) return std::string(text);
  const std::size_t mark = display_width(glyphs.ellipsis);
  if (width <= mark) return std::string(head(text, width));
  return std::string(head(text, width - mark)) + std::string(glyphs.ellipsis);
}

std::string clip_middle(std::string_view text, std::size_t width, const Glyphs& glyphs) {
  if (display_width(text) <= width) return std::string(text);
  const std::size_t mark = display_width(glyphs.ellipsis);
  if (width <= mark + 1) return std::string(head(text, width));
  const std::size_t back = (width - mark) / 2;
  const std::string_view front = head(text, width - mark - back);
  return std::string(front) + std::string(glyphs.ellipsis) + std::string(tail(text, back));
}

std::string pad_right(std::string text, std::size_t width) {
  const std::size_t used = display_width(text);
  if (used < width) text.append(width - used, ' ');
  return text;
}

std::string pad_left(std::string text, std::size_t width) {
  const std::size_t used = display_width(text);
  if (used < width) text.insert(0, width - used, ' ');
  return text;
}

std::string lower_case(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view blank = " \t";
  const std::size_t first = text.find_first_not_of(blank);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

std::string counted(std::size_t number, std::string_view noun) {
  return std::to_string(number) + " " + std::string(noun) + (number == 1 ? "" : "s");
}

std::string wrap(std::string_view text, std::size_t indent, std::size_t width) {
  std::string result;
  std::size_t column = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(" \n"), text.size());
    const std::string_view word = text.substr(0, end);
    if (column == 0) {
      result.append(word.empty() ? 0 : indent, ' ');
      column = indent;
    } else if (column + 1 + display_width(word) > width) {
      result += '\n';
      result.append(indent, ' ');
      column = indent;
    } else {
      result += ' ';
      ++column;
    }
    result += word;
    column += display_width(word);
    if (end < text.size() && text[end] == '\n') {
      result += '\n';
      column = 0;
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return result;
}

}  // namespace lh::cli
