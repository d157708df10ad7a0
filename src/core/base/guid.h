#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace lh {

/// 128 bits that name an operation for its whole life (R19). Text form: lower case, hyphens, no
/// braces.
class Guid {
 public:
  using Bytes = std::array<std::uint8_t, 16>;

  Guid() = default;  ///< all zero: no operation
  explicit Guid(const Bytes& bytes) : bytes_(bytes) {}

  /// A version 4 UUID of 16 random bytes.
  [[nodiscard]] static Guid from_random(Bytes random);
  /// Accepts exactly the text form, in either letter case.
  [[nodiscard]] static std::optional<Guid> parse(std::string_view text);

  [[nodiscard]] std::string to_string() const;
  [[nodiscard]] const Bytes& bytes() const { return bytes_; }
  [[nodiscard]] bool is_null() const { return *this == Guid{}; }

  friend auto operator<=>(const Guid&, const Guid&) = default;

 private:
  Bytes bytes_{};
};

}  // namespace lh

template <>
struct std::hash<lh::Guid> {
  std::size_t operator()(const lh::Guid& id) const noexcept;
};
