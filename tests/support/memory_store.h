#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "store/transfer_store.h"

namespace lh::sim {

/// The store on plain maps. Nothing happens by itself: calls wait until execute() commits them, and
/// their answers wait until deliver(). A crash may fall anywhere between.
class MemoryStore final : public TransferStore {
 public:
  struct Row {
    std::uint64_t sequence = 0;
    Transfer transfer;
  };
  /// Sees every committed change; `before` or `after` is null where there was or is no row.
  using Observer = std::function<void(const Transfer* before, const Transfer* after)>;

  explicit MemoryStore(Observer observer) : observer_(std::move(observer)) {}

  /// Commits the next `count` calls, in order.
  void execute(std::size_t count);
  /// Answers the next `count` committed calls, in order.
  void deliver(std::size_t count);
  [[nodiscard]] std::size_t calls_waiting() const { return calls_.size(); }
  [[nodiscard]] std::size_t answers_waiting() const { return answers_.size(); }
  /// The process is gone: what was committed stays, all else is lost.
  void crash();

  [[nodiscard]] const Transfer* find(const TransferId& id) const;
  [[nodiscard]] const std::map<std::uint64_t, TransferId>& by_sequence() const {
    return by_sequence_;
  }
  [[nodiscard]] std::uint64_t writes() const { return writes_; }

  /// A store that promises too much: writes are answered before they are committed.
  void answer_before_commit() { answers_early_ = true; }
  /// The next write fails, as on a damaged disk.
  void fail_next_write(bool fails = true) { fail_next_write_ = fails; }

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
  using Answer = std::function<void()>;
  using Call = std::function<Answer()>;

  template <typename Query, typename T>
  void read(Query query, Done<T> done) {
    calls_.push_back([query = std::move(query), done = std::move(done)]() -> Answer {
      return [done, result = T(query())]() mutable { done(std::move(result)); };
    });
  }
  /// `change` runs when the call is executed.
  void write(std::function<Result<void>()> change, Done<Result<void>> done);

  [[nodiscard]] Result<void> insert_now(const std::vector<Transfer>& transfers,
                                        std::uint64_t max_per_app);
  [[nodiscard]] Result<void> update_now(const Transfer& transfer);
  [[nodiscard]] Result<void> erase_now(const std::vector<TransferId>& ids);
  [[nodiscard]] Result<Published> publish_now(std::uint64_t batch, std::uint64_t max_per_app);
  void index(const Row& row);
  void unindex(const Row& row);

  Observer observer_;
  std::deque<Call> calls_;
  std::deque<Answer> answers_;
  std::unordered_map<TransferId, Row> rows_;
  std::map<std::uint64_t, std::vector<Transfer>> drafts_;  ///< by batch
  std::map<std::uint64_t, TransferId> by_sequence_;
  std::set<std::pair<QueueKey, TransferId>> queue_;
  std::set<std::pair<TimePoint, TransferId>> wakes_;
  std::unordered_map<std::string, TransferId> owners_;  ///< of result files, while not ended
  std::uint64_t last_sequence_ = 0;
  std::uint64_t last_queue_position_ = 0;
  std::uint64_t writes_ = 0;
  bool answers_early_ = false;
  bool fail_next_write_ = false;
};

}  // namespace lh::sim
