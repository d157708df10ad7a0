#include "store/database.h"

#include <signal.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <random>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/migrations.h"
#include "unit/store/store_support.h"

namespace lh {
namespace {

using test::download;
using testing::HasSubstr;

/// A closed, healthy database with some operations.
void make_database(const std::string& path, std::uint32_t count = 200) {
  const auto store = test::open_store(path);
  std::vector<Transfer> transfers;
  for (std::uint32_t n = 0; n < count; ++n) transfers.push_back(download(n, Phase::Queued));
  ASSERT_TRUE(store->insert(transfers, 0));
}

class DatabaseTest : public testing::Test {
 protected:
  void expect_refused_untouched(const std::string& word) {
    const auto before = folder_.snapshot();
    const auto store = SqliteStore::open(path_);
    ASSERT_FALSE(store) << word;
    EXPECT_EQ(store.error().kind, ErrorKind::Store);
    EXPECT_EQ(store.error().subject, path_);
    EXPECT_THAT(store.error().message(), HasSubstr(word));
    EXPECT_THAT(store.error().message(), HasSubstr("move the file away"));
    EXPECT_EQ(folder_.snapshot(), before);
  }
  void patch(std::size_t offset, const std::string& bytes) {
    std::string content = test::read_bytes(path_);
    ASSERT_LE(offset + bytes.size(), content.size());
    content.replace(offset, bytes.size(), bytes);
    test::write_bytes(path_, content);
  }

  test::TempFolder folder_;
  std::string path_ = folder_.file("longhaul.db");
};

TEST_F(DatabaseTest, ANewFileHasTheSettingsThatDurabilityNeeds) {
  make_database(path_);
  auto database = Database::open(path_);
  ASSERT_TRUE(database);
  std::string values;
  for (const char* pragma : {"PRAGMA journal_mode", "PRAGMA synchronous", "PRAGMA auto_vacuum",
                             "PRAGMA user_version", "PRAGMA application_id"}) {
    sqlite3_stmt* statement = nullptr;
    ASSERT_EQ((*database)->prepare(pragma, &statement), SQLITE_OK);
    ASSERT_EQ(sqlite3_step(statement), SQLITE_ROW);
    values += reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));  // NOLINT
    values += ' ';
    sqlite3_reset(statement);
  }
  EXPECT_EQ(values, "wal 2 2 " + std::to_string(kSchemaVersion) + " 1279803733 ");
}

TEST_F(DatabaseTest, AnEmptyFileBecomesADatabase) {
  test::write_bytes(path_, "");
  EXPECT_TRUE(SqliteStore::open(path_));
}

TEST_F(DatabaseTest, ACreationThatWasCutOffIsDoneAgain) {
  // What is left of one: some pages, and the journal that says the file was empty.
  sqlite3* handle = nullptr;
  ASSERT_EQ(sqlite3_open(path_.c_str(), &handle), SQLITE_OK);
  ASSERT_EQ(
      sqlite3_exec(handle,
                   "PRAGMA cache_size = 1; BEGIN; CREATE TABLE t (x);"
                   "INSERT INTO t SELECT zeroblob(3000) FROM (VALUES (1),(2),(3),(4),(5),(6));",
                   nullptr, nullptr, nullptr),
      SQLITE_OK);
  sqlite3_db_cacheflush(handle);
  const std::string pages = test::read_bytes(path_);
  const std::string journal = test::read_bytes(path_ + "-journal");
  sqlite3_close(handle);
  ASSERT_FALSE(pages.empty());
  ASSERT_FALSE(journal.empty());
  test::write_bytes(path_, pages);
  test::write_bytes(path_ + "-journal", journal);
  const auto store = SqliteStore::open(path_);
  ASSERT_TRUE(store) << store.error().message();
  EXPECT_TRUE((*store)->insert({download(1)}, 0));
}

TEST_F(DatabaseTest, AFileThatIsNoDatabaseIsRefusedUntouched) {
  test::write_bytes(path_, "short");
  expect_refused_untouched("not a database of longhaul");
  test::write_bytes(path_, std::string(10'000, 'x'));
  expect_refused_untouched("not a database of longhaul");
}

TEST_F(DatabaseTest, ADatabaseOfAnotherProgramIsRefusedUntouched) {
  test::run_sql(path_,
                "PRAGMA journal_mode = WAL; CREATE TABLE bookmarks (url); "
                "INSERT INTO bookmarks VALUES ('x');");
  expect_refused_untouched("not a database of longhaul");
  test::run_sql(path_, "PRAGMA application_id = 252006675");
  expect_refused_untouched("not a database of longhaul");
}

TEST_F(DatabaseTest, ANewerSchemaIsRefusedUntouched) {
  make_database(path_);
  test::run_sql(path_, "PRAGMA user_version = " + std::to_string(kSchemaVersion + 1));
  expect_refused_untouched("newer version of longhaul");
}

TEST_F(DatabaseTest, ANewerSchemaThatOnlyTheLogKnowsIsRefusedUntouched) {
  make_database(path_);
  sqlite3* handle = nullptr;
  ASSERT_EQ(sqlite3_open(path_.c_str(), &handle), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(handle, "PRAGMA user_version = 77", nullptr, nullptr, nullptr), SQLITE_OK);
  const std::string log = test::read_bytes(path_ + "-wal");
  const std::string main_file = test::read_bytes(path_);
  sqlite3_close(handle);
  ASSERT_FALSE(log.empty());
  test::write_bytes(path_, main_file);
  test::write_bytes(path_ + "-wal", log);
  expect_refused_untouched("its schema is 77");
}

TEST_F(DatabaseTest, ATruncatedFileIsRefusedUntouched) {
  make_database(path_);
  const std::string content = test::read_bytes(path_);
  for (const std::size_t pages : {1U, 3U, 7U}) {
    test::write_bytes(path_, content.substr(0, pages * 4096));
    expect_refused_untouched("damaged");
  }
}

TEST_F(DatabaseTest, ADamagedFileIsRefusedUntouched) {
  make_database(path_);
  const std::string content = test::read_bytes(path_);
  int refused = 0;
  for (std::size_t page = 1; page * 4096 < content.size(); page += 5) {
    test::write_bytes(path_, content);
    patch(page * 4096, std::string(512, '\x5a'));
    const auto before = folder_.snapshot();
    const auto store = SqliteStore::open(path_);
    if (store) continue;  // a page of the page map, or a free one
    ++refused;
    EXPECT_THAT(store.error().message(), HasSubstr("damaged"));
    EXPECT_EQ(folder_.snapshot(), before);
  }
  EXPECT_GT(refused, 3);
}

TEST_F(DatabaseTest, DamageThatIsFoundLaterIsSaidInWords) {
  make_database(path_, 20'000);  // too large to be checked at the start
  const std::string content = test::read_bytes(path_);
  ASSERT_GT(content.size(), 4U * 1024 * 1024);
  patch(content.size() / 4 & ~std::size_t{4095}, std::string(content.size() / 2, '\x5a'));
  auto store = SqliteStore::open(path_);
  ASSERT_TRUE(store) << store.error().message();
  const auto rows = (*store)->list({}, 0, 20'000);
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().kind, ErrorKind::Store);
  EXPECT_THAT(rows.error().message(), HasSubstr("is damaged"));
  EXPECT_THAT(rows.error().message(), HasSubstr(path_));
}

TEST_F(DatabaseTest, RandomDamageNeverDoesWorseThanAnError) {
  make_database(path_);
  const std::string content = test::read_bytes(path_);
  std::mt19937 random(3);  // NOLINT: the same sequence each time, on purpose
  for (int round = 0; round < 60; ++round) {
    std::string damaged = content;
    for (int i = 0; i < 20; ++i) {
      damaged[random() % damaged.size()] = static_cast<char>(random() & 0xffU);
    }
    test::write_bytes(path_, damaged);
    std::filesystem::remove(path_ + "-wal");
    std::filesystem::remove(path_ + "-shm");
    const auto store = SqliteStore::open(path_);
    if (!store) {
      EXPECT_FALSE(store.error().message().empty());
      continue;
    }
    const auto rows = (*store)->list({}, 0, 1000);
    [[maybe_unused]] const auto queue = (*store)->load_queue({0, 0}, {"http://host:80"}, 10);
    [[maybe_unused]] const auto done = (*store)->update(download(5, Phase::Failed));
  }
}

TEST_F(DatabaseTest, AFolderOrAMissingFolderIsNamed) {
  const auto folder = SqliteStore::open(folder_.file(""));
  ASSERT_FALSE(folder);
  const auto missing = SqliteStore::open(folder_.file("none/longhaul.db"));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::File);
  EXPECT_THAT(missing.error().message(), HasSubstr("none/longhaul.db"));
}

TEST_F(DatabaseTest, AFileOfTheFirstVersionIsMigratedWithItsOperations) {
  const Transfer kept = download(5, Phase::Queued);
  make_database(path_, 10);
  // As the first version left it.
  test::run_sql(
      path_, test::kWithoutUploads +
                 "DROP INDEX by_secret; ALTER TABLE transfer DROP COLUMN secret;"
                 "ALTER TABLE transfer DROP COLUMN proxy; ALTER TABLE transfer DROP COLUMN ca_file;"
                 "ALTER TABLE transfer DROP COLUMN recoverable;"
                 "ALTER TABLE transfer DROP COLUMN body;"
                 "ALTER TABLE transfer DROP COLUMN served_algorithm;"
                 "ALTER TABLE transfer DROP COLUMN served_hex; PRAGMA user_version = 1");
  const auto store = test::open_store(path_);
  const auto rows = store->load({kept.id});
  ASSERT_TRUE(rows) << rows.error().message();
  ASSERT_EQ(rows->size(), 1U);
  EXPECT_EQ(rows->front(), kept);
  Transfer changed = kept;
  changed.state.served_digest = Checksum{"sha256", "ab"};
  ASSERT_TRUE(store->update(changed));
  EXPECT_EQ(store->load({kept.id})->front(), changed);
}

TEST_F(DatabaseTest, AnotherSchemaUnderOurMarkIsAnErrorNotACrash) {
  test::run_sql(path_,
                "PRAGMA application_id = 1279803733; PRAGMA user_version = 1;"
                "CREATE TABLE transfer (sequence INTEGER PRIMARY KEY)");
  EXPECT_FALSE(SqliteStore::open(path_));
}

// --- Crashes

std::string batch_name(std::uint32_t batch) {
  return "batch-" + std::to_string(batch);
}

constexpr std::uint32_t kPerBatch = 40;

std::vector<Transfer> batch_of(std::uint32_t batch) {
  std::vector<Transfer> transfers;
  for (std::uint32_t i = 0; i < kPerBatch; ++i) {
    transfers.push_back(download(batch * kPerBatch + i, Phase::Queued));
    transfers.back().spec.group = batch_name(batch);
  }
  return transfers;
}

/// How many batches are there, if they are all whole and the first ones; else nothing.
std::optional<std::uint32_t> whole_batches(SqliteStore& store) {
  const auto rows = store.list({}, 0, 1'000'000);
  if (!rows) return std::nullopt;
  const auto count = static_cast<std::uint32_t>(rows->size());
  if (count % kPerBatch != 0) return std::nullopt;
  for (std::uint32_t i = 0; i < count; ++i) {
    if ((*rows)[i].transfer.spec.group != batch_name(i / kPerBatch)) return std::nullopt;
  }
  return count / kPerBatch;
}

/// Stores batch after batch and tells of each through `pipe`, until it is killed.
[[noreturn]] void store_until_killed(const std::string& path, int pipe) {
  auto store = SqliteStore::open(path);
  if (!store) ::_exit(1);
  for (std::uint32_t batch = 0;; ++batch) {
    const bool stored =
        (*store)->begin() && (*store)->insert(batch_of(batch), 0) && (*store)->commit();
    const char told = 1;
    if (!stored || ::write(pipe, &told, 1) != 1) ::_exit(1);
  }
}

TEST_F(DatabaseTest, KilledAtAnyMomentEachBatchIsThereWholeOrNotAtAll) {
  std::mt19937 random(std::random_device{}());
  for (int round = 0; round < 8; ++round) {
    const std::string path = folder_.file("killed-" + std::to_string(round));
    int ends[2] = {-1, -1};
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) store_until_killed(path, ends[1]);
    ::close(ends[1]);
    std::uint32_t told = 0;
    const auto enough = static_cast<std::uint32_t>(1 + random() % 20);
    char byte = 0;
    while (told < enough && ::read(ends[0], &byte, 1) == 1) ++told;
    for (auto spin = random() % 200'000; spin > 0; --spin) {
      std::atomic_signal_fence(std::memory_order_seq_cst);
    }
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    while (::read(ends[0], &byte, 1) == 1) ++told;
    ::close(ends[0]);

    const auto store = test::open_store(path);
    const auto there = whole_batches(*store);
    ASSERT_TRUE(there);
    EXPECT_GE(*there, told);
    EXPECT_LE(*there, told + 1);
  }
}

TEST_F(DatabaseTest, ALogCutOffAnywhereLeavesTheFirstCommits) {
  constexpr std::uint32_t kBatches = 12;
  std::string main_file;
  std::string log;
  {
    const auto store = test::open_store(path_);
    for (std::uint32_t batch = 0; batch < kBatches; ++batch) {
      ASSERT_TRUE(store->begin());
      ASSERT_TRUE(store->insert(batch_of(batch), 0));
      ASSERT_TRUE(store->commit());
    }
    main_file = test::read_bytes(path_);
    log = test::read_bytes(path_ + "-wal");
  }
  ASSERT_GT(log.size(), kBatches * 4096U);
  std::mt19937 random(9);  // NOLINT: the same sequence each time, on purpose
  std::set<std::uint32_t> seen;
  std::vector<std::size_t> lengths = {0, 1, 31, 32, log.size() - 1, log.size()};
  for (int i = 0; i < 60; ++i) lengths.push_back(random() % log.size());
  const std::string copy = folder_.file("copy");
  std::vector<std::pair<std::size_t, std::uint32_t>> found;
  for (const std::size_t length : lengths) {
    std::string cut = log.substr(0, length);
    // What a power cut leaves of the last block may be anything.
    for (std::size_t i = cut.size() - std::min<std::size_t>(cut.size(), 100); i < cut.size(); ++i) {
      if (length != log.size()) cut[i] = static_cast<char>(random() & 0xffU);
    }
    std::filesystem::remove(copy + "-shm");
    test::write_bytes(copy, main_file);
    test::write_bytes(copy + "-wal", cut);
    const auto store = test::open_store(copy);
    const auto there = whole_batches(*store);
    ASSERT_TRUE(there) << length;
    found.emplace_back(length, *there);
    seen.insert(*there);
    EXPECT_TRUE(store->insert({download(900'000)}, 0)) << "usable afterwards";
  }
  std::sort(found.begin(), found.end());
  for (std::size_t i = 1; i < found.size(); ++i) EXPECT_LE(found[i - 1].second, found[i].second);
  EXPECT_EQ(found.back().second, kBatches);
  EXPECT_GT(seen.size(), 5U);
}

}  // namespace
}  // namespace lh
