#include "platform/mailbox.h"

#include <poll.h>

#include <string>
#include <thread>

#include <gtest/gtest.h>

namespace lh {
namespace {

bool readable(int fd) {
  pollfd entry{fd, POLLIN, 0};
  return ::poll(&entry, 1, 0) == 1;
}

TEST(Mailbox, IsReadableExactlyWhileSomethingWaits) {
  Mailbox<int> box;
  EXPECT_FALSE(readable(box.fd()));
  box.push(1);
  box.push(2);
  EXPECT_TRUE(readable(box.fd()));
  EXPECT_EQ(box.take_all(), (std::vector{1, 2}));
  EXPECT_FALSE(readable(box.fd()));
  EXPECT_TRUE(box.take_all().empty());
}

TEST(Mailbox, TakesSeveralInTheirOrder) {
  Mailbox<int> box;
  box.push_all({});
  EXPECT_FALSE(readable(box.fd()));
  box.push_all({1, 2});
  EXPECT_TRUE(readable(box.fd()));
  box.push(3);
  box.push_all({4, 5});
  EXPECT_EQ(box.take_all(), (std::vector{1, 2, 3, 4, 5}));
  EXPECT_FALSE(readable(box.fd()));
}

TEST(Mailbox, LosesNothingBetweenThreads) {
  constexpr int kCount = 50'000;
  Mailbox<int> box;
  std::jthread sender([&] {
    for (int i = 0; i < kCount; ++i) box.push(i);
  });
  int expected = 0;
  while (expected < kCount) {
    pollfd entry{box.fd(), POLLIN, 0};
    ASSERT_EQ(::poll(&entry, 1, 10'000), 1) << "no wake-up after " << expected;
    for (const int value : box.take_all()) ASSERT_EQ(value, expected++);
  }
}

}  // namespace
}  // namespace lh
