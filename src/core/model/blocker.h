#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/time.h"

namespace lh {

enum class BlockerKind : std::uint8_t {
  NoNetwork,
  Cost,
  Power,
  Server,
  HostLimit,
  Queue,
  Disk,
  App,
  Retry
};
/// JSON word: "no-network", "cost", "power", "server", "host-limit", "queue", "disk", "app",
/// "retry".
[[nodiscard]] std::string_view blocker_kind_name(BlockerKind kind);
[[nodiscard]] std::optional<BlockerKind> parse_blocker_kind(std::string_view name);

/// One cause that keeps an operation from running.
struct Blocker {
  BlockerKind kind = BlockerKind::Queue;
  TimePoint since{};
  std::optional<TimePoint> until;
  std::string text;  ///< a sentence for people: what it waits for and what will end it

  friend bool operator==(const Blocker&, const Blocker&) = default;
};

}  // namespace lh
