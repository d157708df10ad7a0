#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "cli/text.h"

namespace lh::cli {

/// What a line of progress tells; `name` and `note` are harmless already.
struct ProgressLine {
  std::string name;
  std::uint64_t bytes = 0;
  std::optional<std::uint64_t> total;
  std::optional<double> rate;  ///< bytes per second
  std::optional<std::chrono::seconds> left;
  std::string note;  ///< instead of rate and time left: why it waits, how it ended
};

/// One line of exactly the fields that fit into `width` columns: name, bar, percent, sizes, rate
/// and time left, or the note. Never wider than `width`.
[[nodiscard]] std::string layout_progress(const ProgressLine& line, std::size_t width,
                                          const Glyphs& glyphs);

/// The same in words, for logs: "42% of 2.9 GiB, 11.2 MiB/s, 2m 31s left", or with the note first.
/// Empty if nothing has arrived and nothing is known.
[[nodiscard]] std::string progress_in_words(const ProgressLine& line);

}  // namespace lh::cli
