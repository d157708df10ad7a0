#pragma once

#include <cstddef>
#include <cstdint>

namespace lh::sim {

/// The one source of chance of a simulated run: the same seed gives the same run (splitmix64).
class RandomSource {
 public:
  /// Neighbouring seeds start far apart.
  explicit RandomSource(std::uint64_t seed) : state_(seed) { state_ = next() ^ (seed << 32); }

  [[nodiscard]] std::uint64_t next() {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15U;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
  }
  /// In [0, end); 0 if `end` is 0.
  [[nodiscard]] std::uint64_t below(std::uint64_t end) { return end == 0 ? 0 : next() % end; }
  /// In [first, last].
  [[nodiscard]] std::uint64_t between(std::uint64_t first, std::uint64_t last) {
    return first + below(last - first + 1);
  }
  [[nodiscard]] bool percent(std::uint64_t chance) { return below(100) < chance; }
  /// Any element of a container that is not empty.
  template <typename Container>
  [[nodiscard]] const auto& pick(const Container& from) {
    return from[static_cast<std::size_t>(below(from.size()))];
  }

 private:
  std::uint64_t state_;
};

}  // namespace lh::sim
