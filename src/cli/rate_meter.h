#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace lh::cli {

/// How fast bytes arrive, averaged over the last few seconds, so that the number can be read.
/// Time is given, never taken.
class RateMeter {
 public:
  using Moment = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::seconds kWindow{5};

  /// `bytes` in total had arrived at `now`. Fewer than before: a new beginning.
  void note(Moment now, std::uint64_t bytes);
  void forget();

  /// Bytes per second; 0 once nothing has come for the whole window. Nothing until there is
  /// enough to say.
  [[nodiscard]] std::optional<double> rate(Moment now) const;

 private:
  struct Sample {
    Moment when;
    std::uint64_t bytes;
  };
  /// At most one for each tenth of a second of the window. A vector, for an empty one costs
  /// nothing.
  std::vector<Sample> samples_;
};

}  // namespace lh::cli
