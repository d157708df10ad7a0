#include "core/policy/cost_policy.h"

#include <array>

#include <gtest/gtest.h>

namespace lh {
namespace {

using longhaul::BackgroundTransferCostPolicy;

constexpr std::array kPolicies = {BackgroundTransferCostPolicy::UnrestrictedOnly,
                                  BackgroundTransferCostPolicy::Default,
                                  BackgroundTransferCostPolicy::Always};

struct Row {
  const char* name;
  NetworkFacts network;
  std::array<bool, 3> permitted;  // in the order of kPolicies
};

NetworkFacts network(NetworkCostType cost) {
  NetworkFacts facts;
  facts.cost = cost;
  return facts;
}
NetworkFacts metered(bool roaming, bool approaching, bool over, bool restricted) {
  NetworkFacts facts = network(NetworkCostType::Fixed);
  facts.roaming = roaming;
  facts.approaching_limit = approaching;
  facts.over_limit = over;
  facts.restricted = restricted;
  return facts;
}

TEST(CostPolicy, R46_AllFifteenCells) {
  for (const Row& row : {
           Row{"1 unmetered", network(NetworkCostType::Unrestricted), {true, true, true}},
           Row{"2 on track", metered(false, false, false, false), {false, true, true}},
           Row{"3 approaching", metered(false, true, false, false), {false, false, true}},
           Row{"4 roaming", metered(true, false, false, false), {false, false, true}},
           Row{"5 over, restricted", metered(false, false, true, true), {false, false, false}},
       }) {
    for (std::size_t i = 0; i < kPolicies.size(); ++i) {
      EXPECT_EQ(cost_permits(kPolicies[i], row.network), row.permitted[i]) << row.name << ' ' << i;
    }
  }
}

TEST(CostPolicy, R47_UnknownCostIsUnmeteredAndVariableIsMetered) {
  EXPECT_TRUE(cost_permits(BackgroundTransferCostPolicy::UnrestrictedOnly,
                           network(NetworkCostType::Unknown)));
  EXPECT_FALSE(cost_permits(BackgroundTransferCostPolicy::UnrestrictedOnly,
                            network(NetworkCostType::Variable)));
}

TEST(CostPolicy, R47_TheOrderIs15432) {
  // 1 before 5 and 4: an unmetered network is free whatever else is said of it.
  NetworkFacts free = metered(true, true, true, true);
  free.cost = NetworkCostType::Unrestricted;
  EXPECT_TRUE(cost_permits(BackgroundTransferCostPolicy::UnrestrictedOnly, free));
  // 5 before 4 and 3.
  EXPECT_FALSE(cost_permits(BackgroundTransferCostPolicy::Always, metered(true, true, true, true)));
}

TEST(CostPolicy, R47_OverTheLimitWithoutTheSwitchIsAsState3) {
  const NetworkFacts over = metered(false, false, true, false);
  EXPECT_FALSE(cost_permits(BackgroundTransferCostPolicy::UnrestrictedOnly, over));
  EXPECT_FALSE(cost_permits(BackgroundTransferCostPolicy::Default, over));
  EXPECT_TRUE(cost_permits(BackgroundTransferCostPolicy::Always, over));
}

TEST(CostPolicy, R47_TheSwitchAloneChangesNothingBeforeTheLimit) {
  EXPECT_TRUE(
      cost_permits(BackgroundTransferCostPolicy::Default, metered(false, false, false, true)));
  EXPECT_TRUE(
      cost_permits(BackgroundTransferCostPolicy::Always, metered(false, true, false, true)));
}

}  // namespace
}  // namespace lh
