#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lh::cli {

/// The marks that lines are drawn with. Plain ASCII where the terminal does not speak UTF-8.
struct Glyphs {
  std::string_view ellipsis = "...";
  std::string_view full = "#";
  std::string_view empty = "-";
  std::string_view dash = "-";
};
[[nodiscard]] const Glyphs& unicode_glyphs();
[[nodiscard]] const Glyphs& ascii_glyphs();
/// By LC_ALL, LC_CTYPE, LANG.
[[nodiscard]] const Glyphs& glyphs_of_environment();

/// `text` as one line that cannot do anything to a terminal: control characters, line and
/// paragraph separators and marks that change the writing direction become '?', bytes that are not
/// UTF-8 become U+FFFD.
[[nodiscard]] std::string harmless(std::string_view text);

/// Columns that `text` (valid UTF-8, no control characters) takes on a terminal.
[[nodiscard]] std::size_t display_width(std::string_view text);

/// At most `width` columns: cut at the end, or in the middle, with an ellipsis.
[[nodiscard]] std::string clip_end(std::string_view text, std::size_t width, const Glyphs& glyphs);
[[nodiscard]] std::string clip_middle(std::string_view text, std::size_t width,
                                      const Glyphs& glyphs);

/// Filled up with spaces to `width` columns; longer text stays as it is.
[[nodiscard]] std::string pad_right(std::string text, std::size_t width);
[[nodiscard]] std::string pad_left(std::string text, std::size_t width);

[[nodiscard]] std::string lower_case(std::string_view text);
[[nodiscard]] std::string_view trim(std::string_view text);
/// "1 transfer", "2 transfers".
[[nodiscard]] std::string counted(std::size_t number, std::string_view noun);

/// `text` broken at spaces into lines of at most `width` columns, each behind `indent` spaces.
[[nodiscard]] std::string wrap(std::string_view text, std::size_t indent, std::size_t width);

}  // namespace lh::cli
