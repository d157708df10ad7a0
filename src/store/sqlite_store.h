#pragma once

#include <memory>
#include <string>

#include "store/transfer_store.h"

namespace lh {

/// The database itself: synchronous, one thread at a time. TransferStore's calls in their plain
/// form; writes are durable after commit(). `path` may be ":memory:".
class SqliteStore {
 public:
  /// Creates or opens, migrates forward. Refuses a damaged file and one of a newer schema with a
  /// message that says what to do, and leaves it untouched.
  [[nodiscard]] static Result<std::unique_ptr<SqliteStore>> open(const std::string& path);
  ~SqliteStore();

  [[nodiscard]] Result<void> begin();
  [[nodiscard]] Result<void> commit();
  void rollback();
  /// Takes back what is left of a transaction that SQLite could not carry out, and makes the room
  /// that it took in the log free for others.
  void take_back();
  /// Whether a transaction is open. SQLite takes it back by itself after some failures.
  [[nodiscard]] bool in_transaction() const;

  [[nodiscard]] Result<void> insert(const std::vector<Transfer>& transfers,
                                    std::uint64_t max_per_app);
  [[nodiscard]] Result<void> stage(std::uint64_t batch, const std::vector<Transfer>& transfers);
  [[nodiscard]] Result<Published> publish(std::uint64_t batch, std::uint64_t max_per_app);
  [[nodiscard]] Result<void> drop(std::uint64_t batch);
  [[nodiscard]] Result<void> update(const Transfer& transfer);
  [[nodiscard]] Result<void> erase(const std::vector<TransferId>& ids);
  [[nodiscard]] Result<std::vector<Transfer>> load(const std::vector<TransferId>& ids);
  [[nodiscard]] Result<std::vector<Transfer>> load_queue(
      QueueKey after, const std::vector<std::string>& busy_origins, std::uint32_t limit);
  [[nodiscard]] Result<std::vector<Transfer>> load_due(TimePoint now, std::uint32_t limit);
  [[nodiscard]] Result<std::vector<Transfer>> load_finishing();
  [[nodiscard]] Result<std::optional<TimePoint>> next_wake();
  [[nodiscard]] Result<std::vector<ListedTransfer>> list(const ListFilter& filter,
                                                         std::uint64_t after_sequence,
                                                         std::uint32_t limit);
  [[nodiscard]] Result<PhaseCounts> count();
  [[nodiscard]] Result<std::vector<SecretId>> unused_secrets(const std::vector<SecretId>& secrets);
  [[nodiscard]] Result<std::uint64_t> last_queue_position();
  [[nodiscard]] Result<std::vector<TransferId>> load_expired(TimePoint before, std::uint32_t limit);
  [[nodiscard]] Result<std::vector<std::string>> target_folders();

 private:
  class Impl;
  explicit SqliteStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace lh
