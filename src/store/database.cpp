#include "store/database.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <optional>

#include "platform/unique_fd.h"
#include "store/migrations.h"

namespace lh {
namespace {

/// Marks a file as ours (PRAGMA application_id): "LHAU".
constexpr std::uint32_t kApplicationId = 0x4c484155;
constexpr const char* kSetApplicationId = "PRAGMA application_id = 0x4c484155";
/// Checking every page at each start is worth it while it takes a few milliseconds. A large file
/// would cost the second that a start may take, and gains little: SQLite's log survives crashes,
/// and damage by other hands is noticed when its page is read.
constexpr std::int64_t kCheckUpTo = 4 * 1024 * 1024;

/// Somebody may look at the file with the sqlite3 program.
constexpr int kBusyTimeoutMs = 5000;
/// A longer log is not kept, where room is scarce, for the writes to come.
constexpr std::uintmax_t kLogKept = 1024 * 1024;

constexpr std::string_view kMemory = ":memory:";
constexpr std::string_view kStartAfresh =
    "move the file away to start with an empty list of transfers";

Error refused(const std::string& path, int code, std::string detail) {
  return {ErrorKind::Store, code, "open the database", path, std::move(detail)};
}

Error not_ours(const std::string& path) {
  return refused(path, SQLITE_NOTADB,
                 "it is not a database of longhaul; " + std::string(kStartAfresh));
}

Error too_new(const std::string& path, std::int64_t version) {
  return refused(path, SQLITE_SCHEMA,
                 "it was written by a newer version of longhaul (its schema is " +
                     std::to_string(version) + ", this version knows up to " +
                     std::to_string(kSchemaVersion) + "); install that version, or " +
                     std::string(kStartAfresh));
}

std::string damaged(const std::string& path, std::string_view how) {
  return "it is damaged (" + std::string(how) + "); " + std::string(kStartAfresh) +
         ", or try: sqlite3 '" + path + "' .recover";
}

std::uint32_t big_endian(const unsigned char* bytes) {
  return static_cast<std::uint32_t>(bytes[0]) << 24U | static_cast<std::uint32_t>(bytes[1]) << 16U |
         static_cast<std::uint32_t>(bytes[2]) << 8U | bytes[3];
}

bool exists(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

/// Reads the file's header without SQLite, which would leave files of its own beside a foreign
/// database. Creates a file that is missing, for its owner alone.
Result<void> look_at_file(const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600));
  if (!file) return file_error(errno, "open the database", path);
  struct ::stat info{};
  if (::fstat(file.get(), &info) != 0) return file_error(errno, "open the database", path);
  if (!S_ISREG(info.st_mode)) return refused(path, 0, "it is not a regular file");
  // Empty: new. With a journal beside it: a creation was cut off, and SQLite takes it back.
  if (info.st_size == 0 || exists(path + "-journal")) return {};

  constexpr std::string_view kMagic("SQLite format 3\0", 16);
  std::array<unsigned char, 100> header{};
  const ssize_t got = ::pread(file.get(), header.data(), header.size(), 0);
  if (got < 0) return file_error(errno, "read the database", path);
  if (got < static_cast<ssize_t>(header.size()) ||
      std::memcmp(header.data(), kMagic.data(), kMagic.size()) != 0) {
    return not_ours(path);
  }
  const std::uint32_t version = big_endian(&header[60]);
  const std::uint32_t application = big_endian(&header[68]);
  // One page, and never a table: a creation was cut off between its settings and its schema.
  const bool is_blank = application == 0 && version == 0 && big_endian(&header[28]) == 1 &&
                        big_endian(&header[40]) == 0;
  if (is_blank) return {};
  if (application != kApplicationId) return not_ours(path);
  if (version > kSchemaVersion) return too_new(path, version);
  return {};
}

std::uintmax_t file_size(const std::string& path) {
  struct ::stat info{};
  return ::stat(path.c_str(), &info) == 0 ? static_cast<std::uintmax_t>(info.st_size) : 0;
}

/// Removes what SQLite created beside a database that is then refused.
class SideFiles {
 public:
  explicit SideFiles(const std::string& path)
      : log_(path + "-wal"),
        index_(path + "-shm"),
        had_log_(exists(log_)),
        had_index_(exists(index_)) {}

  void remove_new() const {
    struct ::stat info{};
    const bool empty_log = ::stat(log_.c_str(), &info) == 0 && info.st_size == 0;
    if (!had_log_ && empty_log) ::unlink(log_.c_str());
    if (!had_index_) ::unlink(index_.c_str());
  }

 private:
  std::string log_;
  std::string index_;
  bool had_log_;
  bool had_index_;
};

}  // namespace

Result<std::unique_ptr<Database>> Database::open(const std::string& path) {
  if (path != kMemory) {
    if (auto looked = look_at_file(path); !looked) return std::move(looked).error();
  }
  const SideFiles side_files(path);
  std::unique_ptr<Database> database(new Database(path));
  auto opened = database->connect();
  if (opened) opened = database->check_content();
  if (!opened) {
    database.reset();
    side_files.remove_new();
    return std::move(opened).error();
  }
  if (auto migrated = database->migrate(); !migrated) return std::move(migrated).error();
  if (auto configured = database->configure(); !configured) return std::move(configured).error();
  return database;
}

Database::~Database() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close(handle_);
}

Result<void> Database::connect() {
  constexpr int kFlags =
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const int code = sqlite3_open_v2(path_.c_str(), &handle_, kFlags, nullptr);
  if (code != SQLITE_OK) return error(code, "open the database");
  sqlite3_busy_timeout(handle_, kBusyTimeoutMs);
  // Until the content is accepted, closing it again must change nothing.
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  return {};
}

Result<void> Database::check_content() {
  const auto objects = pragma("SELECT count(*) FROM sqlite_schema");
  if (!objects) return objects.error();
  const auto application = pragma("PRAGMA application_id");
  if (!application) return application.error();
  const auto version = pragma("PRAGMA user_version");
  if (!version) return version.error();
  if (*objects == 0 && *application == 0 && *version == 0) return {};  // new
  if (*application != kApplicationId || *version < 1) return not_ours(path_);
  // The newest version may be in the log only.
  if (*version > kSchemaVersion) return too_new(path_, *version);

  const auto pages = pragma("PRAGMA page_count");
  const auto page_size = pragma("PRAGMA page_size");
  if (!pages || !page_size) return pages ? page_size.error() : pages.error();
  if (*pages * *page_size > kCheckUpTo) return {};
  std::string verdict;
  const auto remember = [](void* out, int, char** values, char**) {
    *static_cast<std::string*>(out) = values[0] == nullptr ? "" : values[0];
    return 0;
  };
  const int code = sqlite3_exec(handle_, "PRAGMA quick_check(1)", remember, &verdict, nullptr);
  if (code != SQLITE_OK) return error(code, "check the database");
  if (verdict != "ok") return refused(path_, SQLITE_CORRUPT, damaged(path_, verdict));
  return {};
}

Result<void> Database::migrate() {
  const auto version = pragma("PRAGMA user_version");
  if (!version) return version.error();
  if (*version == kSchemaVersion) return {};
  if (*version == 0) {
    // The file shrinks again when a long list has been forgotten. Only a new file can learn this.
    if (auto done = execute("PRAGMA page_size = 4096; PRAGMA auto_vacuum = INCREMENTAL"); !done) {
      return done;
    }
  }
  if (auto begun = execute("BEGIN IMMEDIATE"); !begun) return begun;
  for (auto step = static_cast<std::size_t>(*version); step < kMigrations.size(); ++step) {
    if (auto done = execute(kMigrations[step]); !done) {
      sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
      return done;
    }
  }
  const std::string stamp = "PRAGMA user_version = " + std::to_string(kSchemaVersion);
  auto done = execute(kSetApplicationId);
  if (done) done = execute(stamp.c_str());
  if (done) done = execute("COMMIT");
  if (!done) sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
  return done;
}

Result<void> Database::configure() {
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
  // FULL: a commit is on disk when it returns. The page cache is the largest part of what the store
  // needs in memory; the log is cut down after a burst.
  return execute(
      "PRAGMA journal_mode = WAL;"
      "PRAGMA synchronous = FULL;"
      "PRAGMA foreign_keys = ON;"
      "PRAGMA cache_size = -2048;"
      "PRAGMA mmap_size = 0;"
      "PRAGMA wal_autocheckpoint = 4000;"
      "PRAGMA journal_size_limit = 16777216");
}

Result<std::int64_t> Database::pragma(const char* sql) {
  sqlite3_stmt* statement = nullptr;
  int code = sqlite3_prepare_v2(handle_, sql, -1, &statement, nullptr);
  std::int64_t value = 0;
  if (code == SQLITE_OK) {
    code = sqlite3_step(statement);
    if (code == SQLITE_ROW) value = sqlite3_column_int64(statement, 0);
  }
  Result<std::int64_t> result = value;
  if (code != SQLITE_ROW && code != SQLITE_DONE) result = error(code, "open the database");
  sqlite3_finalize(statement);
  return result;
}

Result<void> Database::execute(const char* sql) {
  const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return error(code);
  return {};
}

int Database::prepare(const char* sql, sqlite3_stmt** out) {
  const auto known = statements_.find(sql);
  if (known != statements_.end()) {
    *out = known->second;
    return SQLITE_OK;
  }
  const int code = sqlite3_prepare_v3(handle_, sql, -1, SQLITE_PREPARE_PERSISTENT, out, nullptr);
  if (code == SQLITE_OK) statements_.emplace(sql, *out);
  return code;
}

void Database::empty_log() {
  const bool is_long = file_size(path_ + "-wal") > kLogKept;
  sqlite3_busy_timeout(handle_, 0);
  sqlite3_wal_checkpoint_v2(handle_, "main",
                            is_long ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE,
                            nullptr, nullptr);
  sqlite3_busy_timeout(handle_, kBusyTimeoutMs);
}

bool Database::in_transaction() const {
  return sqlite3_get_autocommit(handle_) == 0;
}

std::int64_t Database::changed_rows() const {
  return sqlite3_changes64(handle_);
}

/// ENOSPC or EDQUOT if a write has found no room. SQLite takes only the first for SQLITE_FULL.
int Database::missing_room(int code) const {
  if ((code & 0xff) == SQLITE_FULL) return ENOSPC;
  const bool writes = code == SQLITE_IOERR_WRITE || code == SQLITE_IOERR_SHMSIZE ||
                      code == SQLITE_IOERR_SHMOPEN || (code & 0xff) == SQLITE_CANTOPEN;
  if (!writes || handle_ == nullptr) return 0;
  // sqlite3_system_errno() is not told of what happens in a COMMIT.
  sqlite3_vfs* vfs = nullptr;
  sqlite3_file_control(handle_, "main", SQLITE_FCNTL_VFS_POINTER, static_cast<void*>(&vfs));
  const int reason = vfs == nullptr ? 0 : vfs->xGetLastError(vfs, 0, nullptr);
  return reason == ENOSPC || reason == EDQUOT ? reason : 0;
}

Error Database::error(int code, std::string_view operation) const {
  if (const int reason = missing_room(code); reason != 0) {
    return {ErrorKind::DiskFull,
            reason,
            {},
            {},
            "the state folder " + path_.substr(0, path_.rfind('/')) + " is full (" +
                std::strerror(reason) + "); make room on its file system"};
  }
  Error result{ErrorKind::Store, code, std::string(operation), path_, {}};
  const bool current = handle_ != nullptr && sqlite3_extended_errcode(handle_) == code;
  result.detail = current ? sqlite3_errmsg(handle_) : sqlite3_errstr(code);
  const int primary = code & 0xff;
  if (primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB) {
    result.detail = damaged(path_, result.detail);
  } else if (primary == SQLITE_BUSY) {
    result.detail += "; another program has been writing to it for seconds";
  } else if (handle_ != nullptr && (primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN)) {
    if (const int reason = sqlite3_system_errno(handle_); reason != 0) {
      result.detail += std::string(": ") + std::strerror(reason);
    }
  }
  return result;
}

}  // namespace lh
