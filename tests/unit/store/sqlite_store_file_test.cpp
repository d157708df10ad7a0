#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/sqlite_store.h"
#include "unit/store/store_support.h"

// The store as a file: what outlives its closing, its size, who may read it, what is wrong in it.
namespace lh {
namespace {

using test::at;
using test::download;
using test::full_transfer;
using test::id_of;
using testing::HasSubstr;

TEST(SqliteStoreFile, SurvivesClosing) {
  const test::TempFolder folder;
  const std::string path = folder.file("longhaul.db");
  const Transfer transfer = full_transfer();
  {
    const auto store = test::open_store(path);
    ASSERT_TRUE(store->insert({transfer, download(5, Phase::Queued)}, 0));
  }
  const auto store = test::open_store(path);
  EXPECT_EQ(store->load({transfer.id})->front(), transfer);
  EXPECT_EQ(*store->last_queue_position(), 6U);
}

TEST(SqliteStoreFile, TheLastQueuePositionOutlivesTheOperationThatHadIt) {
  const test::TempFolder folder;
  const std::string path = folder.file("longhaul.db");
  {
    const auto store = test::open_store(path);
    EXPECT_EQ(*store->last_queue_position(), 0U);
    ASSERT_TRUE(store->begin());
    ASSERT_TRUE(store->insert({download(41, Phase::Queued), download(1)}, 0));
    ASSERT_TRUE(store->commit());
    Transfer started = download(1, Phase::Queued);
    started.state.queue_position = 99;
    ASSERT_TRUE(store->update(started));
    ASSERT_TRUE(store->erase({id_of(41), id_of(1)}));
  }
  EXPECT_EQ(*test::open_store(path)->last_queue_position(), 99U);
}

TEST(SqliteStoreFile, IsForItsOwnerAlone) {
  const test::TempFolder folder;
  const std::string path = folder.file("longhaul.db");
  const auto store = test::open_store(path);
  ASSERT_TRUE(store->insert({download(1)}, 0));
  for (const char* suffix : {"", "-wal"}) {
    EXPECT_EQ(std::filesystem::status(path + suffix).permissions(), std::filesystem::perms(0600));
  }
}

TEST(SqliteStoreFile, ShrinksWhenALongListIsForgotten) {
  const test::TempFolder folder;
  const std::string path = folder.file("longhaul.db");
  std::vector<TransferId> ids;
  {
    const auto store = test::open_store(path);
    std::vector<Transfer> transfers;
    for (std::uint32_t n = 0; n < 20'000; ++n) {
      transfers.push_back(download(n));
      transfers.back().spec.uri.append(500, 'x');
      ids.push_back(id_of(n));
    }
    ASSERT_TRUE(store->insert(transfers, 0));
  }
  const auto full_size = std::filesystem::file_size(path);
  {
    const auto store = test::open_store(path);
    for (std::size_t n = 0; n < ids.size(); n += 500) {
      ASSERT_TRUE(store->begin());
      ASSERT_TRUE(store->erase({ids.begin() + static_cast<std::ptrdiff_t>(n),
                                ids.begin() + static_cast<std::ptrdiff_t>(n + 500)}));
      ASSERT_TRUE(store->commit());
    }
  }
  EXPECT_LT(std::filesystem::file_size(path), full_size / 2);
}

TEST(SqliteStoreFile, ValuesThatAreNotKnownAreErrors) {
  const test::TempFolder folder;
  const std::string path = folder.file("longhaul.db");
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"kind", "2"},
      {"collision", "2"},
      {"priority", "3"},
      {"cost_policy", "-1"},
      {"phase", "10"},
      {"validator_kind", "6"},
      {"error_kind", "99"},
      {"error_status", "1234"},
      {"attempts", "-1"},
      {"attempts", "4294967296"},
      {"restarts", "-1"},
      {"keep_when_ended", "7"},
      {"stored", "'1+'"},
      {"stored", "'5+5,3+1'"},
      {"stored", "'0+0'"},
      {"stored", "'1+1x'"},
      {"stored", "'18446744073709551615+2'"},
      {"request_headers", "'no colon'"},
      {"response_headers", "'A: b'"}};
  for (const auto& [column, value] : wrong) {
    std::filesystem::remove(path);
    {
      const auto store = test::open_store(path);
      ASSERT_TRUE(store->insert({full_transfer()}, 0));
    }
    test::run_sql(path, "UPDATE transfer SET " + column + " = " + value);
    const auto loaded = test::open_store(path)->load({full_transfer().id});
    ASSERT_FALSE(loaded) << column << " = " << value;
    EXPECT_EQ(loaded.error().kind, ErrorKind::Store);
    EXPECT_THAT(loaded.error().message(), HasSubstr(column));
    EXPECT_THAT(loaded.error().message(), HasSubstr(full_transfer().id.to_string()));
  }
}

TEST(SqliteStoreFile, NothingOfABatchIsThereWhereOneInsertionFails) {
  const test::TempFolder folder;
  const std::string path = folder.file("longhaul.db");
  const auto store = test::open_store(path);
  ASSERT_TRUE(store->stage(7, {download(0), download(1), download(2)}));
  // Fails the statement, and leaves the transaction as it is.
  test::run_sql(path,
                "CREATE TRIGGER fault BEFORE INSERT ON transfer WHEN NEW.uri LIKE '%-1'"
                " BEGIN SELECT RAISE(FAIL, 'the disk is odd'); END");
  ASSERT_TRUE(store->begin());
  EXPECT_FALSE(store->publish(7, 0).ok());
  ASSERT_TRUE(store->commit());
  EXPECT_TRUE(store->load({id_of(0), id_of(1), id_of(2)})->empty());
}

TEST(SqliteStoreFile, ABatchThatIsPutTogetherTakesNoRoomBesideTheOthers) {
  const test::TempFolder folder;
  const std::string path = folder.file("longhaul.db");
  const auto store = test::open_store(path);
  ASSERT_TRUE(store->insert({download(0)}, 0));
  const auto room = [&path] {
    return std::filesystem::file_size(path) + std::filesystem::file_size(path + "-wal");
  };
  const auto before = room();
  std::vector<Transfer> many;
  for (std::uint32_t n = 1; n < 2000; ++n) many.push_back(download(n));
  ASSERT_TRUE(store->stage(7, many));
  EXPECT_EQ(room(), before);
  ASSERT_TRUE(store->drop(7));
  EXPECT_EQ(room(), before);
}

TEST(SqliteStoreFile, ABatchThatWasNotPublishedIsGoneAtTheNextStart) {
  const test::TempFolder folder;
  const std::string path = folder.file("longhaul.db");
  ASSERT_TRUE(test::open_store(path)->stage(7, {download(0)}));
  EXPECT_TRUE(test::open_store(path)->publish(7, 0)->ids.empty());
}

}  // namespace
}  // namespace lh
