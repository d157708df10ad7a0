#include "cli/screen.h"

#include <algorithm>
#include <cerrno>

#include "cli/failure.h"
#include "cli/text.h"

namespace lh::cli {

void Screen::draw(const std::vector<std::string>& lines) {
  std::string text = back_to_top();
  drawn_.clear();
  for (const std::string& line : lines) {
    text += line + "\x1b[K\n";
    drawn_.push_back(display_width(line));
  }
  text += "\x1b[J";
  put(text);
}

void Screen::clear() {
  put(back_to_top() + "\x1b[J");
  drawn_.clear();
}

std::string Screen::back_to_top() const {
  const TerminalSize now = size();
  std::size_t rows = 0;
  for (const std::size_t width : drawn_)
    rows += std::max<std::size_t>((width + now.columns - 1) / now.columns, 1);
  rows = std::min(rows, now.rows - 1);
  std::string text = "\r";
  if (rows > 0) text += "\x1b[" + std::to_string(rows) + "A";
  return text;
}

void Screen::put(const std::string& text) const {
  if (!write_all(descriptor_, text)) throw system_failure("cannot write to the terminal", errno);
}

}  // namespace lh::cli
