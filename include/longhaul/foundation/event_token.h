#pragma once

/// @file
/// Names the registration of a handler.

#include <cstdint>

namespace longhaul {

/// Given by the registration, taken by the removal; 0 is none.
struct event_token {
  std::int64_t value = 0;

  explicit operator bool() const noexcept { return value != 0; }
  friend bool operator==(const event_token&, const event_token&) = default;
};

/// Chooses the registration that ends with an object.
struct auto_revoke_t {};
inline constexpr auto_revoke_t auto_revoke{};

}  // namespace longhaul
