#pragma once

#include <array>
#include <cstdint>

namespace lh {

/// The schema, as steps: kMigrations[n] leads from version n to n + 1. A step that was released
/// never changes; a new version appends one.
inline constexpr std::int64_t kSchemaVersion = 5;
extern const std::array<const char*, kSchemaVersion> kMigrations;

}  // namespace lh
