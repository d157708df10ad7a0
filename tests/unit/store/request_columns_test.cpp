#include <algorithm>
#include <cstdint>
#include <limits>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/model/web_error.h"
#include "store/sqlite_store.h"
#include "unit/store/store_support.h"

// What requests need besides headers, in the row: secret, proxy, ca_file, recoverable, body.
namespace lh {
namespace {

using test::download;
using test::full_transfer;
using test::id_of;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

/// Every field of a row has a value of its own, these five among them.
Transfer with_request_parts() {
  Transfer t = full_transfer();
  t.spec.secret = id_of(5);
  t.spec.proxy = {.http = "http://a:1",
                  .https = "socks5h://b:2",
                  .ftp = "http://[::1]:3",
                  .exceptions = ".example.org, 10.0.0.0/8"};
  t.spec.ca_file = "/etc/\u00e4 b.pem";
  t.spec.recoverable = {WebErrorStatus::Forbidden, WebErrorStatus::Timeout, WebErrorStatus::Gone};
  t.spec.body = {.file = "/home/\u00e4 b/1 2 ",
                 .is_spooled = true,
                 .stamp = {.device = 0xffffffffffffffffU,
                           .inode = 0xfffffffffffffffeU,
                           .size = 0xfffffffffffffffdU,
                           .modified_ns = -1,
                           .changed_ns = std::numeric_limits<std::int64_t>::min()},
                 .length = 0xfffffffffffffffdU};
  return t;
}

Transfer with_secret(std::uint32_t n, const SecretId& secret) {
  Transfer t = download(n);
  t.spec.secret = secret;
  return t;
}

class RequestColumns : public testing::Test {
 protected:
  void insert(const std::vector<Transfer>& transfers) {
    const auto done = store_->insert(transfers, 0);
    ASSERT_TRUE(done) << done.error().message();
  }
  [[nodiscard]] Transfer loaded(const TransferId& id) {
    auto rows = store_->load({id});
    if (!rows || rows->size() != 1) {
      ADD_FAILURE() << (rows ? "no such row" : rows.error().message());
      return {};
    }
    return rows->front();
  }
  [[nodiscard]] std::vector<SecretId> unused(const std::vector<SecretId>& secrets) {
    auto found = store_->unused_secrets(secrets);
    EXPECT_TRUE(found) << found.error().message();
    return found ? *found : std::vector<SecretId>();
  }

  std::unique_ptr<SqliteStore> store_ = test::open_store(":memory:");
};

TEST_F(RequestColumns, AreKept) {
  const Transfer transfer = with_request_parts();
  insert({transfer});
  EXPECT_EQ(loaded(transfer.id), transfer);
}

TEST_F(RequestColumns, AreReplacedByAnUpdate) {
  Transfer transfer = full_transfer();
  insert({transfer});
  transfer = with_request_parts();
  ASSERT_TRUE(store_->update(transfer));
  EXPECT_EQ(loaded(transfer.id), transfer);
  transfer = full_transfer();
  ASSERT_TRUE(store_->update(transfer));
  EXPECT_EQ(loaded(transfer.id), transfer) << "absent again";
}

TEST_F(RequestColumns, AreKeptOnTheWayThroughABatch) {
  const Transfer transfer = with_request_parts();
  ASSERT_TRUE(store_->stage(7, {transfer}));
  ASSERT_TRUE(store_->publish(7, 0).ok());
  EXPECT_EQ(loaded(transfer.id), transfer);
}

TEST_F(RequestColumns, AProxyForOneSchemeIsKeptAsThat) {
  Transfer transfer = download(1);
  transfer.spec.proxy.ftp = "http://c:3";
  insert({transfer});
  EXPECT_EQ(loaded(transfer.id).spec.proxy, transfer.spec.proxy);
}

TEST_F(RequestColumns, R57_TheBodyIsAFileOfTheUserOrACopy) {
  Transfer transfer = download(1);
  insert({transfer});
  EXPECT_EQ(loaded(transfer.id).spec.body, std::nullopt);
  for (const bool is_spooled : {true, false}) {
    transfer.spec.body = {
        .file = "/b", .is_spooled = is_spooled, .stamp = {1, 2, 3, 4, 5}, .length = 3};
    ASSERT_TRUE(store_->update(transfer));
    EXPECT_EQ(loaded(transfer.id).spec.body, transfer.spec.body);
  }
  transfer.spec.body.reset();
  ASSERT_TRUE(store_->update(transfer));
  EXPECT_EQ(loaded(transfer.id).spec.body, std::nullopt) << "absent again";
}

TEST_F(RequestColumns, R88_ALayoutIsKeptWithTheLengthOfWhatIsSent) {
  Transfer transfer = download(1);
  insert({transfer});
  for (const ByteCount length : {ByteCount{0}, ByteCount{7}, ~ByteCount{0}}) {
    transfer.spec.body = {.file = "/b",
                          .is_spooled = true,
                          .is_layout = true,
                          .stamp = {1, 2, 3, 4, 5},
                          .length = length};
    ASSERT_TRUE(store_->update(transfer));
    EXPECT_EQ(loaded(transfer.id).spec.body, transfer.spec.body);
  }
}

TEST_F(RequestColumns, R57_ThePathOfABodyHasAnyCharacters) {
  Transfer transfer = download(1);
  insert({transfer});
  for (const std::string path : {"/", "/1 2 3", "/a\nb\r\n", "/ ", "/'\"%?", "/na\xffme"}) {
    transfer.spec.body = {.file = path, .is_spooled = false, .stamp = {}};
    ASSERT_TRUE(store_->update(transfer));
    EXPECT_EQ(loaded(transfer.id).spec.body, transfer.spec.body) << path;
  }
}

TEST_F(RequestColumns, R155_EveryErrorThatHasANameIsKept) {
  Transfer transfer = download(1);
  for (int number = 0; number < 1000; ++number) {
    const auto status = static_cast<WebErrorStatus>(number);
    if (web_error_name(status) != "Unknown") transfer.spec.recoverable.push_back(status);
  }
  ASSERT_GT(transfer.spec.recoverable.size(), 50U);
  std::ranges::shuffle(transfer.spec.recoverable,
                       std::mt19937(1));  // NOLINT: the same sequence each time, on purpose
  insert({transfer});
  EXPECT_EQ(loaded(transfer.id).spec.recoverable, transfer.spec.recoverable);
}

TEST(RequestColumnsFile, ValuesThatAreNotKnownAreErrors) {
  const test::TempFolder folder;
  const std::string path = folder.file("longhaul.db");
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"secret", "x'0102'"},
      {"proxy", "'http://a:1'"},
      {"proxy", "'a' || char(10) || 'b'"},
      {"recoverable", "'403,'"},
      {"recoverable", "',403'"},
      {"recoverable", "'403,,404'"},
      {"recoverable", "'403 404'"},
      {"recoverable", "'-1'"},
      {"recoverable", "'24'"},
      {"recoverable", "'1001'"},
      {"recoverable", "'403x'"},
      {"recoverable", "'99999999999999999999'"},
      {"body", "'/body'"},
      {"body", "'1 2 3 4 5 /body'"},
      {"body", "'1 2 3 4 5 2 /body'"},
      {"body", "'1 2 3 4 5 3 /body'"},
      {"body", "'1 2 3 4 5 3 6 /body'"},
      {"body", "'1 2 3 4 5 2 6 body'"},
      {"body", "'1 2 3 4 5 2 6/body'"},
      {"body", "'1 2 3 4 5 2 x /body'"},
      {"body", "'1 2 3 4 5 2 18446744073709551616 /body'"},
      {"body", "'1 2 3 4 5 1 6 /body'"},
      {"body", "'1 2 3 4 5 x /body'"},
      {"body", "'1 2 3 4 5 1 body'"},
      {"body", "'1 2 3 4 5 1 '"},
      {"body", "'1 2 3 4 5 1'"},
      {"body", "'1 2 3 4 5 1/body'"},
      {"body", "' 1 2 3 4 5 1 /body'"},
      {"body", "'1  2 3 4 5 1 /body'"},
      {"body", "'-1 2 3 4 5 1 /body'"},
      {"body", "'18446744073709551616 2 3 4 5 1 /body'"}};
  for (const auto& [column, value] : wrong) {
    std::filesystem::remove(path);
    {
      const auto store = test::open_store(path);
      ASSERT_TRUE(store->insert({with_request_parts()}, 0));
    }
    test::run_sql(path, "UPDATE transfer SET " + column + " = " + value);
    const auto loaded = test::open_store(path)->load({with_request_parts().id});
    ASSERT_FALSE(loaded) << column << " = " << value;
    EXPECT_EQ(loaded.error().kind, ErrorKind::Store);
    EXPECT_THAT(loaded.error().message(), HasSubstr(column));
  }
}

TEST(RequestColumnsFile, OfTheSecondVersionAreAddedEmpty) {
  const test::TempFolder folder;
  const std::string path = folder.file("longhaul.db");
  Transfer kept = full_transfer();
  {
    const auto store = test::open_store(path);
    ASSERT_TRUE(store->insert({kept}, 0));
  }
  // As the second version left it.
  test::run_sql(
      path, test::kWithoutUploads +
                "DROP INDEX by_secret; ALTER TABLE transfer DROP COLUMN secret;"
                "ALTER TABLE transfer DROP COLUMN proxy; ALTER TABLE transfer DROP COLUMN ca_file;"
                "ALTER TABLE transfer DROP COLUMN recoverable;"
                "ALTER TABLE transfer DROP COLUMN body; PRAGMA user_version = 2");
  test::forget_uploads(kept);
  const auto store = test::open_store(path);
  const auto rows = store->load({kept.id});
  ASSERT_TRUE(rows) << rows.error().message();
  ASSERT_EQ(rows->size(), 1U);
  EXPECT_EQ(rows->front(), kept);
}

TEST(RequestColumnsFile, TheBodyIsAddedEmptyToTheThirdVersion) {
  const test::TempFolder folder;
  const std::string path = folder.file("longhaul.db");
  Transfer kept = with_request_parts();
  {
    const auto store = test::open_store(path);
    ASSERT_TRUE(store->insert({kept}, 0));
  }
  test::run_sql(path, test::kWithoutUploads +
                          "ALTER TABLE transfer DROP COLUMN body; PRAGMA user_version = 3");
  kept.spec.body.reset();
  test::forget_uploads(kept);
  const auto store = test::open_store(path);
  const auto rows = store->load({kept.id});
  ASSERT_TRUE(rows) << rows.error().message();
  ASSERT_EQ(rows->size(), 1U);
  EXPECT_EQ(rows->front(), kept);
}

TEST_F(RequestColumns, R57_ABodyThatAnEarlierVersionWroteIsReadAsItWas) {
  const test::TempFolder folder;
  const std::string path = folder.file("longhaul.db");
  Transfer transfer = download(1);
  for (const bool is_spooled : {false, true}) {
    std::filesystem::remove(path);
    ASSERT_TRUE(test::open_store(path)->insert({transfer}, 0));
    test::run_sql(path, std::string("UPDATE transfer SET body = '1 2 3 4 5 ") +
                            (is_spooled ? "1" : "0") + " /b'");
    const auto rows = test::open_store(path)->load({transfer.id});
    ASSERT_TRUE(rows) << rows.error().message();
    EXPECT_EQ(rows->front().spec.body,
              (RequestBody{
                  .file = "/b", .is_spooled = is_spooled, .stamp = {1, 2, 3, 4, 5}, .length = 3}));
  }
}

// --- secrets that nobody refers to ---------------------------------------------------------------

TEST_F(RequestColumns, SecretsThatNoRowNamesAreUnused) {
  insert({with_secret(1, id_of(101)), download(2)});
  EXPECT_THAT(unused({id_of(101), id_of(102), id_of(103)}),
              UnorderedElementsAre(id_of(102), id_of(103)));
}

TEST_F(RequestColumns, OfNoSecretsNoneAreUnused) {
  EXPECT_THAT(unused({}), IsEmpty());
}

TEST_F(RequestColumns, ASharedSecretIsUsedUntilTheLastHasGivenItUp) {
  std::vector<Transfer> sharing = {with_secret(1, id_of(101)), with_secret(2, id_of(101))};
  insert(sharing);
  sharing[0].spec.secret.reset();
  ASSERT_TRUE(store_->update(sharing[0]));
  EXPECT_THAT(unused({id_of(101)}), IsEmpty());
  sharing[1].spec.secret.reset();
  ASSERT_TRUE(store_->update(sharing[1]));
  EXPECT_THAT(unused({id_of(101)}), ElementsAre(id_of(101)));
}

TEST_F(RequestColumns, ASecretIsUnusedWhenItsRowIsErased) {
  insert({with_secret(1, id_of(101))});
  ASSERT_TRUE(store_->erase({id_of(1)}));
  EXPECT_THAT(unused({id_of(101)}), ElementsAre(id_of(101)));
}

TEST_F(RequestColumns, TheIdOfATransferIsNoSecret) {
  insert({with_secret(1, id_of(101))});
  EXPECT_THAT(unused({id_of(1)}), ElementsAre(id_of(1)));
}

}  // namespace
}  // namespace lh
