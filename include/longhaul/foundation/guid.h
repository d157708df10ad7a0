#pragma once

/// @file
/// 128 bits that name something.

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "longhaul/export.h"
#include "longhaul/foundation/hstring.h"

namespace longhaul {

/// In the parts of the Windows structure; all zero at first.
struct guid {
  std::uint32_t Data1 = 0;
  std::uint16_t Data2 = 0;
  std::uint16_t Data3 = 0;
  std::array<std::uint8_t, 8> Data4{};

  constexpr guid() noexcept = default;
  constexpr guid(std::uint32_t data1, std::uint16_t data2, std::uint16_t data3,
                 const std::array<std::uint8_t, 8>& data4) noexcept
      : Data1(data1), Data2(data2), Data3(data3), Data4(data4) {}
  /// With or without braces; throws hresult_invalid_argument for anything else.
  LONGHAUL_EXPORT explicit guid(std::string_view text);
  explicit guid(std::wstring_view text) : guid(std::string_view(longhaul::to_string(text))) {}

  friend constexpr auto operator<=>(const guid&, const guid&) = default;
};

/// "{0d6c54a8-…}" as in C++/WinRT.
[[nodiscard]] LONGHAUL_EXPORT hstring to_hstring(const guid& value);
/// "0d6c54a8-…", the ID of the command line: lower case, no braces.
[[nodiscard]] LONGHAUL_EXPORT std::string to_string(const guid& value);

}  // namespace longhaul

template <>
struct std::hash<longhaul::guid> {
  std::size_t operator()(const longhaul::guid& value) const noexcept {
    return std::hash<std::string>{}(longhaul::to_string(value));
  }
};
