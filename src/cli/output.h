#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lh::cli {

/// Standard output, buffered. A write that fails ends the command with exit status 2, except that
/// a reader who has gone away ends it as quietly as it ends other tools (SIGPIPE).
class Output {
 public:
  Output() = default;
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  void text(std::string_view text);
  /// `text` and a line break; at once if the output is a terminal.
  void line(std::string_view text);
  /// Throws Failure.
  void flush();

  [[nodiscard]] bool is_terminal() const { return is_terminal_; }

 private:
  std::string buffer_;
  bool is_terminal_ = terminal();

  static bool terminal();
};

/// Size of the terminal behind `descriptor`: what it says, else COLUMNS and LINES, else 80 by 24.
struct TerminalSize {
  std::size_t columns = 80;
  std::size_t rows = 24;
};
[[nodiscard]] TerminalSize terminal_size(int descriptor);
/// Whether bars can be redrawn in place there: a terminal that is not dumb.
[[nodiscard]] bool can_redraw(int descriptor);

/// Writes everything; false with errno if that fails.
[[nodiscard]] bool write_all(int descriptor, std::string_view text);

}  // namespace lh::cli
