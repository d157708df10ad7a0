#include "store/sqlite_store.h"

#include <algorithm>
#include <functional>
#include <map>
#include <unordered_set>
#include <utility>

#include "core/policy/scheduler.h"
#include "store/database.h"
#include "store/list_query.h"
#include "store/queue_scan.h"
#include "store/statement.h"
#include "store/transfer_row.h"

namespace lh {
namespace {

/// Free pages (of 4 KiB) that may stay in the file, and how many are given back at a time.
constexpr std::int64_t kFreePagesKept = 1024;
/// Batches that are not complete need not survive: their rows lie in a file of their own that
/// SQLite has removed already, so that nothing of them is left whatever ends the service.
constexpr const char* kMakeDrafts =
    "CREATE TEMP TABLE draft AS SELECT 0 AS batch, * FROM transfer WHERE FALSE;"
    "CREATE INDEX temp.draft_by_batch ON draft (batch)";
/// A page of a list may be shorter than was asked for where its rows are long.
constexpr std::size_t kPageBytes = 4UL * 1024 * 1024;
constexpr const char* kGiveBackPages = "PRAGMA incremental_vacuum(512)";
constexpr std::size_t kFoldersRemembered = 256;

std::string target_path(const Target& target) {
  return target.folder + "/" + target.file_name;
}

Error target_is_owned(const Transfer& transfer, const Guid& owner,
                      const std::vector<TransferId>& earlier) {
  const bool is_sibling = std::ranges::find(earlier, owner) != earlier.end();
  return {ErrorKind::InvalidArgument, 0, "create the operation", target_path(transfer.spec.target),
          is_sibling ? "an earlier one of the same call writes to this file"
                     : "the operation " + owner.to_string() +
                           ", which has not ended, writes to this file already"};
}

/// As the creator knows it: by its place in the call. Only what is wrong with that one; a full disk
/// is nobody's fault.
Error of_number(std::size_t number, const Error& error) {
  if (error.kind != ErrorKind::InvalidArgument) return error;
  return {error.kind,
          error.code,
          {},
          {},
          "download " + std::to_string(number) + ": " + error.message()};
}

bool guards_target(const Transfer& transfer) {
  const Target& target = transfer.spec.target;
  return !is_final(transfer.state.phase) && !target.file_name.empty() &&
         target.collision == Collision::Replace;
}

}  // namespace

/// The calls in their plain form, and what is remembered between them.
class SqliteStore::Impl {
 public:
  explicit Impl(std::unique_ptr<Database> opened) : database(std::move(opened)) {}

  Result<void> load_counter();
  Result<void> save_counter();
  void note_position(const Transfer& transfer) {
    last_position = std::max(last_position, transfer.state.queue_position);
  }

  /// In a transaction of its own, or as a part of the one that is open.
  Result<void> all_or_none(SqliteStore& store, const std::function<Result<void>()>& work);
  /// `earlier`: those of the same call that were inserted before.
  Result<void> insert_one(const Transfer& transfer, const std::vector<TransferId>& earlier);
  Result<void> check_quota(const std::vector<Transfer>& transfers, std::uint64_t max_per_app);
  Result<void> check_draft_quota(std::uint64_t batch, std::uint64_t max_per_app);
  Result<void> check_quota_of(std::string_view app, std::uint64_t count, std::uint64_t max_per_app);
  Result<void> insert_drafts(std::uint64_t batch, Published& published);
  Result<std::optional<Guid>> owner_of(const Target& target, const char* sql);
  Error explain_conflict(const Transfer& transfer, const std::vector<TransferId>& earlier);
  Result<void> remember_folder(const std::string& folder);
  Result<bool> is_folder_in_use(const std::string& folder);
  Result<void> give_back_pages();

  Result<std::vector<Transfer>> collect(Statement& rows);
  Result<std::optional<Transfer>> load_row(std::int64_t sequence);

  std::unique_ptr<Database> database;
  std::uint64_t last_position = 0;                ///< largest queue position given out
  std::uint64_t saved_position = 0;               ///< as far as the file knows
  std::unordered_set<std::string> fresh_folders;  ///< in target_folder, and not idle
};

Result<void> SqliteStore::Impl::load_counter() {
  Statement row(*database, "SELECT last_queue_position FROM counter");
  const auto found = row.next();
  if (!found) return found.error();
  if (*found) last_position = saved_position = row.unsigned_integer(0);
  return {};
}

Result<void> SqliteStore::Impl::save_counter() {
  if (last_position == saved_position) return {};
  Statement update(*database, "UPDATE counter SET last_queue_position = ?1");
  return update.bind(last_position).run();
}

Result<std::optional<Guid>> SqliteStore::Impl::owner_of(const Target& target, const char* sql) {
  Statement row(*database, sql);
  const auto found = row.bind(target.folder).bind(target.file_name).next();
  if (!found) return found.error();
  if (!*found) return std::optional<Guid>();
  return row.id(0);
}

/// Which uniqueness a write has hurt.
Error SqliteStore::Impl::explain_conflict(const Transfer& transfer,
                                          const std::vector<TransferId>& earlier) {
  auto owner = owner_of(transfer.spec.target,
                        "SELECT id FROM transfer INDEXED BY target WHERE folder = ?1 AND file_name "
                        "= ?2 AND phase < 7 AND file_name <> '' AND collision = 0");
  if (!owner) return std::move(owner).error();
  if (guards_target(transfer) && *owner) return target_is_owned(transfer, **owner, earlier);
  return Error{ErrorKind::InvalidArgument, 0, "create the operation", transfer.id.to_string(),
               "an operation of this id exists already"};
}

Result<void> SqliteStore::Impl::insert_one(const Transfer& transfer,
                                           const std::vector<TransferId>& earlier) {
  if (guards_target(transfer)) {
    auto owner = owner_of(
        transfer.spec.target,
        "SELECT id FROM transfer INDEXED BY yielding_target WHERE folder = ?1 AND known_name = ?2"
        " AND phase < 7 AND (file_name = '' OR collision <> 0)");
    if (!owner) return std::move(owner).error();
    if (*owner) return target_is_owned(transfer, **owner, earlier);
  }
  Statement insert(*database, insert_sql());
  if (auto bound = bind_transfer(insert, transfer); !bound) return bound;
  const auto done = insert.run();
  if (done) {
    note_position(transfer);
    return remember_folder(transfer.spec.target.folder);
  }
  if (insert.code() != SQLITE_CONSTRAINT_UNIQUE) return done;
  return explain_conflict(transfer, earlier);
}

Result<void> SqliteStore::Impl::check_quota(const std::vector<Transfer>& transfers,
                                            std::uint64_t max_per_app) {
  if (max_per_app == 0) return {};
  std::map<std::string_view, std::uint64_t> wanted;
  for (const Transfer& transfer : transfers) ++wanted[transfer.spec.app];
  for (const auto& [app, count] : wanted) {
    if (auto fits = check_quota_of(app, count, max_per_app); !fits) return fits;
  }
  return {};
}

Result<void> SqliteStore::Impl::check_draft_quota(std::uint64_t batch, std::uint64_t max_per_app) {
  if (max_per_app == 0) return {};
  Statement rows(*database, "SELECT app, count(*) FROM draft WHERE batch = ?1 GROUP BY app");
  rows.bind(batch);
  for (;;) {
    const auto row = rows.next();
    if (!row) return row.error();
    if (!*row) return {};
    const std::string app(rows.text(0));
    if (auto fits = check_quota_of(app, rows.unsigned_integer(1), max_per_app); !fits) return fits;
  }
}

Result<void> SqliteStore::Impl::check_quota_of(std::string_view app, std::uint64_t count,
                                               std::uint64_t max_per_app) {
  Statement row(*database,
                "SELECT count(*) FROM transfer INDEXED BY by_app WHERE app = ?1 AND phase < 7");
  const auto found = row.bind(app).next();
  if (!found) return found.error();
  const std::uint64_t present = row.unsigned_integer(0);
  if (present + count <= max_per_app) return {};
  return Error{ErrorKind::Quota, 0, "create operations of", std::string(app),
               "it has " + std::to_string(present) + " that have not ended, and the limit is " +
                   std::to_string(max_per_app) + " (limits.max_operations_per_app)"};
}

Result<void> SqliteStore::Impl::insert_drafts(std::uint64_t batch, Published& published) {
  Statement rows(*database, select_drafts_sql());
  rows.bind(batch);
  for (;;) {
    const auto row = rows.next();
    if (!row) return row.error();
    if (!*row) return {};
    auto transfer = read_transfer(rows);
    if (!transfer) return std::move(transfer).error();
    if (auto done = insert_one(*transfer, published.ids); !done) {
      return of_number(published.ids.size(), done.error());
    }
    published.ids.push_back(transfer->id);
    if (transfer->state.phase != Phase::Queued) continue;
    const QueueKey key{rank_of(transfer->spec.priority), transfer->state.queue_position};
    published.first = std::min(published.first.value_or(key), key);
  }
}

Result<void> SqliteStore::Impl::remember_folder(const std::string& folder) {
  if (folder.empty() || fresh_folders.contains(folder)) return {};
  Statement insert(*database,
                   "INSERT INTO target_folder VALUES (?1, 0)"
                   " ON CONFLICT (path) DO UPDATE SET idle = 0 WHERE idle <> 0");
  auto done = insert.bind(folder).run();
  if (!done) return done;
  if (fresh_folders.size() >= kFoldersRemembered) fresh_folders.clear();
  fresh_folders.insert(folder);
  return {};
}

Result<bool> SqliteStore::Impl::is_folder_in_use(const std::string& folder) {
  Statement row(*database,
                "SELECT EXISTS (SELECT 1 FROM transfer WHERE folder = ?1"
                " AND phase < 7 AND file_name <> '' AND collision = 0)"
                " OR EXISTS (SELECT 1 FROM transfer WHERE folder = ?1"
                " AND phase < 7 AND (file_name = '' OR collision <> 0))");
  const auto found = row.bind(folder).next();
  return found ? Result<bool>(row.integer(0) != 0) : found;
}

Result<void> SqliteStore::Impl::give_back_pages() {
  std::int64_t free_pages = 0;
  {
    Statement row(*database, "PRAGMA freelist_count");
    const auto found = row.next();
    if (!found) return found.error();
    free_pages = row.integer(0);
  }
  if (free_pages <= kFreePagesKept) return {};
  return database->execute(kGiveBackPages);
}

Result<std::vector<Transfer>> SqliteStore::Impl::collect(Statement& rows) {
  std::vector<Transfer> transfers;
  for (;;) {
    const auto row = rows.next();
    if (!row) return row.error();
    if (!*row) return transfers;
    auto transfer = read_transfer(rows);
    if (!transfer) return std::move(transfer).error();
    transfers.push_back(std::move(transfer).value());
  }
}

Result<std::optional<Transfer>> SqliteStore::Impl::load_row(std::int64_t sequence) {
  static const std::string sql = select_sql("WHERE sequence = ?1");
  Statement row(*database, sql.c_str());
  const auto found = row.bind(sequence).next();
  if (!found) return found.error();
  if (!*found) return std::optional<Transfer>();
  auto transfer = read_transfer(row);
  if (!transfer) return std::move(transfer).error();
  return std::optional(std::move(transfer).value());
}

Result<void> SqliteStore::Impl::all_or_none(SqliteStore& store,
                                            const std::function<Result<void>()>& work) {
  const bool own_transaction = !database->in_transaction();
  auto begun = own_transaction ? store.begin() : database->execute("SAVEPOINT part");
  if (!begun) return begun;
  auto done = work();
  if (own_transaction) {
    if (done) return store.commit();
    store.rollback();
    return done;
  }
  if (!done) fresh_folders.clear();
  const auto ended = database->execute(done ? "RELEASE part" : "ROLLBACK TO part; RELEASE part");
  return done && !ended ? ended : done;
}

SqliteStore::SqliteStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SqliteStore::~SqliteStore() = default;

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(const std::string& path) {
  auto database = Database::open(path);
  if (!database) return std::move(database).error();
  auto impl = std::make_unique<Impl>(std::move(database).value());
  if (auto made = impl->database->execute(kMakeDrafts); !made) return std::move(made).error();
  if (auto loaded = impl->load_counter(); !loaded) return std::move(loaded).error();
  return std::unique_ptr<SqliteStore>(new SqliteStore(std::move(impl)));
}

Result<void> SqliteStore::begin() {
  return impl_->database->execute("BEGIN IMMEDIATE");
}

Result<void> SqliteStore::commit() {
  if (!impl_->database->in_transaction()) {
    return Error{ErrorKind::Store, SQLITE_ABORT, "commit", {}, "the transaction was taken back"};
  }
  auto done = impl_->save_counter();
  if (done) {
    Statement commit(*impl_->database, "COMMIT");
    done = commit.run();
  }
  if (!done) {
    rollback();
    return done;
  }
  impl_->saved_position = impl_->last_position;
  return {};
}

void SqliteStore::rollback() {
  impl_->fresh_folders.clear();
  if (!impl_->database->in_transaction()) return;
  // Cannot do worse than leave the transaction open, which closing the file then takes back.
  [[maybe_unused]] const auto done = impl_->database->execute("ROLLBACK");
}

void SqliteStore::take_back() {
  rollback();
  if (!impl_->database->in_transaction()) impl_->database->empty_log();
}

bool SqliteStore::in_transaction() const {
  return impl_->database->in_transaction();
}

Result<void> SqliteStore::insert(const std::vector<Transfer>& transfers,
                                 std::uint64_t max_per_app) {
  return impl_->all_or_none(*this, [&]() -> Result<void> {
    if (auto fits = impl_->check_quota(transfers, max_per_app); !fits) return fits;
    std::vector<TransferId> inserted;
    for (const Transfer& transfer : transfers) {
      if (auto done = impl_->insert_one(transfer, inserted); !done) {
        return transfers.size() == 1 ? done.error() : of_number(inserted.size(), done.error());
      }
      inserted.push_back(transfer.id);
    }
    return {};
  });
}

Result<void> SqliteStore::stage(std::uint64_t batch, const std::vector<Transfer>& transfers) {
  return impl_->all_or_none(*this, [&]() -> Result<void> {
    for (const Transfer& transfer : transfers) {
      Statement insert(*impl_->database, insert_draft_sql());
      if (auto bound = bind_transfer(insert, transfer); !bound) return bound;
      auto done = insert.bind(batch).run();
      if (done) continue;
      if (done.error().kind != ErrorKind::DiskFull) return done;
      Error error = std::move(done).error();
      error.detail = "the folder for temporary files (TMPDIR, else /var/tmp) is full";
      return error;
    }
    return {};
  });
}

Result<Published> SqliteStore::publish(std::uint64_t batch, std::uint64_t max_per_app) {
  Published published;
  auto done = impl_->all_or_none(*this, [&]() -> Result<void> {
    if (auto fits = impl_->check_draft_quota(batch, max_per_app); !fits) return fits;
    if (auto moved = impl_->insert_drafts(batch, published); !moved) return moved;
    return drop(batch);
  });
  if (done) return published;
  // Where the disk is at fault, it can be tried again.
  const ErrorKind why = done.error().kind;
  if (why != ErrorKind::DiskFull && why != ErrorKind::Store) static_cast<void>(drop(batch));
  return std::move(done).error();
}

Result<void> SqliteStore::drop(std::uint64_t batch) {
  Statement erase(*impl_->database, "DELETE FROM draft WHERE batch = ?1");
  return erase.bind(batch).run();
}

Result<void> SqliteStore::update(const Transfer& transfer) {
  impl_->note_position(transfer);
  {
    Statement update(*impl_->database, update_sql());
    if (auto bound = bind_transfer(update, transfer); !bound) return bound;
    auto done = update.run();
    if (!done && update.code() == SQLITE_CONSTRAINT_UNIQUE) {
      return impl_->explain_conflict(transfer, {});
    }
    if (!done) return done;
  }
  if (impl_->database->changed_rows() == 0) {
    return Error{ErrorKind::NotFound, 0, "store the operation", transfer.id.to_string(),
                 "there is no such operation"};
  }
  if (impl_->database->in_transaction()) return {};
  auto saved = impl_->save_counter();
  if (saved) impl_->saved_position = impl_->last_position;
  return saved;
}

Result<void> SqliteStore::erase(const std::vector<TransferId>& ids) {
  for (const TransferId& id : ids) {
    Statement erase(*impl_->database, "DELETE FROM transfer WHERE id = ?1");
    if (auto done = erase.bind(id).run(); !done) return done;
  }
  return impl_->give_back_pages();
}

Result<std::vector<Transfer>> SqliteStore::load(const std::vector<TransferId>& ids) {
  static const std::string sql = select_sql("WHERE id = ?1");
  std::vector<Transfer> transfers;
  for (const TransferId& id : ids) {
    Statement row(*impl_->database, sql.c_str());
    auto found = impl_->collect(row.bind(id));
    if (!found) return found;
    std::move(found->begin(), found->end(), std::back_inserter(transfers));
  }
  return transfers;
}

Result<std::vector<Transfer>> SqliteStore::load_queue(QueueKey after,
                                                      const std::vector<std::string>& busy_origins,
                                                      std::uint32_t limit) {
  const auto sequences = scan_queue(*impl_->database, after, busy_origins, limit);
  if (!sequences) return sequences.error();
  std::vector<Transfer> transfers;
  transfers.reserve(sequences->size());
  for (const std::int64_t sequence : *sequences) {
    auto row = impl_->load_row(sequence);
    if (!row) return std::move(row).error();
    if (*row) transfers.push_back(std::move(**row));
  }
  return transfers;
}

Result<std::vector<Transfer>> SqliteStore::load_due(TimePoint now, std::uint32_t limit) {
  static const std::string sql = select_sql(
      "INDEXED BY due WHERE phase IN (2, 5) AND wake_at <= ?1 ORDER BY wake_at LIMIT ?2");
  Statement rows(*impl_->database, sql.c_str());
  return impl_->collect(rows.bind(now).bind(limit));
}

Result<std::vector<Transfer>> SqliteStore::load_finishing() {
  static const std::string sql = select_sql("INDEXED BY finishing WHERE phase = 6");
  Statement rows(*impl_->database, sql.c_str());
  return impl_->collect(rows);
}

Result<std::optional<TimePoint>> SqliteStore::next_wake() {
  Statement row(*impl_->database,
                "SELECT wake_at FROM transfer INDEXED BY due"
                " WHERE phase IN (2, 5) AND wake_at IS NOT NULL ORDER BY wake_at LIMIT 1");
  const auto found = row.next();
  if (!found) return found.error();
  if (!*found) return std::optional<TimePoint>();
  return std::optional(TimePoint(Duration(row.integer(0))));
}

Result<std::vector<ListedTransfer>> SqliteStore::list(const ListFilter& filter,
                                                      std::uint64_t after_sequence,
                                                      std::uint32_t limit) {
  const auto sequences = find_listed(*impl_->database, filter, after_sequence, limit);
  if (!sequences) return sequences.error();
  std::size_t bytes = 0;
  std::vector<ListedTransfer> listed;
  listed.reserve(sequences->size());
  for (const std::int64_t sequence : *sequences) {
    auto row = impl_->load_row(sequence);
    if (!row) return std::move(row).error();
    if (!*row) continue;
    bytes +=
        (*row)->spec.uri.size() + ((*row)->state.error ? (*row)->state.error->message.size() : 0);
    listed.push_back({static_cast<std::uint64_t>(sequence), std::move(**row)});
    if (bytes > kPageBytes) break;
  }
  return listed;
}

Result<PhaseCounts> SqliteStore::count() {
  PhaseCounts counts{};
  Statement rows(*impl_->database,
                 "SELECT phase, count(*) FROM transfer INDEXED BY by_app GROUP BY app, phase");
  for (;;) {
    const auto row = rows.next();
    if (!row) return row.error();
    if (!*row) return counts;
    const std::uint64_t phase = rows.unsigned_integer(0);
    if (phase >= counts.size()) {
      return Error{ErrorKind::Store,
                   SQLITE_MISMATCH,
                   "count the operations",
                   {},
                   "unknown phase " + std::to_string(phase)};
    }
    counts[phase] += rows.unsigned_integer(1);
  }
}

Result<std::vector<SecretId>> SqliteStore::unused_secrets(const std::vector<SecretId>& secrets) {
  std::vector<SecretId> unused;
  for (const SecretId& secret : secrets) {
    Statement rows(*impl_->database, "SELECT 1 FROM transfer WHERE secret = ?1 LIMIT 1");
    const auto used = rows.bind(secret).next();
    if (!used) return used.error();
    if (!*used) unused.push_back(secret);
  }
  return unused;
}

Result<std::uint64_t> SqliteStore::last_queue_position() {
  return impl_->last_position;
}

Result<std::vector<TransferId>> SqliteStore::load_expired(TimePoint before, std::uint32_t limit) {
  std::vector<TransferId> ids;
  Statement rows(*impl_->database,
                 "SELECT id FROM transfer INDEXED BY ended WHERE phase >= 7 AND ended < ?1"
                 " ORDER BY ended LIMIT ?2");
  rows.bind(before).bind(limit);
  for (;;) {
    const auto row = rows.next();
    if (!row) return row.error();
    if (!*row) return ids;
    if (const auto id = rows.id(0)) ids.push_back(*id);
  }
}

// A folder is forgotten only at the second sweep in a row that finds nothing under way there, for
// the first may be cut off by a crash.
Result<std::vector<std::string>> SqliteStore::target_folders() {
  struct Folder {
    std::string path;
    bool was_idle = false;
  };
  std::vector<Folder> folders;
  {
    Statement rows(*impl_->database, "SELECT path, idle FROM target_folder");
    for (;;) {
      const auto row = rows.next();
      if (!row) return row.error();
      if (!*row) break;
      folders.push_back({std::string(rows.text(0)), rows.integer(1) != 0});
    }
  }
  std::vector<std::string> paths;
  impl_->fresh_folders.clear();
  for (Folder& folder : folders) {
    const auto in_use = impl_->is_folder_in_use(folder.path);
    if (!in_use) return in_use.error();
    if (!*in_use || folder.was_idle) {
      Statement change(*impl_->database,
                       !*in_use && folder.was_idle
                           ? "DELETE FROM target_folder WHERE path = ?1"
                           : "UPDATE target_folder SET idle = NOT idle WHERE path = ?1");
      if (auto done = change.bind(folder.path).run(); !done) return std::move(done).error();
    }
    paths.push_back(std::move(folder.path));
  }
  return paths;
}

}  // namespace lh
