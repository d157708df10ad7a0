#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/model/transfer.h"
#include "core/policy/scheduler.h"

namespace lh {

/// Which operations to list. Absent members do not filter.
struct ListFilter {
  std::optional<std::string> app;
  std::optional<std::string> group;
  std::optional<std::string> id_prefix;  ///< text form, at least 4 characters
  std::vector<Phase> phases;             ///< empty: all
};

/// A transfer and its place in the list.
struct ListedTransfer {
  std::uint64_t sequence = 0;  ///< order of creation, never used twice; the cursor of paging
  Transfer transfer;
};

/// Number of operations by phase; index is the Phase.
using PhaseCounts = std::array<std::uint64_t, 10>;

/// What a batch has brought.
struct Published {
  std::vector<TransferId> ids;    ///< in order
  std::optional<QueueKey> first;  ///< the smallest key of those that are Queued
};

/// What must survive: the only truth about operations (R3, design.md 2.3). Calls return at once;
/// `done` is called later, in the order of the calls, on the thread of the executor that the
/// implementation was given. A write's `done` means durable. Reads see all earlier writes. While
/// the disk is full, updates wait for room, and reads overtake them and do not see them. (The seam
/// that simulations replace.)
class TransferStore {
 public:
  template <typename T>
  using Done = std::function<void(T)>;

  virtual ~TransferStore() = default;

  /// All or none. Fails with InvalidArgument, naming the file, if another operation that has not
  /// ended owns a target (R17), also within `transfers`; with Quota over `max_per_app` operations
  /// of one app (0: no limit; R16 as amended).
  virtual void insert(std::vector<Transfer> transfers, std::uint64_t max_per_app,
                      Done<Result<void>> done) = 0;
  /// Keeps them as a part of the batch of this number (given by the caller), where nobody else sees
  /// them. What is not published goes with the service.
  virtual void stage(std::uint64_t batch, std::vector<Transfer> transfers,
                     Done<Result<void>> done) = 0;
  /// Inserts what was staged in this batch, in its order: all or none, with the errors of insert(),
  /// which say which of them it was. The batch is gone unless the disk is at fault.
  virtual void publish(std::uint64_t batch, std::uint64_t max_per_app,
                       Done<Result<Published>> done) = 0;
  /// Drops what was staged in it.
  virtual void drop(std::uint64_t batch, Done<Result<void>> done) = 0;
  /// Replaces what is stored of it. Fails with NotFound if there is no such row.
  virtual void update(Transfer transfer, Done<Result<void>> done) = 0;
  virtual void erase(std::vector<TransferId> ids, Done<Result<void>> done) = 0;

  /// Those that exist, in any order.
  virtual void load(std::vector<TransferId> ids, Done<Result<std::vector<Transfer>>> done) = 0;
  /// Queued ones in queue order, after `after`, skipping those of `busy_origins`; quick however
  /// many of these there are.
  virtual void load_queue(QueueKey after, std::vector<std::string> busy_origins,
                          std::uint32_t limit, Done<Result<std::vector<Transfer>>> done) = 0;
  /// RetryAt and DiskFull ones that are due.
  virtual void load_due(TimePoint now, std::uint32_t limit,
                        Done<Result<std::vector<Transfer>>> done) = 0;
  /// Those in Finishing, which a start of the service must take up first.
  virtual void load_finishing(Done<Result<std::vector<Transfer>>> done) = 0;
  /// Earliest wake_at of all RetryAt and DiskFull ones.
  virtual void next_wake(Done<Result<std::optional<TimePoint>>> done) = 0;
  virtual void list(ListFilter filter, std::uint64_t after_sequence, std::uint32_t limit,
                    Done<Result<std::vector<ListedTransfer>>> done) = 0;
  virtual void count(Done<Result<PhaseCounts>> done) = 0;
  /// Those of `secrets` that no operation refers to.
  virtual void unused_secrets(std::vector<SecretId> secrets,
                              Done<Result<std::vector<SecretId>>> done) = 0;
  /// Largest queue position given out so far.
  virtual void last_queue_position(Done<Result<std::uint64_t>> done) = 0;
  /// Ended before `before`: ids, oldest first.
  virtual void load_expired(TimePoint before, std::uint32_t limit,
                            Done<Result<std::vector<TransferId>>> done) = 0;
  /// Folders that hold partial files of operations that have not ended, or that ended since the
  /// last sweep.
  virtual void target_folders(Done<Result<std::vector<std::string>>> done) = 0;
};

}  // namespace lh
