#include "core/model/missed_news.h"

#include <gtest/gtest.h>

namespace lh {
namespace {

using What = Change::What;
using Status = BackgroundTransferStatus;

const TimePoint kNow{Duration{5000}};

Snapshot running() {
  Snapshot snapshot;
  snapshot.status = Status::Running;
  snapshot.started = true;
  snapshot.attempts = 1;
  snapshot.http_status = 200;
  snapshot.bytes_received = 100;
  snapshot.total_to_receive = 1000;
  return snapshot;
}

TEST(NewsBetween, NothingIsNoNews) {
  EXPECT_FALSE(news_between(running(), running(), kNow));
}

TEST(NewsBetween, TheHeaviestChangeNamesTheNews) {
  Snapshot after = running();
  const auto expect = [&after](What what) {
    const auto change = news_between(running(), after, kNow);
    ASSERT_TRUE(change);
    EXPECT_EQ(change->what, what);
    EXPECT_EQ(change->snapshot, after);
    EXPECT_EQ(change->time, kNow);
  };
  after.bytes_received = 200;
  expect(What::Progress);
  after.attempts = 2;  // which may have brought another response
  expect(What::Response);
  after.status = Status::PausedByApplication;
  expect(What::Status);
  after.status = Status::Completed;
  expect(What::Ended);
}

TEST(NewsBetween, ANewAttemptAndARestartAreMarked) {
  Snapshot after = running();
  after.restarts = 1;
  after.attempts = 2;
  const auto change = news_between(running(), after, kNow);
  ASSERT_TRUE(change);
  EXPECT_TRUE(change->restarted);
  EXPECT_TRUE(change->response_changed);
  after.attempts = 1;
  EXPECT_FALSE(news_between(running(), after, kNow)->response_changed);
}

TEST(MissedStatus, IsToldBeforeWhatHappensInIt) {
  Snapshot before = running();
  before.status = Status::Idle;
  Change next;
  next.time = kNow;
  next.snapshot = running();
  for (const What what : {What::Response, What::Progress}) {
    next.what = what;
    next.response_changed = next.restarted = true;
    const auto missed = missed_status(before, next);
    ASSERT_TRUE(missed);
    EXPECT_EQ(missed->what, What::Status);
    EXPECT_EQ(missed->snapshot, next.snapshot);
    EXPECT_FALSE(missed->response_changed || missed->restarted) << "that is told by what follows";
    EXPECT_FALSE(missed_status(running(), next)) << "known";
  }
  for (const What what : {What::Status, What::Ended, What::Forgotten}) {
    next.what = what;
    EXPECT_FALSE(missed_status(before, next)) << "says it itself";
  }
}

}  // namespace
}  // namespace lh
