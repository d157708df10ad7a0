#include "store/queue_scan.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "unit/store/store_support.h"

namespace lh {
namespace {

using test::download;

/// Counts SQLite's work in steps of its virtual machine, in connections opened while it lives.
class WorkMeter {
 public:
  WorkMeter() { sqlite3_auto_extension(reinterpret_cast<void (*)()>(&install)); }  // NOLINT
  ~WorkMeter() { sqlite3_reset_auto_extension(); }
  WorkMeter(const WorkMeter&) = delete;
  WorkMeter& operator=(const WorkMeter&) = delete;

  /// Since the last call, in units of kStep.
  static std::uint64_t take() { return std::exchange(steps_, 0); }
  static constexpr int kStep = 10;

 private:
  static int install(sqlite3* handle, const char**, const void*) {
    sqlite3_progress_handler(handle, kStep, [](void*) { return ++steps_, 0; }, nullptr);
    return SQLITE_OK;
  }
  static inline std::uint64_t steps_ = 0;
};

class QueueScanTest : public testing::Test {
 protected:
  /// `busy` rows of one origin at the head of the queue, then ten of each of `others` origins.
  void fill(std::uint32_t busy, std::uint32_t others) {
    store_ = test::open_store(":memory:");
    std::vector<Transfer> transfers;
    ASSERT_TRUE(store_->begin());
    for (std::uint32_t n = 0; n < busy + others * 10; ++n) {
      transfers.push_back(download(n, Phase::Queued));
      if (n >= busy) transfers.back().spec.origin = "http://other" + std::to_string(n % others);
      if (transfers.size() < 1000) continue;
      ASSERT_TRUE(store_->insert(transfers, 0));
      transfers.clear();
    }
    ASSERT_TRUE(store_->insert(transfers, 0));
    ASSERT_TRUE(store_->commit());
  }
  std::uint64_t work_of_load(std::uint32_t limit, std::size_t expected) {
    static_cast<void>(WorkMeter::take());
    const auto rows = store_->load_queue({0, 0}, {"http://host:80"}, limit);
    const std::uint64_t work = WorkMeter::take();
    EXPECT_TRUE(rows);
    EXPECT_EQ(rows ? rows->size() : 0, expected);
    return work;
  }

  WorkMeter meter_;
  std::unique_ptr<SqliteStore> store_;
};

TEST_F(QueueScanTest, TheWorkDoesNotGrowWithTheRowsOfABusyOrigin) {
  fill(3'000, 5);
  const std::uint64_t few = work_of_load(20, 20);
  fill(60'000, 5);
  const std::uint64_t many = work_of_load(20, 20);
  EXPECT_GT(few, 10U);
  EXPECT_LT(many, few + few / 4);
}

TEST_F(QueueScanTest, TheWorkDoesNotGrowWithTheRowsOfABusyOriginThatIsAlone) {
  fill(3'000, 0);
  const std::uint64_t few = work_of_load(20, 0);
  fill(60'000, 0);
  EXPECT_LT(work_of_load(20, 0), few + few / 4);
}

TEST_F(QueueScanTest, ManyOriginsCostOneLookEach) {
  fill(10'000, 100);
  const std::uint64_t hundred = work_of_load(20, 20);
  fill(10'000, 1000);
  const std::uint64_t thousand = work_of_load(20, 20);
  EXPECT_LT(thousand - hundred, 900U * 100 / WorkMeter::kStep);
}

TEST_F(QueueScanTest, TheHeadOfALongQueueCostsNoMoreThanThatOfAShortOne) {
  fill(0, 100);
  const std::uint64_t few = work_of_load(20, 20);
  fill(0, 4000);
  EXPECT_LT(work_of_load(20, 20), few + few / 4);
}

}  // namespace
}  // namespace lh
