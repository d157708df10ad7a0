#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cli/output.h"

namespace lh::cli {

/// Lines at the bottom of a terminal that are drawn over in place; the last state stays.
class Screen {
 public:
  explicit Screen(int descriptor) : descriptor_(descriptor) {}

  [[nodiscard]] TerminalSize size() const { return terminal_size(descriptor_); }
  void draw(const std::vector<std::string>& lines);
  /// Text that stays, above the lines; they must be drawn again.
  void clear();

 private:
  void put(const std::string& text) const;
  /// Goes back to the first line drawn, however the terminal has wrapped them since.
  [[nodiscard]] std::string back_to_top() const;

  int descriptor_;
  std::vector<std::size_t> drawn_;  ///< the width of each line
};

}  // namespace lh::cli
