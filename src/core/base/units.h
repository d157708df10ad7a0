#pragma once

#include <cstdint>

namespace lh {

using ByteCount = std::uint64_t;
using ByteOffset = std::uint64_t;

inline constexpr ByteCount operator""_KiB(unsigned long long n) {
  return n * 1024;
}
inline constexpr ByteCount operator""_MiB(unsigned long long n) {
  return n * 1024 * 1024;
}
inline constexpr ByteCount operator""_GiB(unsigned long long n) {
  return n * 1024 * 1024 * 1024;
}

}  // namespace lh
