#pragma once

/// @file
/// Bytes in memory.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "longhaul/foundation/hresult.h"

namespace longhaul {

/// A piece of memory with a capacity and a length of valid bytes. A handle: copies share it, and it
/// may be null. Not for use by several threads at once.
class IBuffer {
 public:
  IBuffer(std::nullptr_t = nullptr) noexcept {}

  [[nodiscard]] std::uint32_t Capacity() const {
    return static_cast<std::uint32_t>(data_ref().bytes.size());
  }
  [[nodiscard]] std::uint32_t Length() const { return data_ref().length; }
  /// Throws hresult_out_of_bounds beyond the capacity.
  void Length(std::uint32_t length) const {
    if (length > Capacity()) throw hresult_out_of_bounds(L"longer than the buffer's capacity");
    data_ref().length = length;
  }
  [[nodiscard]] std::uint8_t* data() const { return data_ref().bytes.data(); }

  explicit operator bool() const noexcept { return data_ != nullptr; }
  friend bool operator==(const IBuffer& a, std::nullptr_t) noexcept { return !a.data_; }
  friend bool operator==(const IBuffer&, const IBuffer&) noexcept = default;

 protected:
  struct Data {
    std::vector<std::uint8_t> bytes;
    std::uint32_t length = 0;
  };
  explicit IBuffer(std::shared_ptr<Data> data) : data_(std::move(data)) {}

 private:
  [[nodiscard]] Data& data_ref() const {
    if (!data_) throw_hresult(hresult(0x80004003U), L"the buffer is null");
    return *data_;
  }

  std::shared_ptr<Data> data_;
};

/// A buffer to read into.
class Buffer : public IBuffer {
 public:
  Buffer(std::nullptr_t) noexcept {}
  explicit Buffer(std::uint32_t capacity)
      : IBuffer(std::make_shared<Data>(Data{std::vector<std::uint8_t>(capacity), 0})) {}
};

}  // namespace longhaul
