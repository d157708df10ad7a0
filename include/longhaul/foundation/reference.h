#pragma once

/// @file
/// A value that may be absent.

#include <cstddef>
#include <optional>
#include <utility>

#include "longhaul/foundation/hresult.h"

namespace longhaul {

/// Null or a value; made from a value, an optional or nullptr.
template <typename T>
class IReference {
 public:
  IReference(std::nullptr_t = nullptr) noexcept {}
  IReference(T value) : value_(std::move(value)) {}
  IReference(std::optional<T> value) : value_(std::move(value)) {}

  /// Throws hresult_error 0x80004003 (E_POINTER) if there is none.
  [[nodiscard]] T Value() const {
    if (!value_) throw_hresult(hresult(0x80004003U), L"the reference holds no value");
    return *value_;
  }
  [[nodiscard]] T value_or(T other) const { return value_.value_or(std::move(other)); }
  explicit operator bool() const noexcept { return value_.has_value(); }

  friend bool operator==(const IReference& a, std::nullptr_t) noexcept { return !a.value_; }
  friend bool operator==(const IReference&, const IReference&) = default;

 private:
  std::optional<T> value_;
};

}  // namespace longhaul
