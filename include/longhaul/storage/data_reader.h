#pragma once

/// @file
/// Reads a stream in pieces of the reader's choice.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "longhaul/export.h"
#include "longhaul/foundation/async.h"
#include "longhaul/foundation/hstring.h"
#include "longhaul/storage/input_stream.h"

namespace longhaul {

/// First LoadAsync, then Read… what was loaded. A handle: copies share it, and it may be null. Not
/// for use by several threads at once.
class LONGHAUL_EXPORT DataReader {
 public:
  DataReader(std::nullptr_t) noexcept {}
  explicit DataReader(const IInputStream& stream);

  [[nodiscard]] longhaul::InputStreamOptions InputStreamOptions() const;
  void InputStreamOptions(longhaul::InputStreamOptions options) const;

  /// Adds up to `count` bytes of the stream to what can be read; returns how many, 0 at its end.
  [[nodiscard]] IAsyncOperation<std::uint32_t> LoadAsync(std::uint32_t count) const;
  [[nodiscard]] std::uint32_t UnconsumedBufferLength() const;
  // These throw hresult_out_of_bounds if less is loaded than they need.
  [[nodiscard]] std::uint8_t ReadByte() const;
  void ReadBytes(std::span<std::uint8_t> bytes) const;
  [[nodiscard]] IBuffer ReadBuffer(std::uint32_t length) const;
  /// `length` bytes of UTF-8.
  [[nodiscard]] hstring ReadString(std::uint32_t length) const;
  /// Closes the stream.
  void Close() const;

  explicit operator bool() const noexcept { return state_ != nullptr; }
  friend bool operator==(const DataReader& a, std::nullptr_t) noexcept { return !a.state_; }

 private:
  struct State;
  [[nodiscard]] State& state() const;

  std::shared_ptr<State> state_;
};

}  // namespace longhaul
