#include "daemon/queue_window.h"

#include <gtest/gtest.h>

namespace lh {
namespace {

TransferId id_of(std::uint8_t number) {
  Guid::Bytes bytes{};
  bytes[0] = number;
  return Guid(bytes);
}

std::vector<TransferId> ids_of(const QueueWindow& window, const std::string& origin) {
  std::vector<TransferId> ids;
  for (const QueueWindow::Item& item : window.by_origin().at(origin)) ids.push_back(item.id);
  return ids;
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

TEST(QueueWindow, HandsOutInQueueOrderOriginByOrigin) {
  QueueWindow window(8);
  window.extend(std::nullopt, false);
  window.add({1, 2}, id_of(2), "a");
  window.add({1, 3}, id_of(3), "b");
  window.add({0, 9}, id_of(9), "a");
  window.add({1, 1}, id_of(1), "a");
  EXPECT_EQ(window.size(), 4U);
  EXPECT_EQ(ids_of(window, "a"), (std::vector{id_of(9), id_of(1), id_of(2)}));
  EXPECT_EQ(ids_of(window, "b"), (std::vector{id_of(3)}));
}

TEST(QueueWindow, ForgetsAnOriginForWhichNothingWaits) {
  QueueWindow window(8);
  window.add({1, 1}, id_of(1), "a");
  window.add({1, 2}, id_of(2), "b");
  window.remove({1, 1}, id_of(1));
  window.remove({1, 9}, id_of(9));  // is not there
  EXPECT_EQ(window.size(), 1U);
  EXPECT_FALSE(window.by_origin().contains("a"));
}

TEST(QueueWindow, ShedsItsTailAndNoLongerCoversIt) {
  QueueWindow window(4);
  window.extend(std::nullopt, false);
  for (std::uint8_t i = 1; i <= 6; ++i) window.add({1, i}, id_of(i), i % 2 == 0 ? "even" : "odd");
  const std::vector<TransferId> tail = window.shed();
  EXPECT_EQ(tail, (std::vector{id_of(3), id_of(4), id_of(5), id_of(6)}));
  EXPECT_EQ(ids_of(window, "odd"), (std::vector{id_of(1)}));
  EXPECT_EQ(ids_of(window, "even"), (std::vector{id_of(2)}));
  EXPECT_TRUE(window.covers({1, 2}));
  EXPECT_FALSE(window.covers({1, 3}));
  EXPECT_FALSE(window.complete());
  EXPECT_TRUE(window.shed().empty());
}

TEST(QueueWindow, UncoversWhatWasQueuedInTheStoreAndAllBehindIt) {
  QueueWindow window(8);
  window.extend(std::nullopt, false);
  window.add({0, 9}, id_of(9), "a");
  window.add({1, 1}, id_of(1), "a");
  window.add({2, 2}, id_of(2), "a");
  EXPECT_EQ(window.uncover({1, 5}), (std::vector{id_of(2)}));
  EXPECT_TRUE(window.covers({1, 1}));
  EXPECT_FALSE(window.covers({1, 5}));
  EXPECT_FALSE(window.complete());
  EXPECT_TRUE(window.uncover({1, 6}).empty()) << "it did not cover that";
  EXPECT_EQ(window.uncover({0, 1}), (std::vector{id_of(9), id_of(1)}));
  EXPECT_FALSE(window.covers({0, 1}));
}

}  // namespace
}  // namespace lh
