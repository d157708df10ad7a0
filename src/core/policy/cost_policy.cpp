#include "core/policy/cost_policy.h"

namespace lh {

bool cost_permits(longhaul::BackgroundTransferCostPolicy policy, const NetworkFacts& network) {
  using longhaul::BackgroundTransferCostPolicy;
  // State 1: not metered.
  if (network.cost == NetworkCostType::Unrestricted || network.cost == NetworkCostType::Unknown) {
    return true;
  }
  // State 5: the user restricts background data, and the limit is passed.
  if (network.over_limit && network.restricted) return false;
  switch (policy) {
    case BackgroundTransferCostPolicy::Always:
      return true;
    case BackgroundTransferCostPolicy::UnrestrictedOnly:
      return false;
    case BackgroundTransferCostPolicy::Default:
      // States 4 and 3; what is left is state 2.
      return !network.roaming && !network.approaching_limit && !network.over_limit;
  }
  return false;
}

}  // namespace lh
