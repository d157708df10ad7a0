#include "cli/progress_line.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "cli/human.h"

namespace lh::cli {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kPercentWidth = 4;
constexpr std::size_t kSizesWidth = 13;  // "99.9/99.9 GiB", "999/999 MiB"
constexpr std::size_t kRateWidth = 10;   // "99.9 MiB/s"
constexpr std::size_t kLeftWidth = 12;   // "23h 59m left"
constexpr std::size_t kLeastName = 12;
constexpr std::size_t kLeastBar = 8;
constexpr std::size_t kMostName = 40;
constexpr std::size_t kMostBar = 50;

/// Which columns a width has room for, from rich to poor.
struct Columns {
  bool bar;
  bool sizes;
  bool rate;
  bool left;
};
constexpr Columns kColumns[] = {
    {true, true, true, true},    {true, false, true, true},    {true, false, false, true},
    {true, false, false, false}, {false, false, false, false},
};

std::size_t fixed_width(const Columns& columns) {
  return kGap + kPercentWidth + (columns.sizes ? kGap + kSizesWidth : 0) +
         (columns.rate ? kGap + kRateWidth : 0) + (columns.left ? kGap + kLeftWidth : 0) +
         (columns.bar ? kGap : 0);
}

Columns choose_columns(std::size_t width) {
  for (const Columns& columns : kColumns) {
    const std::size_t least = kLeastName + (columns.bar ? kLeastBar : 0);
    if (fixed_width(columns) + least <= width) return columns;
  }
  return {false, false, false, false};
}

std::string bar(std::size_t width, const ProgressLine& line, const Glyphs& glyphs) {
  std::size_t full = 0;
  if (line.total && *line.total > 0) {
    const auto part =
        static_cast<double>(std::min(line.bytes, *line.total)) / static_cast<double>(*line.total);
    full = static_cast<std::size_t>(part * static_cast<double>(width));
  } else if (line.total) {
    full = width;
  }
  std::string text;
  for (std::size_t i = 0; i < width; ++i) text += i < full ? glyphs.full : glyphs.empty;
  return text;
}

std::string percent(const ProgressLine& line) {
  const std::optional<int> value = percent_of(line.bytes, line.total);
  return value ? std::to_string(*value) + "%" : std::string();
}

std::string sizes(const ProgressLine& line) {
  if (!line.total && line.bytes == 0) return {};
  if (!line.total || line.bytes == *line.total) return human_size(line.bytes);
  return human_size_pair(line.bytes, *line.total);
}

}  // namespace

std::string layout_progress(const ProgressLine& line, std::size_t width, const Glyphs& glyphs) {
  const Columns columns = choose_columns(width);
  const std::size_t fixed = fixed_width(columns);
  const std::size_t free = width > fixed ? width - fixed : 0;
  std::size_t name_width = free;
  std::size_t bar_width = 0;
  if (columns.bar) {
    name_width = std::clamp(free * 2 / 5, kLeastName, kMostName);
    bar_width = std::min(free - name_width, kMostBar);
  }
  std::string text = pad_right(clip_middle(line.name, name_width, glyphs), name_width);
  const std::size_t note_room =
      (columns.rate ? kGap + kRateWidth : 0) + (columns.left ? kLeftWidth : 0);
  if (columns.bar && display_width(line.note) > note_room) {
    // A reason says more than a bar that stands still.
    text += "  " + pad_left(percent(line), kPercentWidth) + "  ";
    return text + clip_end(line.note, width - display_width(text), glyphs);
  }
  if (columns.bar) text += "  " + bar(bar_width, line, glyphs);
  text += "  " + pad_left(percent(line), kPercentWidth);
  if (columns.sizes) text += "  " + pad_left(sizes(line), kSizesWidth);
  if (!line.note.empty()) {
    const std::size_t used = display_width(text) + kGap;
    if (used < width) text += "  " + clip_end(line.note, width - used, glyphs);
  } else {
    if (columns.rate) text += "  " + pad_left(line.rate ? human_rate(*line.rate) : "", kRateWidth);
    if (columns.left)
      text += "  " + pad_left(line.left ? human_duration(*line.left) + " left" : "", kLeftWidth);
  }
  text.erase(text.find_last_not_of(' ') + 1);
  return clip_end(text, width, glyphs);
}

std::string progress_in_words(const ProgressLine& line) {
  std::string text;
  const auto add = [&text](const std::string& part) {
    if (!part.empty()) text += (text.empty() ? "" : ", ") + part;
  };
  add(line.note);
  if (line.total && line.bytes < *line.total) {
    add(percent(line) + " of " + human_size(*line.total));
  } else if (line.bytes > 0) {
    add(human_size(line.bytes));
  }
  if (!line.note.empty()) return text;
  if (line.rate) add(human_rate(*line.rate));
  if (line.left) add(human_duration(*line.left) + " left");
  return text;
}

}  // namespace lh::cli
