#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/model/facts.h"
#include "core/model/limits.h"
#include "daemon/action_runner.h"
#include "daemon/live_transfer.h"
#include "daemon/queue_window.h"
#include "platform/clock.h"

namespace lh {

/// A request that was refused for one operation.
struct RefusedTransfer {
  TransferId id;
  TransferError error;
};

enum class ControlVerb : std::uint8_t { Start, Pause, Resume, Cancel, Forget, Collect };

/// What a caller wants changed; `request` is the manager's.
using WishedChange = event::Changed;

/// The ring: requests and events in, `step()`, actions out. The only writer of transfers. Holds in
/// memory what runs, what is watched and the front of the queue; knows the rest by query. Main loop
/// only; never waits. Every callback is called exactly once, later or at once.
class TransferManager {
 public:
  struct Seams {
    TransferStore& store;
    TransferEngine& engine;
    FileService& files;
    const Clock& clock;
  };
  /// What the ring tells its owner.
  struct Outside {
    std::function<bool(const Transfer&)>
        has_listeners;  ///< whether a Change of this one would reach anybody
    std::function<bool(const Transfer&)> is_attended;  ///< a session would see its end (R86)
    std::function<bool()> has_watchers;                ///< whether anybody hears of what is created
    std::function<void(const Change&)> tell;
    std::function<void(std::optional<TimePoint>)>
        wake_at;  ///< call wake() then; replaces the earlier wish
    std::function<void(const SecretId&)> drop_secret;  ///< no operation needs it any more
    std::function<void(const TransferId&)> drop_body;  ///< that was spooled for this operation
    std::function<void(const Error&)> store_failed;    ///< nothing can be promised any more: leave
    std::function<void()> quiet;  ///< perhaps nothing is left to do: is_quiet() may be asked
  };

  /// How much of the queue is held in memory.
  struct QueueMarks {
    std::size_t high = 1024;   ///< above it the tail is left to the store
    std::size_t low = 128;     ///< below it a page is read
    std::uint32_t page = 256;  ///< rows at once
  };

  template <typename T>
  using Done = std::function<void(T)>;

  TransferManager(Seams seams, Outside outside, Limits limits, std::string boot_id,
                  std::uint64_t seed, QueueMarks marks);
  TransferManager(Seams seams, Outside outside, Limits limits, std::string boot_id,
                  std::uint64_t seed)
      : TransferManager(seams, std::move(outside), std::move(limits), std::move(boot_id), seed,
                        QueueMarks()) {}
  ~TransferManager();

  /// Takes up what an earlier run left; `done` when requests may come.
  void recover(Done<Result<void>> done);

  /// All or none; durable when answered.
  void create(std::vector<TransferSpec> specs, bool start, std::vector<TransferId> ids,
              Done<Result<std::vector<TransferId>>> done);
  /// The same for a batch that comes in parts: what is staged is seen by nobody until it is
  /// published, whole or not at all; a batch that cannot be is to be dropped. Its number is the
  /// caller's.
  void stage(std::uint64_t batch, std::vector<TransferSpec> specs, bool start,
             std::vector<TransferId> ids, Done<Result<std::vector<TransferId>>> done);
  void publish(std::uint64_t batch, Done<Result<std::uint64_t>> done);
  void drop(std::uint64_t batch);
  void control(ControlVerb verb, const std::vector<TransferId>& ids,
               Done<std::vector<RefusedTransfer>> done);
  void change(const TransferId& id, WishedChange wish, Done<std::optional<TransferError>> done);

  /// How they stand now, for a client that has attached to them. Unknown ones are left out.
  void snapshots(const std::vector<TransferId>& ids, Done<std::vector<Snapshot>> done);

  struct ListWish {
    ListFilter filter;
    std::vector<BackgroundTransferStatus> statuses;  ///< empty: all
    std::uint64_t after = 0;
    std::uint32_t limit = 100;
  };
  /// A page, never empty unless nothing follows.
  void list(ListWish wish, Done<Result<std::vector<Snapshot>>> done);
  struct Shown {
    Transfer transfer;
    Snapshot snapshot;
    Details details;
  };
  void show(const TransferId& id, Done<std::optional<Shown>> done);
  /// Operations by the status that apps see.
  void count(Done<Result<std::vector<std::pair<BackgroundTransferStatus, std::uint64_t>>>> done);

  /// Calls `work` when the file of this one is no longer being synced, renamed or removed, and what
  /// came of it is stored; false, and no call, if nothing of that is under way.
  bool after_file_work(const TransferId& id, std::function<void()> work);

  /// News from the engine and the file service.
  void on_events(Events events);
  /// `watched` are operations somebody attached to: those that are only rows show another status by
  /// the facts alone.
  void set_facts(const Facts& facts, std::vector<TransferId> watched);
  void set_limits(const Limits& limits);
  void wake();

  /// Forgets what ended longer ago than the retention. Asked for at the start and now and then.
  void expire_old();

  /// Stops every attempt; `quiet` tells when all have come back (is_drained()).
  void drain();
  [[nodiscard]] bool is_drained() const;
  /// Answers whether nothing runs, waits for the system or is under way.
  void is_quiet(Done<bool> done);

  [[nodiscard]] const Facts& facts() const { return facts_; }
  [[nodiscard]] const Limits& limits() const { return limits_; }
  /// Operations that are in memory.
  [[nodiscard]] std::size_t live_count() const { return live_.size(); }

 private:
  using Entries = std::vector<LiveTransfer*>;
  /// What slots and queue know of an entry; compared before and after a step.
  struct Filed;

  [[nodiscard]] Surroundings surroundings(const Transfer& transfer);
  [[nodiscard]] Snapshot snapshot_of(const Transfer& transfer, std::uint64_t sequence) const;
  LiveTransfer* find(const TransferId& id);
  LiveTransfer& adopt(Transfer transfer);
  /// Calls `work` with the entry of each id, null for those that do not exist; loads what is not in
  /// memory.
  void with(std::vector<TransferId> ids, std::function<void(const Entries&)> work);
  /// `ids` are in memory and pinned, as far as they exist.
  void work_with(const std::vector<TransferId>& ids,
                 const std::function<void(const Entries&)>& work);
  void leave_to_store(const std::vector<TransferId>& ids);
  /// The first decision about a new one.
  [[nodiscard]] Step created(const TransferId& id, TransferSpec spec, bool start);
  /// One event through the machine. The entry may be gone afterwards.
  void feed(LiveTransfer& entry, const Event& event);
  void take(LiveTransfer& entry, Step step, const Filed& before);
  /// Brings slots, queue and wake-ups in step with what a decision changed.
  void refile(LiveTransfer& entry, const Filed& before);
  void was_published(const Published& published);
  /// Tells who watches that these were created, page by page.
  void tell_created(const std::shared_ptr<const std::vector<TransferId>>& ids, std::size_t from);
  void tell_created(const Transfer& transfer);
  void settle(LiveTransfer& entry);
  void file_or_let_go(LiveTransfer& entry);
  void came_to_rest(LiveTransfer& entry);
  void tell_shown_status(std::vector<TransferId> rows, const Facts& before);
  void discard_answer(const Transfer& transfer);
  void erase(LiveTransfer& entry, std::function<void(std::optional<TransferError>)> answer);
  /// One operation needs it no longer.
  void give_up(const SecretId& secret);
  void answer(RequestId request, std::optional<TransferError> error);
  RequestId expect(std::function<void(std::optional<TransferError>)> answer);
  /// The same, but success is answered only when the work on its file is done.
  RequestId expect_tidy(const TransferId& id,
                        std::function<void(std::optional<TransferError>)> answer);
  void fail(const Error& error);

  // Scheduling.
  void schedule();
  /// Of each origin as many as may start now, without those that are held otherwise.
  [[nodiscard]] std::vector<Candidate> candidates();
  [[nodiscard]] QueueHold hold_of(const Transfer& transfer) const;
  void grant(const TransferId& id);
  void refill();
  /// Starts what may start of the rows that are not in memory, where the front of the queue leaves
  /// slots free.
  void look_behind_window();
  [[nodiscard]] bool nothing_new_behind() const;
  void look_behind(QueueKey after, std::uint32_t limit);
  void start_from_behind(LiveTransfer& entry);
  void take_page(std::vector<Transfer> rows);
  void file_in_window(LiveTransfer& entry);
  void shed_window();
  [[nodiscard]] bool may_start(const LiveTransfer& entry) const;
  void note_wake(TimePoint when);
  void ask_next_wake();

  Seams seams_;
  Outside outside_;
  Limits limits_;
  std::string boot_id_;
  Facts facts_;
  std::uint64_t random_state_;
  ActionRunner runner_;

  std::unordered_map<TransferId, std::unique_ptr<LiveTransfer>> live_;
  std::unordered_map<RequestId, std::function<void(std::optional<TransferError>)>> requests_;
  std::unordered_set<TransferId> untold_;  ///< published, and nobody was told yet
  RequestId last_request_ = 0;
  AttemptId last_attempt_ = 0;
  std::uint64_t last_queue_position_ = 0;

  ActiveSet active_;
  std::size_t file_jobs_ = 0;
  QueueMarks marks_;
  QueueWindow window_;
  bool refilling_ = false;
  bool looking_behind_ = false;
  /// The last look behind the window left nothing there that may start, but of the origins that
  /// had no slot left, and nothing has changed since.
  bool behind_is_known_ = false;
  std::unordered_set<std::string> passed_over_;  ///< those origins
  bool scheduling_ = false;
  bool schedule_when_stored_ = false;
  bool store_has_failed_ = false;
  std::optional<TimePoint> next_wake_;
  bool asking_wake_ = false;
};

}  // namespace lh
