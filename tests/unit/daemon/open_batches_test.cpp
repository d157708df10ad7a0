#include "daemon/open_batches.h"

#include <gtest/gtest.h>

namespace lh {
namespace {

class OpenBatchesTest : public testing::Test {
 protected:
  OpenBatches::Number last_ = 100;
  OpenBatches batches_{[this] { return ++last_; }};
};

TEST_F(OpenBatchesTest, ABatchWhosePartsAreAllKeptIsWhole) {
  const auto batch = batches_.begin(":1.1");
  ASSERT_EQ(batch, 101U);
  EXPECT_TRUE(batches_.any());
  EXPECT_TRUE(batches_.begin_part(*batch, ":1.1"));
  EXPECT_TRUE(batches_.begin_part(*batch, ":1.1"));
  batches_.end_part(*batch, true);
  batches_.end_part(*batch, true);
  EXPECT_TRUE(batches_.is_open(*batch));
  const auto ended = batches_.end(*batch, ":1.1");
  EXPECT_TRUE(ended.was_open && ended.whole);
  EXPECT_FALSE(batches_.any());
  EXPECT_FALSE(batches_.end(*batch, ":1.1").was_open) << "only once";
}

TEST_F(OpenBatchesTest, NothingComesOfABatchOfWhichAPartWasRefused) {
  const auto batch = batches_.begin(":1.1");
  for (const bool kept : {false, true}) {
    ASSERT_TRUE(batches_.begin_part(*batch, ":1.1"));
    batches_.end_part(*batch, kept);
  }
  const auto ended = batches_.end(*batch, ":1.1");
  EXPECT_TRUE(ended.was_open);
  EXPECT_FALSE(ended.whole);
}

TEST_F(OpenBatchesTest, APartThatIsStillOnItsWayIsMissing) {
  const auto batch = batches_.begin(":1.1");
  ASSERT_TRUE(batches_.begin_part(*batch, ":1.1"));
  EXPECT_FALSE(batches_.end(*batch, ":1.1").whole);
  EXPECT_FALSE(batches_.is_open(*batch));
  batches_.end_part(*batch, true);  // comes too late, and does no harm
}

TEST_F(OpenBatchesTest, ABatchIsItsClientsAlone) {
  const auto batch = batches_.begin(":1.1");
  EXPECT_FALSE(batches_.begin_part(*batch, ":1.2"));
  EXPECT_FALSE(batches_.end(*batch, ":1.2").was_open);
  EXPECT_TRUE(batches_.is_open(*batch));
}

TEST_F(OpenBatchesTest, ThoseOfAClientThatLeavesAreGone) {
  const auto one = batches_.begin(":1.1");
  const auto other = batches_.begin(":1.2");
  const auto two = batches_.begin(":1.1");
  EXPECT_EQ(batches_.gone(":1.1"), (std::vector{*one, *two}));
  EXPECT_FALSE(batches_.is_open(*one));
  EXPECT_TRUE(batches_.is_open(*other));
  EXPECT_TRUE(batches_.gone(":1.1").empty());
}

TEST_F(OpenBatchesTest, AClientCannotOpenThemWithoutEnd) {
  int open = 0;
  while (open < 1000 && batches_.begin(":1.1")) ++open;
  EXPECT_EQ(open, 64);
  EXPECT_TRUE(batches_.begin(":1.2"));
}

}  // namespace
}  // namespace lh
