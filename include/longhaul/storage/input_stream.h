#pragma once

/// @file
/// Bytes that are read one after the other.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "longhaul/export.h"
#include "longhaul/foundation/async.h"
#include "longhaul/storage/buffer.h"

namespace longhaul {

/// Flags.
enum class InputStreamOptions : std::uint32_t {
  None = 0,
  Partial = 1,   ///< complete as soon as one byte is there
  ReadAhead = 2  ///< more than was asked for may be fetched in advance
};
[[nodiscard]] constexpr InputStreamOptions operator|(InputStreamOptions a, InputStreamOptions b) {
  return static_cast<InputStreamOptions>(static_cast<std::uint32_t>(a) |
                                         static_cast<std::uint32_t>(b));
}
[[nodiscard]] constexpr InputStreamOptions operator&(InputStreamOptions a, InputStreamOptions b) {
  return static_cast<InputStreamOptions>(static_cast<std::uint32_t>(a) &
                                         static_cast<std::uint32_t>(b));
}

namespace detail {
/// What a kind of stream implements.
class LONGHAUL_EXPORT InputStreamSource {
 public:
  virtual ~InputStreamSource();
  /// Reads into `buffer`, whose capacity is at least `count`.
  virtual IAsyncOperationWithProgress<IBuffer, std::uint32_t> read(const IBuffer& buffer,
                                                                   std::uint32_t count,
                                                                   InputStreamOptions options) = 0;
  virtual void close() = 0;
};
}  // namespace detail

/// A sequential stream. A handle: copies share it, and it may be null. One read at a time.
class LONGHAUL_EXPORT IInputStream {
 public:
  IInputStream(std::nullptr_t = nullptr) noexcept {}
  explicit IInputStream(std::shared_ptr<detail::InputStreamSource> source)
      : source_(std::move(source)) {}

  /// Reads up to `count` bytes (at most the capacity of `buffer`). Use the buffer that is returned.
  /// An empty result is the end.
  [[nodiscard]] IAsyncOperationWithProgress<IBuffer, std::uint32_t> ReadAsync(
      const IBuffer& buffer, std::uint32_t count, InputStreamOptions options) const;
  /// A read that is under way ends as canceled.
  void Close() const;

  explicit operator bool() const noexcept { return source_ != nullptr; }
  friend bool operator==(const IInputStream& a, std::nullptr_t) noexcept { return !a.source_; }
  friend bool operator==(const IInputStream&, const IInputStream&) noexcept = default;

 private:
  std::shared_ptr<detail::InputStreamSource> source_;
};

}  // namespace longhaul
