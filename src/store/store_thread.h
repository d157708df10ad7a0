#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "store/sqlite_store.h"
#include "store/transfer_store.h"

namespace lh {

/// TransferStore over a database file on a thread of its own; its callers are on one thread, the
/// executor's. Takes all calls that wait, runs them in one transaction, commits once, then answers
/// them in order (group commit). If a commit or a sync fails, every call in it is answered with the
/// error, and so is every later call: after a failed sync nothing is assumed about the disk. A
/// transaction that fails before its commit (a database that another program locks) fails only the
/// calls that are in it.
///
/// A full disk ends nothing. What finds no room is taken back, and then insert, stage, publish
/// and drop fail with kind DiskFull. The other writes wait, with all writes after them, and are
/// tried again now and then until there is room. Reads go on, and see what is stored; only load_due
/// and next_wake, whose callers would turn in circles, wait behind the writes.
class StoreThread final : public TransferStore {
 public:
  /// Runs work on the thread of the callers (the main loop), later: answers, and the sending of
  /// what they ask for until then.
  using Executor = std::function<void(std::function<void()>)>;

  StoreThread(std::unique_ptr<SqliteStore> store, Executor executor,
              std::chrono::milliseconds look_again = std::chrono::seconds(1));
  /// Carries out what was asked for, as far as there is room, without answering.
  ~StoreThread() override;

  /// The service leaves: what finds no room fails from now on.
  void wait_no_more();

  void insert(std::vector<Transfer> transfers, std::uint64_t max_per_app,
              Done<Result<void>> done) override;
  void stage(std::uint64_t batch, std::vector<Transfer> transfers,
             Done<Result<void>> done) override;
  void publish(std::uint64_t batch, std::uint64_t max_per_app,
               Done<Result<Published>> done) override;
  void drop(std::uint64_t batch, Done<Result<void>> done) override;
  void update(Transfer transfer, Done<Result<void>> done) override;
  void erase(std::vector<TransferId> ids, Done<Result<void>> done) override;
  void load(std::vector<TransferId> ids, Done<Result<std::vector<Transfer>>> done) override;
  void load_queue(QueueKey after, std::vector<std::string> busy_origins, std::uint32_t limit,
                  Done<Result<std::vector<Transfer>>> done) override;
  void load_due(TimePoint now, std::uint32_t limit,
                Done<Result<std::vector<Transfer>>> done) override;
  void load_finishing(Done<Result<std::vector<Transfer>>> done) override;
  void next_wake(Done<Result<std::optional<TimePoint>>> done) override;
  void list(ListFilter filter, std::uint64_t after_sequence, std::uint32_t limit,
            Done<Result<std::vector<ListedTransfer>>> done) override;
  void count(Done<Result<PhaseCounts>> done) override;
  void unused_secrets(std::vector<SecretId> secrets,
                      Done<Result<std::vector<SecretId>>> done) override;
  void last_queue_position(Done<Result<std::uint64_t>> done) override;
  void load_expired(TimePoint before, std::uint32_t limit,
                    Done<Result<std::vector<TransferId>>> done) override;
  void target_folders(Done<Result<std::vector<std::string>>> done) override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lh
