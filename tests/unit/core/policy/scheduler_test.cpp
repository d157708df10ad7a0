#include "core/policy/scheduler.h"

#include <algorithm>
#include <deque>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lh {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TransferId id_of(std::uint8_t n) {
  return Guid(Guid::Bytes{n});
}

Candidate candidate(std::uint8_t n, std::string_view origin) {
  return {id_of(n), {1, n}, origin};
}

Limits limits(std::uint32_t running, std::uint32_t per_origin) {
  Limits result;
  result.running = running;
  result.running_per_origin = per_origin;
  return result;
}

TEST(QueueKey, R107_OrdersByPriorityThenByStart) {
  const auto high = rank_of(BackgroundTransferPriority::High);
  const auto normal = rank_of(BackgroundTransferPriority::Default);
  const auto low = rank_of(BackgroundTransferPriority::Low);
  EXPECT_LT((QueueKey{high, 9}), (QueueKey{normal, 1}));
  EXPECT_LT((QueueKey{normal, 9}), (QueueKey{low, 1}));
  EXPECT_LT((QueueKey{normal, 1}), (QueueKey{normal, 2}));
}

TEST(Scheduler, TakesInOrderUntilTheSlotsAreUsedUp) {
  const std::vector<Candidate> queue = {candidate(1, "a"), candidate(2, "b"), candidate(3, "c")};
  const Choice choice = choose({.running = 1, .per_origin = {{"z", 1}}}, queue, limits(3, 6));
  EXPECT_THAT(choice.start, ElementsAre(id_of(1), id_of(2)));
  EXPECT_FALSE(choice.slots_left);
}

TEST(Scheduler, PassesOverABusyOriginAndServesThoseBehind) {
  const std::vector<Candidate> queue = {candidate(1, "a"), candidate(2, "a"), candidate(3, "a"),
                                        candidate(4, "b")};
  const Choice choice = choose({.running = 1, .per_origin = {{"a", 1}}}, queue, limits(64, 2));
  EXPECT_THAT(choice.start, ElementsAre(id_of(1), id_of(4)));
  EXPECT_TRUE(choice.slots_left);
}

TEST(Scheduler, FreeSlotsAreThoseOfTheOriginAndNeverMoreThanThoseOfAll) {
  const ActiveSet active{.running = 5, .per_origin = {{"a", 4}, {"b", 1}}};
  EXPECT_EQ(active.free_slots("a", limits(64, 6)), 2U);
  EXPECT_EQ(active.free_slots("c", limits(64, 6)), 6U);
  EXPECT_EQ(active.free_slots("c", limits(7, 6)), 2U);
  EXPECT_EQ(active.free_slots("a", limits(64, 3)), 0U);  // the limits were lowered meanwhile
  EXPECT_EQ(active.free_slots("c", limits(3, 6)), 0U);
}

TEST(Scheduler, SlotsOfStuckOnesAreGivenToOthersOnce) {
  const ActiveSet active{
      .running = 4, .per_origin = {}, .stuck = 3, .stuck_per_origin = {{"a", 2}, {"b", 1}}};
  EXPECT_TRUE(active.may_give_slot_back("b", limits(4, 2)));
  EXPECT_TRUE(active.may_give_slot_back("c", limits(4, 2)));
  EXPECT_FALSE(active.may_give_slot_back("a", limits(4, 2)));
  EXPECT_FALSE(active.may_give_slot_back("c", limits(3, 2)));
}

TEST(Scheduler, NothingWaitsNothingStarts) {
  const Choice choice = choose({}, {}, limits(64, 6));
  EXPECT_THAT(choice.start, IsEmpty());
  EXPECT_TRUE(choice.slots_left);
  EXPECT_FALSE(choose({.running = 64, .per_origin = {}}, {}, limits(64, 6)).slots_left);
}

TEST(Scheduler, NeverExceedsItsLimitsAndLeavesNoSlotIdle) {
  std::mt19937 engine(10);
  const auto random = [&engine] { return static_cast<std::uint32_t>(engine()); };
  const std::vector<std::string> origins = {"a", "b", "c", "d"};
  for (int run = 0; run < 5000; ++run) {
    const Limits limit = limits(random() % 12, 1 + random() % 4);
    ActiveSet active;
    for (const auto& origin : origins) {
      const std::uint32_t count = random() % 3;
      active.per_origin[origin] = count;
      active.running += count;
    }
    std::vector<Candidate> queue;
    const std::uint32_t waiting = random() % 30;
    for (std::uint8_t n = 1; n <= waiting; ++n) {
      queue.push_back(candidate(n, origins[random() % origins.size()]));
    }
    const Choice choice = choose(active, queue, limit);

    auto per_origin = active.per_origin;
    for (const TransferId& id : choice.start) {
      const auto chosen = std::ranges::find(queue, id, &Candidate::id);
      ASSERT_NE(chosen, queue.end());
      ASSERT_LE(++per_origin[std::string(chosen->origin)], limit.running_per_origin);
    }
    const auto running = active.running + choice.start.size();
    if (!choice.start.empty()) {
      ASSERT_LE(running, limit.running);
    }
    ASSERT_EQ(choice.slots_left, running < limit.running);
    if (choice.slots_left) {  // whoever was not started had no slot at its origin
      for (const Candidate& each : queue) {
        if (std::ranges::find(choice.start, each.id) != choice.start.end()) continue;
        ASSERT_GE(per_origin[std::string(each.origin)], limit.running_per_origin);
      }
    }
  }
}

}  // namespace
}  // namespace lh
