#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include <sqlite3.h>

#include "core/base/result.h"

namespace lh {

/// A connection to the database file of the service: looks before it touches, brings the schema up
/// to date, keeps prepared statements. One thread at a time.
class Database {
 public:
  /// See SqliteStore::open.
  [[nodiscard]] static Result<std::unique_ptr<Database>> open(const std::string& path);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Runs statements that are not worth keeping.
  [[nodiscard]] Result<void> execute(const char* sql);
  /// A statement that is ready to be bound; prepared at the first call. `sql` is known by its
  /// address.
  [[nodiscard]] int prepare(const char* sql, sqlite3_stmt** out);
  /// Whether begin … commit is under way. SQLite ends a transaction by itself after some failures.
  [[nodiscard]] bool in_transaction() const;
  /// Rows that the last statement changed.
  [[nodiscard]] std::int64_t changed_rows() const;

  /// Brings what the log holds into the file, so that the log's room can be used again; a long log
  /// is cut off. Waits for nobody, and cannot do worse than change nothing.
  void empty_log();

  /// What an SQLite result means, with advice where there is any. Kind DiskFull where the folder of
  /// the file has no room: then nothing of the transaction is left. A sync that fails for want of
  /// room is none of these, for what it has written nobody knows.
  [[nodiscard]] Error error(int code, std::string_view operation = "use the database") const;

 private:
  explicit Database(std::string path) : path_(std::move(path)) {}
  Result<void> connect();
  Result<void> check_content();
  Result<void> migrate();
  Result<void> configure();
  Result<std::int64_t> pragma(const char* sql);
  [[nodiscard]] int missing_room(int code) const;

  std::string path_;
  sqlite3* handle_ = nullptr;
  std::unordered_map<const char*, sqlite3_stmt*> statements_;
};

}  // namespace lh
