#include "store/sqlite_store.h"

#include <functional>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/policy/transfer_machine.h"
#include "unit/store/store_support.h"

namespace lh {
namespace {

using test::at;
using test::download;
using test::full_transfer;
using test::id_of;
using test::numbers_of;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;
using Numbers = std::vector<std::uint32_t>;

class SqliteStoreTest : public testing::Test {
 protected:
  void insert(const std::vector<Transfer>& transfers) {
    const auto done = store_->insert(transfers, 0);
    ASSERT_TRUE(done) << done.error().message();
  }
  Numbers listed(const ListFilter& filter, std::uint64_t after = 0, std::uint32_t limit = 100) {
    const auto rows = store_->list(filter, after, limit);
    EXPECT_TRUE(rows) << rows.error().message();
    return rows ? numbers_of(*rows) : Numbers();
  }
  Numbers queued(QueueKey after, const std::vector<std::string>& busy, std::uint32_t limit) {
    const auto rows = store_->load_queue(after, busy, limit);
    EXPECT_TRUE(rows) << rows.error().message();
    return rows ? numbers_of(*rows) : Numbers();
  }

  std::unique_ptr<SqliteStore> store_ = test::open_store(":memory:");
};

TEST_F(SqliteStoreTest, KeepsEveryFieldOfAnOperation) {
  const Transfer transfer = full_transfer();
  insert({transfer});
  const auto loaded = store_->load({transfer.id});
  ASSERT_TRUE(loaded) << loaded.error().message();
  ASSERT_EQ(loaded->size(), 1U);
  EXPECT_EQ(loaded->front(), transfer);
}

TEST_F(SqliteStoreTest, KeepsWhatIsAbsentAbsent) {
  Transfer transfer;
  transfer.id = id_of(1);
  insert({transfer});
  const auto loaded = store_->load({transfer.id});
  ASSERT_TRUE(loaded);
  ASSERT_EQ(loaded->size(), 1U);
  EXPECT_EQ(loaded->front(), transfer);
}

TEST_F(SqliteStoreTest, UpdateReplacesEveryField) {
  Transfer transfer = download(77);
  insert({transfer});
  transfer = full_transfer();
  ASSERT_TRUE(store_->update(transfer));
  EXPECT_EQ(store_->load({transfer.id})->front(), transfer);
  transfer = download(77);
  ASSERT_TRUE(store_->update(transfer));
  EXPECT_EQ(store_->load({transfer.id})->front(), transfer);
}

TEST_F(SqliteStoreTest, WhatLivesInMemoryOnlyIsNotKept) {
  Transfer transfer = download(1);
  transfer.live.attempt = 9;
  transfer.live.received = 100;
  insert({transfer});
  EXPECT_EQ(store_->load({transfer.id})->front().live, LiveState());
}

TEST_F(SqliteStoreTest, UpdateOfAnUnknownOperationIsNotFound) {
  const auto done = store_->update(download(1));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::NotFound);
}

TEST_F(SqliteStoreTest, ABatchIsThereWholeWhenItIsPublished) {
  std::vector<Transfer> rows = {download(0, Phase::Queued), full_transfer(),
                                download(2, Phase::Queued)};
  rows[0].state.queue_position = 21;
  rows[2].state.queue_position = 23;
  rows[2].spec.priority = BackgroundTransferPriority::High;
  ASSERT_TRUE(store_->stage(7, {rows[0], rows[1]}));
  ASSERT_TRUE(store_->stage(8, {download(5)}));
  ASSERT_TRUE(store_->stage(7, {rows[2]}));
  EXPECT_EQ(listed({}), Numbers{});
  EXPECT_TRUE(store_->load({rows[0].id})->empty());
  EXPECT_EQ((*store_->count())[static_cast<std::size_t>(Phase::Queued)], 0U);

  const auto published = store_->publish(7, 0);
  ASSERT_TRUE(published.ok()) << published.error().message();
  EXPECT_EQ(published->ids, (std::vector{rows[0].id, rows[1].id, rows[2].id}));
  EXPECT_EQ(published->first, (QueueKey{0, 23})) << "the one of high priority goes first";
  for (const Transfer& row : rows) EXPECT_EQ(store_->load({row.id})->front(), row);
  EXPECT_EQ(*store_->last_queue_position(),
            std::max<std::uint64_t>(23, rows[1].state.queue_position));
  EXPECT_TRUE(store_->publish(7, 0)->ids.empty()) << "it is gone";

  ASSERT_TRUE(store_->drop(8));
  EXPECT_TRUE(store_->publish(8, 0)->ids.empty());
}

TEST_F(SqliteStoreTest, ABatchInWhichOneIsRefusedIsNotThere) {
  insert({download(1)});
  Transfer clash = download(9);
  clash.spec.target = download(1).spec.target;
  ASSERT_TRUE(store_->stage(7, {download(2), clash}));
  const auto refused = store_->publish(7, 0);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::InvalidArgument);
  EXPECT_NE(refused.error().message().find("download 1: "), std::string::npos);
  EXPECT_EQ(listed({}), Numbers{1});
  EXPECT_TRUE(store_->publish(7, 0)->ids.empty()) << "it is gone";

  ASSERT_TRUE(store_->stage(8, {download(3), download(4)}));
  EXPECT_EQ(store_->publish(8, 2).error().kind, ErrorKind::Quota);
  EXPECT_EQ(listed({}), Numbers{1});
}

TEST_F(SqliteStoreTest, LoadAndEraseIgnoreUnknownIds) {
  insert({download(1), download(2)});
  EXPECT_TRUE(store_->erase({id_of(1), id_of(9)}));
  EXPECT_EQ(numbers_of(*store_->load({id_of(1), id_of(2), id_of(9)})), Numbers{2});
}

TEST_F(SqliteStoreTest, AHeaderThatCouldBreakItsLineIsRefused) {
  Transfer transfer = download(1);
  transfer.spec.headers = {{"A", "b\r\nC: d"}};
  EXPECT_EQ(store_->insert({transfer}, 0).error().kind, ErrorKind::InvalidArgument);
  transfer.spec.headers = {{"A: b", "c"}};
  EXPECT_EQ(store_->insert({transfer}, 0).error().kind, ErrorKind::InvalidArgument);
  EXPECT_THAT(listed({}), IsEmpty());
}

TEST_F(SqliteStoreTest, R17_ATargetHasOneOwnerUntilThatHasEnded) {
  Transfer first = download(1, Phase::Queued);
  insert({first});
  Transfer second = download(2);
  second.spec.target = first.spec.target;
  const auto refused = store_->insert({second}, 0);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::InvalidArgument);
  EXPECT_EQ(refused.error().subject, "/home/ann/downloads/file-1");
  EXPECT_THAT(refused.error().detail, HasSubstr(first.id.to_string()));

  first.state.phase = Phase::Failed;
  ASSERT_TRUE(store_->update(first));
  insert({second});
}

TEST_F(SqliteStoreTest, R17_TwoOperationsOfOneCallCannotShareATarget) {
  Transfer second = download(2);
  second.spec.target = download(1).spec.target;
  EXPECT_EQ(store_->insert({download(1), second}, 0).error().kind, ErrorKind::InvalidArgument);
  EXPECT_THAT(listed({}), IsEmpty());
}

TEST_F(SqliteStoreTest, R17_ANameThatCameFromTheServerIsOwnedToo) {
  Transfer named_by_server = download(1, Phase::Queued);
  named_by_server.spec.target = {"/d", "", Collision::MakeUnique};
  insert({named_by_server});
  named_by_server.state.file_name = "x.iso";
  ASSERT_TRUE(store_->update(named_by_server));

  Transfer wants_it = download(2);
  wants_it.spec.target = {"/d", "x.iso", Collision::Replace};
  const auto refused = store_->insert({wants_it}, 0);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::InvalidArgument);
  EXPECT_THAT(refused.error().detail, HasSubstr(named_by_server.id.to_string()));
}

TEST_F(SqliteStoreTest, R17_ANameFromTheServerThatIsTakenDoesNotFailTheUpdate) {
  Transfer owner = download(1, Phase::Queued);
  owner.spec.target = {"/d", "x.iso", Collision::Replace};
  std::vector<Transfer> yielding;
  for (std::uint32_t n : {2U, 3U}) {
    yielding.push_back(download(n, Phase::Queued));
    yielding.back().spec.target = {"/d", "", Collision::MakeUnique};
  }
  insert({owner, yielding[0], yielding[1]});
  for (Transfer& transfer : yielding) {
    transfer.state.file_name = "x.iso";
    EXPECT_TRUE(store_->update(transfer));
  }
}

TEST_F(SqliteStoreTest, R17_AnEndedOperationThatLivesAgainCannotTakeItsTargetBack) {
  Transfer ended = download(1, Phase::Failed);
  Transfer owner = download(2, Phase::Queued);
  owner.spec.target = ended.spec.target;
  insert({ended, owner});
  ended.state.phase = Phase::Queued;
  const auto done = store_->update(ended);
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().detail, HasSubstr(owner.id.to_string()));
  EXPECT_EQ(store_->load({ended.id})->front().state.phase, Phase::Failed);
}

TEST_F(SqliteStoreTest, AnIdIsUsedOnce) {
  insert({download(1)});
  Transfer same_id = download(2);
  same_id.id = id_of(1);
  const auto done = store_->insert({same_id}, 0);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::InvalidArgument);
  EXPECT_THAT(done.error().detail, HasSubstr("id"));
}

TEST_F(SqliteStoreTest, InsertIsAllOrNoneAlsoInsideATransaction) {
  Transfer clash = download(4);
  clash.spec.target = download(1).spec.target;
  ASSERT_TRUE(store_->begin());
  insert({download(1)});
  EXPECT_FALSE(store_->insert({download(2), download(3), clash}, 0));
  insert({download(5)});
  ASSERT_TRUE(store_->commit());
  EXPECT_EQ(listed({}), (Numbers{1, 5}));
}

TEST_F(SqliteStoreTest, RollbackTakesEverythingBack) {
  ASSERT_TRUE(store_->begin());
  insert({download(1)});
  store_->rollback();
  EXPECT_THAT(listed({}), IsEmpty());
  EXPECT_THAT(*store_->target_folders(), IsEmpty());
  insert({download(1)});
  EXPECT_THAT(*store_->target_folders(), ElementsAre("/home/ann/downloads"));
}

TEST_F(SqliteStoreTest, R16_TheQuotaCountsWhatHasNotEndedOfTheApp) {
  ASSERT_TRUE(store_->insert({download(1), download(2, Phase::Completed), download(3)}, 3));
  const auto over = store_->insert({download(4), download(5)}, 3);
  ASSERT_FALSE(over);
  EXPECT_EQ(over.error().kind, ErrorKind::Quota);
  EXPECT_THAT(over.error().message(), HasSubstr("org.example.app"));
  EXPECT_TRUE(store_->insert({download(4)}, 3));
  EXPECT_FALSE(store_->insert({download(5)}, 3));
  Transfer other_app = download(6);
  other_app.spec.app = "org.example.other";
  EXPECT_TRUE(store_->insert({other_app}, 3));
  EXPECT_TRUE(store_->insert({download(5)}, 0));
}

TEST_F(SqliteStoreTest, TheQueueIsInOrderOfPriorityThenOfStarting) {
  std::vector<Transfer> transfers;
  for (std::uint32_t n = 0; n < 9; ++n) {
    transfers.push_back(download(n, Phase::Queued));
    transfers.back().spec.priority = static_cast<BackgroundTransferPriority>(n % 3);
    transfers.back().state.queue_position = 100 - n;
  }
  transfers.push_back(download(20, Phase::PausedByApp));
  insert(transfers);
  const QueueKey start{0, 0};
  EXPECT_EQ(queued(start, {}, 100), (Numbers{7, 4, 1, 6, 3, 0, 8, 5, 2}));
  EXPECT_EQ(queued(start, {}, 2), (Numbers{7, 4}));
  EXPECT_EQ(queued({0, 96}, {}, 3), (Numbers{1, 6, 3}));
  EXPECT_EQ(queued(start, {}, 0), Numbers());
}

TEST_F(SqliteStoreTest, TheQueuePassesOverBusyOrigins) {
  std::vector<Transfer> transfers;
  for (std::uint32_t n = 0; n < 12; ++n) {
    transfers.push_back(download(n, Phase::Queued));
    transfers.back().spec.origin = "http://h" + std::to_string(n % 4) + ":80";
  }
  insert(transfers);
  EXPECT_EQ(queued({0, 0}, {"http://h0:80", "http://h2:80"}, 4), (Numbers{1, 3, 5, 7}));
  EXPECT_EQ(queued({0, 0}, {"http://h0:80", "http://h1:80", "http://h2:80", "http://h3:80"}, 4),
            Numbers());
}

/// The order that load_queue must give, found the slow way.
Numbers expected_queue(std::vector<Transfer> transfers, QueueKey after,
                       const std::vector<std::string>& busy, std::uint32_t limit) {
  const auto key = [](const Transfer& t) {
    return QueueKey{rank_of(t.spec.priority), t.state.queue_position};
  };
  std::erase_if(transfers, [&](const Transfer& t) {
    return key(t) <= after || std::find(busy.begin(), busy.end(), t.spec.origin) != busy.end();
  });
  std::sort(transfers.begin(), transfers.end(),
            [&](const Transfer& a, const Transfer& b) { return key(a) < key(b); });
  if (transfers.size() > limit) transfers.resize(limit);
  return numbers_of(transfers);
}

TEST_F(SqliteStoreTest, BehindALongStretchOfABusyOriginTheQueueIsStillInOrder) {
  std::mt19937 random(5);  // NOLINT: the same sequence each time, on purpose
  std::vector<Transfer> transfers;
  for (std::uint32_t n = 0; n < 4000; ++n) {
    transfers.push_back(download(n, Phase::Queued));
    Transfer& transfer = transfers.back();
    const bool busy = n < 2500 || random() % 2 == 0;
    transfer.spec.origin = busy ? "http://busy:80" : "http://h" + std::to_string(random() % 40);
    transfer.spec.priority = static_cast<BackgroundTransferPriority>(n < 2500 ? 0 : random() % 3);
    transfer.state.queue_position = n + 1;
  }
  insert(transfers);
  for (const QueueKey after :
       {QueueKey{0, 0}, QueueKey{1, 2000}, QueueKey{1, 3100}, QueueKey{2, 0}}) {
    for (const std::uint32_t limit : {1U, 7U, 64U, 500U, 5000U}) {
      const std::vector<std::string> busy = {"http://busy:80", "http://h3", "http://none"};
      EXPECT_EQ(queued(after, busy, limit), expected_queue(transfers, after, busy, limit))
          << after.position << " " << limit;
    }
  }
}

TEST_F(SqliteStoreTest, DueAreThoseWhoseTimeHasCome) {
  std::vector<Transfer> transfers = {download(1, Phase::RetryAt), download(2, Phase::RetryAt),
                                     download(3, Phase::DiskFull), download(4, Phase::DiskFull),
                                     download(5, Phase::Queued)};
  transfers[0].state.wake_at = at(300);
  transfers[1].state.wake_at = at(100);
  transfers[2].state.wake_at = at(200);
  transfers[4].state.wake_at = at(50);
  insert(transfers);
  EXPECT_EQ(numbers_of(*store_->load_due(at(99), 10)), Numbers());
  EXPECT_EQ(numbers_of(*store_->load_due(at(200), 10)), (Numbers{2, 3}));
  EXPECT_EQ(numbers_of(*store_->load_due(at(1000), 2)), (Numbers{2, 3}));
  EXPECT_EQ(*store_->next_wake(), at(100));
}

TEST_F(SqliteStoreTest, WithoutAnythingDueThereIsNoNextWake) {
  insert({download(1, Phase::Queued)});
  EXPECT_EQ(*store_->next_wake(), std::nullopt);
}

TEST_F(SqliteStoreTest, FinishingOnesAreFound) {
  insert({download(1, Phase::Finishing), download(2, Phase::Queued), download(3, Phase::Finishing),
          download(4, Phase::Completed)});
  EXPECT_EQ(numbers_of(*store_->load_finishing()), (Numbers{1, 3}));
}

TEST_F(SqliteStoreTest, ListingPagesInOrderOfCreation) {
  insert({download(3), download(1), download(2)});
  EXPECT_EQ(listed({}), (Numbers{3, 1, 2}));
  const auto page = store_->list({}, 0, 2);
  ASSERT_EQ(page->size(), 2U);
  EXPECT_LT(page->front().sequence, page->back().sequence);
  EXPECT_EQ(listed({}, page->back().sequence), (Numbers{2}));
}

TEST_F(SqliteStoreTest, ASequenceIsNeverUsedTwice) {
  insert({download(1), download(2)});
  const std::uint64_t last = store_->list({}, 0, 10)->back().sequence;
  ASSERT_TRUE(store_->erase({id_of(1), id_of(2)}));
  insert({download(3)});
  EXPECT_GT(store_->list({}, 0, 10)->front().sequence, last);
}

TEST_F(SqliteStoreTest, EveryFilterFindsWhatALookAtEachRowFinds) {
  std::mt19937 random(11);  // NOLINT: the same sequence each time, on purpose
  std::vector<Transfer> transfers;
  for (std::uint32_t n = 0; n < 400; ++n) {
    transfers.push_back(download(n, static_cast<Phase>(random() % 10)));
    transfers.back().spec.app = "app" + std::to_string(random() % 3);
    transfers.back().spec.group = random() % 2 == 0 ? "" : "g" + std::to_string(random() % 2);
  }
  insert(transfers);
  const std::vector<std::optional<std::string>> apps = {{}, "app1", "none"};
  const std::vector<std::optional<std::string>> groups = {{}, "", "g0", "none"};
  const std::vector<std::vector<Phase>> phases = {
      {}, {Phase::Queued}, {Phase::Failed, Phase::Created, Phase::RetryAt}};
  for (const auto& app : apps) {
    for (const auto& group : groups) {
      for (const auto& wanted : phases) {
        Numbers expected;
        for (std::uint32_t n = 0; n < transfers.size(); ++n) {
          const Transfer& t = transfers[n];
          const bool match = (!app || t.spec.app == *app) && (!group || t.spec.group == *group) &&
                             (wanted.empty() || std::find(wanted.begin(), wanted.end(),
                                                          t.state.phase) != wanted.end());
          if (match) expected.push_back(n);
        }
        const ListFilter filter{app, group, {}, wanted};
        EXPECT_EQ(listed(filter, 0, 1000), expected);
        Numbers paged;
        std::uint64_t after = 0;
        for (;;) {
          const auto page = store_->list(filter, after, 7);
          ASSERT_TRUE(page);
          if (page->empty()) break;
          for (const auto n : numbers_of(*page)) paged.push_back(n);
          after = page->back().sequence;
        }
        EXPECT_EQ(paged, expected);
      }
    }
  }
}

TEST_F(SqliteStoreTest, AnIdIsFoundByItsBeginning) {
  std::vector<Transfer> transfers;
  for (std::uint32_t n = 0; n < 50; ++n) transfers.push_back(download(n));
  insert(transfers);
  const std::string text = id_of(7).to_string();
  for (std::size_t length = 4; length <= text.size(); ++length) {
    ListFilter filter;
    filter.id_prefix = text.substr(0, length);
    EXPECT_EQ(listed(filter), Numbers{7}) << *filter.id_prefix;
  }
  ListFilter upper;
  upper.id_prefix = "ABCD";
  Transfer abcd = download(90);
  abcd.id = *Guid::parse("abcdef01-0000-4000-8000-000000000000");
  insert({abcd});
  EXPECT_EQ(store_->list(upper, 0, 10)->size(), 1U);
  upper.app = "none";
  EXPECT_THAT(listed(upper), IsEmpty());
}

TEST_F(SqliteStoreTest, AnIdPrefixOfAllOnesOrZerosHasItsBorders) {
  const char* texts[] = {"ffff0000-0000-4000-8000-000000000000",
                         "ffffffff-ffff-ffff-ffff-ffffffffffff",
                         "00000000-0000-4000-8000-000000000000"};
  std::uint32_t n = 0;
  for (const char* text : texts) {
    Transfer transfer = download(n++);
    transfer.id = *Guid::parse(text);
    insert({transfer});
  }
  ListFilter filter;
  filter.id_prefix = "ffff";
  EXPECT_EQ(store_->list(filter, 0, 10)->size(), 2U);
  filter.id_prefix = "fffff";
  EXPECT_EQ(store_->list(filter, 0, 10)->size(), 1U);
  filter.id_prefix = "0000";
  EXPECT_EQ(store_->list(filter, 0, 10)->size(), 1U);
}

TEST_F(SqliteStoreTest, AnIdPrefixThatNoIdCanHaveFindsNothing) {
  insert({download(1)});
  for (const char* prefix : {"wxyz", "0123456789", "01234567-", "01234567+0000",
                             "01234567-0123-0123-0123-0123456789abc"}) {
    ListFilter filter;
    filter.id_prefix = prefix;
    EXPECT_THAT(listed(filter), IsEmpty()) << prefix;
  }
  ListFilter filter;
  filter.id_prefix = "abc";
  EXPECT_EQ(store_->list(filter, 0, 10).error().kind, ErrorKind::InvalidArgument);
}

TEST_F(SqliteStoreTest, CountsByPhase) {
  Transfer other_app = download(4, Phase::Queued);
  other_app.spec.app = "other";
  insert({download(1, Phase::Queued), download(2, Phase::Failed), other_app});
  const auto counts = store_->count();
  ASSERT_TRUE(counts);
  EXPECT_THAT(*counts, ElementsAre(0, 2, 0, 0, 0, 0, 0, 0, 0, 1));
}

TEST_F(SqliteStoreTest, ExpiredAreThoseThatEndedBefore) {
  insert({download(3, Phase::Completed), download(1, Phase::Failed), download(2, Phase::Canceled),
          download(0, Phase::Queued)});
  EXPECT_EQ(numbers_of(*store_->load_expired(at(5003), 10)), (Numbers{1, 2}));
  EXPECT_EQ(numbers_of(*store_->load_expired(at(9000), 2)), (Numbers{1, 2}));
  EXPECT_EQ(numbers_of(*store_->load_expired(at(5001), 10)), Numbers());
}

TEST_F(SqliteStoreTest, AFolderIsSweptTwiceAfterItsLastOperationEnded) {
  Transfer elsewhere = download(2, Phase::Queued);
  elsewhere.spec.target = {"/elsewhere", "", Collision::MakeUnique};
  Transfer here = download(1, Phase::Queued);
  insert({here, elsewhere});
  const std::string home = here.spec.target.folder;
  EXPECT_THAT(*store_->target_folders(), UnorderedElementsAre(home, "/elsewhere"));
  EXPECT_THAT(*store_->target_folders(), UnorderedElementsAre(home, "/elsewhere"));
  ASSERT_TRUE(store_->erase({here.id}));
  EXPECT_THAT(*store_->target_folders(), UnorderedElementsAre(home, "/elsewhere"));
  EXPECT_THAT(*store_->target_folders(), UnorderedElementsAre(home, "/elsewhere"));
  EXPECT_THAT(*store_->target_folders(), ElementsAre("/elsewhere"));
  insert({here});
  EXPECT_THAT(*store_->target_folders(), UnorderedElementsAre(home, "/elsewhere"));
}

TEST_F(SqliteStoreTest, AFolderThatIsUsedAgainIsNotForgotten) {
  Transfer here = download(1, Phase::Canceled);
  insert({here});
  EXPECT_EQ(store_->target_folders()->size(), 1U);
  insert({download(2)});
  EXPECT_EQ(store_->target_folders()->size(), 1U);
  ASSERT_TRUE(store_->erase({id_of(2)}));
  EXPECT_EQ(store_->target_folders()->size(), 1U);
  EXPECT_EQ(store_->target_folders()->size(), 1U);
  EXPECT_EQ(store_->target_folders()->size(), 0U);
}

}  // namespace
}  // namespace lh
