#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/model/limits.h"
#include "core/model/transfer_spec.h"

namespace lh {

/// Place in the queue: by priority (High, Default, Low: R107 as amended), then by order of
/// starting.
struct QueueKey {
  std::uint8_t rank = 1;  ///< 0 High, 1 Default, 2 Low
  std::uint64_t position = 0;

  friend auto operator<=>(const QueueKey&, const QueueKey&) = default;
};
[[nodiscard]] std::uint8_t rank_of(BackgroundTransferPriority priority);

/// One operation that wants a slot.
struct Candidate {
  TransferId id;
  QueueKey key;
  std::string_view origin;
};

/// Slots in use.
struct ActiveSet {
  std::uint32_t running = 0;
  std::unordered_map<std::string, std::uint32_t> per_origin;
  /// Attempts that are stuck and have given their slots back.
  std::uint32_t stuck = 0;
  std::unordered_map<std::string, std::uint32_t> stuck_per_origin{};

  /// How many more of this origin may start.
  [[nodiscard]] std::uint32_t free_slots(const std::string& origin, const Limits& limits) const;
  /// Whether a stuck one of this origin may leave its slot to others: then as many as have slots
  /// may be stuck besides, no more, for each of them has a connection.
  [[nodiscard]] bool may_give_slot_back(const std::string& origin, const Limits& limits) const;
};

struct Choice {
  std::vector<TransferId> start;  ///< in order
  bool slots_left = false;
};

/// Who starts now. `queue` is sorted by key. Takes in order, passes over those whose origin has no
/// slot left, never gives out more than `limits.running`. Linear.
[[nodiscard]] Choice choose(const ActiveSet& active, std::span<const Candidate> queue,
                            const Limits& limits);

}  // namespace lh
