#include "core/policy/checkpoint.h"

#include <gtest/gtest.h>

namespace lh {
namespace {

using namespace std::chrono_literals;

const TimePoint t0 = TimePoint(1000s);

CheckpointPacer begun_at(ByteCount durable) {
  CheckpointPacer pacer(8_MiB, 1s);
  pacer.started(t0, durable);
  return pacer;
}

TEST(CheckpointPacer, IsDueAfterSoManyBytes) {
  auto pacer = begun_at(1_MiB);
  EXPECT_FALSE(pacer.due(t0 + 10ms, 9_MiB - 1));
  EXPECT_TRUE(pacer.due(t0 + 10ms, 9_MiB));
}

TEST(CheckpointPacer, IsDueAfterSoMuchTime) {
  auto pacer = begun_at(0);
  EXPECT_FALSE(pacer.due(t0 + 999ms, 1));
  EXPECT_TRUE(pacer.due(t0 + 1s, 1));
}

TEST(CheckpointPacer, NothingNewIsNothingToRecord) {
  auto pacer = begun_at(1_MiB);
  EXPECT_FALSE(pacer.due(t0 + 1h, 1_MiB));
}

TEST(CheckpointPacer, OneAtATime) {
  auto pacer = begun_at(0);
  ASSERT_TRUE(pacer.due(t0 + 1s, 10));
  EXPECT_FALSE(pacer.due(t0 + 1h, 1_GiB));
  pacer.finished(t0 + 2s, 10);
  EXPECT_FALSE(pacer.due(t0 + 2999ms, 11)) << "counts from the end of the last one";
  EXPECT_TRUE(pacer.due(t0 + 3s, 11));
}

TEST(CheckpointPacer, AFileThatBeganAnewCountsFromZero) {
  auto pacer = begun_at(100_MiB);
  EXPECT_FALSE(pacer.due(t0 + 10ms, 1_MiB));
  EXPECT_TRUE(pacer.due(t0 + 20ms, 8_MiB));
}

}  // namespace
}  // namespace lh
