#include "daemon/queue_window.h"

#include <gtest/gtest.h>

namespace lh {
namespace {

TransferId id_of(std::uint8_t number) {
  Guid::Bytes bytes{};
  bytes[0] = number;
  return Guid(bytes);
}

TEST(QueueWindow, CoversNothingBeforeTheFirstPage) {
  const QueueWindow window(8);
  EXPECT_FALSE(window.covers({0, 1}));
}

TEST(QueueWindow, CoversUpToTheLastRowOfAPageAndEverythingAfterTheLastPage) {
  QueueWindow window(8);
  window.extend(QueueKey{1, 5}, true);
  EXPECT_TRUE(window.covers({0, 99}));
  EXPECT_TRUE(window.covers({1, 5}));
  EXPECT_FALSE(window.covers({1, 6}));
  window.extend(std::nullopt, false);
  EXPECT_TRUE(window.covers({2, 1000}));
}

TEST(QueueWindow, HandsOutInQueueOrder) {
  QueueWindow window(8);
  window.extend(std::nullopt, false);
  window.add({1, 2}, id_of(2));
  window.add({0, 9}, id_of(9));
  window.add({1, 1}, id_of(1));
  std::vector<TransferId> order;
  for (const auto& item : window.items()) order.push_back(item.id);
  EXPECT_EQ(order, (std::vector{id_of(9), id_of(1), id_of(2)}));
}

TEST(QueueWindow, ShedsItsTailAndNoLongerCoversIt) {
  QueueWindow window(4);
  window.extend(std::nullopt, false);
  for (std::uint8_t i = 1; i <= 6; ++i) window.add({1, i}, id_of(i));
  const std::vector<TransferId> tail = window.shed();
  EXPECT_EQ(tail, (std::vector{id_of(3), id_of(4), id_of(5), id_of(6)}));
  EXPECT_TRUE(window.covers({1, 2}));
  EXPECT_FALSE(window.covers({1, 3}));
  EXPECT_FALSE(window.complete());
  EXPECT_TRUE(window.shed().empty());
}

}  // namespace
}  // namespace lh
