#include <cstdlib>
#include <string>

#include <gtest/gtest.h>

#include "support/random_day.h"

namespace lh::sim {
namespace {

constexpr std::uint64_t kOrders = 100'000;  ///< in all cases together
constexpr std::uint64_t kShards = 20;

std::optional<std::uint64_t> number_from(const char* variable) {
  const char* const text = std::getenv(variable);
  if (text == nullptr) return std::nullopt;
  return std::stoull(text);
}

/// Once more, with everything that happened.
std::string trace_of(std::uint64_t seed) {
  RandomDay day(seed, RandomDay::Tracing::On);
  const auto violations = day.run();
  std::string text;
  for (const std::string& line : day.trace()) text += line + "\n";
  for (const std::string& violation : violations) text += "VIOLATION " + violation + "\n";
  return text;
}

void expect_good_day(std::uint64_t seed) {
  RandomDay day(seed, RandomDay::Tracing::Off);
  const auto violations = day.run();
  if (violations.empty()) return;
  FAIL() << violations.front() << "\nLONGHAUL_SIM_SEED=" << seed << " runs it again:\n"
         << trace_of(seed);
}

class RandomOrders : public testing::TestWithParam<std::uint64_t> {};

// LONGHAUL_SIM_ORDERS sets their number, LONGHAUL_SIM_SEED the only one to run.
TEST_P(RandomOrders, KeepEveryPromise) {
  if (const auto seed = number_from("LONGHAUL_SIM_SEED")) {
    if (*seed % kShards == GetParam()) expect_good_day(*seed);
    return;
  }
  const std::uint64_t orders = number_from("LONGHAUL_SIM_ORDERS").value_or(kOrders);
  for (std::uint64_t seed = GetParam(); seed < orders; seed += kShards) {
    expect_good_day(seed);
    if (HasFatalFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Simulation, RandomOrders, testing::Range<std::uint64_t>(0, kShards));

}  // namespace
}  // namespace lh::sim
