#include "core/model/blocker.h"

#include <array>

namespace lh {
namespace {

// In the order of BlockerKind.
constexpr std::array<std::string_view, 9> kNames = {
    "no-network", "cost", "power", "server", "host-limit", "queue", "disk", "app", "retry"};
static_assert(kNames.size() == static_cast<std::size_t>(BlockerKind::Retry) + 1);

}  // namespace

std::string_view blocker_kind_name(BlockerKind kind) {
  return kNames.at(static_cast<std::size_t>(kind));
}

std::optional<BlockerKind> parse_blocker_kind(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<BlockerKind>(i);
  }
  return std::nullopt;
}

}  // namespace lh
