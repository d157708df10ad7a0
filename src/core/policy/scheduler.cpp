#include "core/policy/scheduler.h"

#include <algorithm>

namespace lh {

std::uint8_t rank_of(BackgroundTransferPriority priority) {
  switch (priority) {
    case BackgroundTransferPriority::High:
      return 0;
    case BackgroundTransferPriority::Default:
      return 1;
    case BackgroundTransferPriority::Low:
      return 2;
  }
  return 1;
}

std::uint32_t ActiveSet::free_slots(const std::string& origin, const Limits& limits) const {
  const auto left = [](std::uint32_t limit, std::uint32_t used) {
    return limit > used ? limit - used : 0;
  };
  const auto used = per_origin.find(origin);
  return std::min(left(limits.running, running),
                  left(limits.running_per_origin, used == per_origin.end() ? 0 : used->second));
}

bool ActiveSet::may_give_slot_back(const std::string& origin, const Limits& limits) const {
  const auto of_origin = stuck_per_origin.find(origin);
  return stuck < limits.running &&
         (of_origin == stuck_per_origin.end() || of_origin->second < limits.running_per_origin);
}

Choice choose(const ActiveSet& active, std::span<const Candidate> queue, const Limits& limits) {
  std::unordered_map<std::string_view, std::uint32_t> per_origin;
  per_origin.reserve(active.per_origin.size());
  for (const auto& [origin, count] : active.per_origin) per_origin.emplace(origin, count);

  Choice choice;
  std::uint32_t running = active.running;
  for (const Candidate& candidate : queue) {
    if (running >= limits.running) break;
    std::uint32_t& in_use = per_origin[candidate.origin];
    if (in_use >= limits.running_per_origin) continue;
    ++in_use;
    ++running;
    choice.start.push_back(candidate.id);
  }
  choice.slots_left = running < limits.running;
  return choice;
}

}  // namespace lh
