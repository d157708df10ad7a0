#include "core/policy/scheduler.h"

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

Choice choose(const ActiveSet& active, std::span<const Candidate> queue, const Limits& limits) {
  std::unordered_map<std::string_view, std::uint32_t> per_origin;
  per_origin.reserve(active.per_origin.size());
  for (const auto& [origin, count] : active.per_origin) per_origin.emplace(origin, count);

  Choice choice;
  std::uint32_t running = active.running;
  for (const Candidate& candidate : queue) {
    if (running >= limits.running) break;
    std::uint32_t& in_use = per_origin[candidate.origin];
    if (in_use >= limits.running_per_origin) {
      choice.held_by_origin.push_back(candidate.id);
      continue;
    }
    ++in_use;
    ++running;
    choice.start.push_back(candidate.id);
  }
  choice.slots_left = running < limits.running;
  return choice;
}

}  // namespace lh
