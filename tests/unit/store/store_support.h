#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "core/model/transfer.h"
#include "store/sqlite_store.h"

namespace lh::test {

/// Takes away what the fifth version has brought.
inline const std::string kWithoutUploads =
    "ALTER TABLE transfer DROP COLUMN served_by; ALTER TABLE transfer DROP COLUMN upload;"
    "ALTER TABLE transfer DROP COLUMN upload_restarts;"
    "ALTER TABLE transfer DROP COLUMN upload_wish;"
    "ALTER TABLE transfer DROP COLUMN sent; ALTER TABLE transfer DROP COLUMN send_total;"
    "ALTER TABLE transfer DROP COLUMN request_open;";

/// As an earlier version has left it.
inline void forget_uploads(Transfer& transfer) {
  transfer.state.served_by.clear();
  transfer.state.sent = 0;
  transfer.state.send_total.reset();
  transfer.state.upload.reset();
  transfer.state.upload_restarts = 0;
  transfer.spec.upload_wish = UploadWish::Automatic;
  transfer.state.request_open = false;
}

inline TimePoint at(std::int64_t ms) {
  return TimePoint(Duration(ms));
}

/// The n-th id; ids of different n differ in their first bytes.
inline TransferId id_of(std::uint32_t n) {
  Guid::Bytes bytes{};
  std::uint64_t mixed = (n + 1) * 0x9e3779b97f4a7c15U;
  for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<std::uint8_t>(mixed >> (8 * i));
  for (std::size_t i = 0; i < 4; ++i) bytes[12 + i] = static_cast<std::uint8_t>(n >> (8 * i));
  return Guid(bytes);
}

/// A small download number `n`, into a file of its own.
inline Transfer download(std::uint32_t n, Phase phase = Phase::Created) {
  Transfer transfer;
  transfer.id = id_of(n);
  transfer.spec.app = "org.example.app";
  transfer.spec.uri = "http://host/file-" + std::to_string(n);
  transfer.spec.origin = "http://host:80";
  transfer.spec.target = {"/home/ann/downloads", "file-" + std::to_string(n), Collision::Replace};
  transfer.state.phase = phase;
  transfer.state.created = at(1000 + n);
  transfer.state.phase_since = at(1000 + n);
  if (phase == Phase::Queued) transfer.state.queue_position = n + 1;
  if (is_final(phase)) transfer.state.ended = at(5000 + n);
  return transfer;
}

/// Every field has a value of its own.
inline Transfer full_transfer() {
  Transfer t;
  t.id = id_of(77);
  t.spec.kind = TransferKind::Upload;
  t.spec.app = "org.example.full";
  t.spec.uri = "https://b\u00fccher.example/a?b=c";
  t.spec.origin = "https://xn--bcher-kva.example:443";
  t.spec.method = "PROPFIND";
  t.spec.headers = {{"X-One", "1: 2"}, {"X-Two", ""}, {"x-one", "odd \x01\xff bytes"}};
  t.spec.target = {"/data/\u00e4 b", "na\xffme", Collision::MakeUnique};
  t.spec.group = "a group";
  t.spec.priority = BackgroundTransferPriority::Low;
  t.spec.cost_policy = BackgroundTransferCostPolicy::Always;
  t.spec.checksum = Checksum{"sha256", "00ff"};
  t.spec.keep_when_ended = true;
  t.state.phase = Phase::Finishing;
  t.state.phase_since = at(1);
  t.state.created = at(2);
  t.state.started = at(3);
  t.state.ended = at(4);
  t.state.wake_at = at(-5);
  t.state.queue_position = 6;
  t.state.attempts = 7;
  t.state.failures_in_row = 8;
  t.state.range_refusals = 4'000'000'000;
  t.state.high_water = 10;
  t.state.stored.add(0, 100);
  t.state.stored.add(200, 50);
  t.state.boot_id = "boot";
  t.state.total = 0xffffffffffffffffU;
  t.state.validator = {Validator::Kind::StrongEtag, "\"tag\""};
  t.state.served_digest = Checksum{"sha256", "served"};
  t.state.response = ResponseHead{206, "https://cdn.example/a", {{"ETag", "\"tag\""}}};
  t.state.file_name = "known name";
  t.state.bytes_needed = 12;
  t.state.restarts = 3;
  t.state.has_response_changed = true;
  t.state.error =
      TransferError{hr::kCrc, WebErrorStatus::NotFound, ErrorKind::Checksum, 404, "a message"};
  t.state.commit = CommitIntent{0xfffffffffffffffeU, 14, 15};
  t.state.served_by = "https://mirror:443";
  t.state.sent = 16;
  t.spec.upload_wish = UploadWish::Tus;
  t.state.upload_restarts = 18;
  t.state.upload = UploadResource{.protocol = UploadProtocol::Draft,
                                  .uri = "https://mirror/up load",
                                  .offset = 19,
                                  .version = 8,
                                  .max_append_size = 20,
                                  .min_append_size = {},
                                  .max_size = 22,
                                  .expires = at(23),
                                  .refused_with = 500};
  t.state.send_total = 17;
  t.state.request_open = true;
  return t;
}

inline std::string read_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_bytes(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

/// A folder of the test's own, removed at its end.
class TempFolder {
 public:
  TempFolder() {
    std::string pattern = testing::TempDir() + "longhaul-store-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    path_ = pattern;
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }
  /// Names and contents of all files.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> snapshot() const {
    std::vector<std::pair<std::string, std::string>> files;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
      files.emplace_back(entry.path().filename(), read_bytes(entry.path()));
    }
    std::sort(files.begin(), files.end());
    return files;
  }

 private:
  std::string path_;
};

inline std::unique_ptr<SqliteStore> open_store(const std::string& path) {
  auto store = SqliteStore::open(path);
  if (!store) {
    ADD_FAILURE() << store.error().message();
    std::abort();
  }
  return std::move(store).value();
}

/// Opens a file with plain SQLite and runs statements.
inline void run_sql(const std::string& path, const std::string& sql) {
  sqlite3* handle = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &handle), SQLITE_OK);
  char* message = nullptr;
  EXPECT_EQ(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, &message), SQLITE_OK)
      << (message == nullptr ? "" : message);
  sqlite3_free(message);
  sqlite3_close(handle);
}

template <typename T>
std::vector<std::uint32_t> numbers_of(const std::vector<T>& transfers) {
  std::vector<std::uint32_t> numbers;
  for (const auto& item : transfers) {
    const Guid* id = nullptr;
    if constexpr (std::is_same_v<T, ListedTransfer>) {
      id = &item.transfer.id;
    } else if constexpr (std::is_same_v<T, Transfer>) {
      id = &item.id;
    } else {
      id = &item;
    }
    const auto& bytes = id->bytes();
    numbers.push_back(static_cast<std::uint32_t>(bytes[12]) |
                      static_cast<std::uint32_t>(bytes[13]) << 8U |
                      static_cast<std::uint32_t>(bytes[14]) << 16U);
  }
  return numbers;
}

}  // namespace lh::test
