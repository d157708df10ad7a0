#include "store/store_thread.h"

#include <poll.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <iterator>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <pthread.h>
#include <sqlite3.h>

#include "platform/log.h"
#include "platform/mailbox.h"

namespace lh {
namespace {

enum class Access {
  Reads,    ///< what is stored; does not wait for what waits
  Follows,  ///< reads what must have all earlier writes in it
  Creates,  ///< fails where there is no room, also in the folder for temporary files
  Changes,  ///< waits until there is room
};

/// A request on its way: run on the store thread, answered on the executor's.
class Call {
 public:
  virtual ~Call() = default;
  virtual void run(SqliteStore& store) = 0;
  /// Replaces whatever run() found out.
  virtual void fail(const Error& error) = 0;
  virtual void answer() = 0;
  /// What run() found wrong, if anything.
  [[nodiscard]] virtual const Error* error() const = 0;
  [[nodiscard]] virtual Access access() const = 0;

  [[nodiscard]] bool writes() const {
    return access() == Access::Creates || access() == Access::Changes;
  }
  [[nodiscard]] bool may_wait() const {
    return access() == Access::Follows || access() == Access::Changes;
  }
};

template <typename R>
class CallOf final : public Call {
 public:
  using Work = std::function<R(SqliteStore&)>;

  CallOf(Access access, Work work, std::function<void(R)> done)
      : access_(access), work_(std::move(work)), done_(std::move(done)) {}
  void run(SqliteStore& store) override { result_.emplace(work_(store)); }
  void fail(const Error& error) override { result_.emplace(error); }
  void answer() override { done_(std::move(*result_)); }
  [[nodiscard]] const Error* error() const override {
    return result_ && !result_->ok() ? &result_->error() : nullptr;
  }
  [[nodiscard]] Access access() const override { return access_; }

 private:
  Access access_;
  Work work_;
  std::function<void(R)> done_;
  std::optional<R> result_;
};

bool lacks_room(const Error* error) {
  return error != nullptr && error->kind == ErrorKind::DiskFull;
}

/// After it nobody knows what is on the disk.
bool is_failed_sync(const Error* error) {
  return error != nullptr && error->kind == ErrorKind::Store &&
         (error->code == SQLITE_IOERR_FSYNC || error->code == SQLITE_IOERR_DIR_FSYNC);
}

using Batch = std::vector<std::unique_ptr<Call>>;
/// So many calls do not wait for the end of a round, which may be far off.
constexpr std::size_t kMostWaiting = 512;

}  // namespace

class StoreThread::Impl {
 public:
  Impl(std::unique_ptr<SqliteStore> store, Executor executor, std::chrono::milliseconds look_again)
      : store_(std::move(store)),
        executor_(std::move(executor)),
        look_again_(look_again),
        thread_([this] { main(); }) {}

  ~Impl() {
    outbox_->waiting.push_back(nullptr);  // the last one
    outbox_->send();
    thread_.join();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  template <typename R>
  void add(Access access, std::type_identity_t<std::function<R(SqliteStore&)>> work,
           std::function<void(R)> done) {
    outbox_->waiting.push_back(
        std::make_unique<CallOf<R>>(access, std::move(work), std::move(done)));
    if (outbox_->waiting.size() == 1) executor_([outbox = outbox_] { outbox->send(); });
    if (outbox_->waiting.size() >= kMostWaiting) outbox_->send();
  }

  void wait_no_more() {
    waits_no_more_ = true;
    // Wakes the thread, which then looks again.
    add<Result<void>>(
        Access::Reads, [](SqliteStore&) { return Result<void>(); }, [](const Result<void>&) {});
  }

 private:
  using Clock = std::chrono::steady_clock;

  /// What the callers ask for in one round goes to the thread together.
  struct Outbox {
    Batch waiting;  ///< of the callers' thread
    Mailbox<std::unique_ptr<Call>> sent;
    void send() { sent.push_all(std::exchange(waiting, {})); }
  };

  void main() {
    ::pthread_setname_np(::pthread_self(), "lh-store");
    // Signals are the main loop's.
    sigset_t all;
    sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
    bool last = false;
    while (!last) {
      pollfd entry{outbox_->sent.fd(), POLLIN, 0};
      ::poll(&entry, 1, patience());
      Batch batch = outbox_->sent.take_all();
      if (!batch.empty() && batch.back() == nullptr) {
        batch.pop_back();
        last = true;
      }
      leaving_ = last || waits_no_more_;
      if (batch.empty() && waiting_.empty()) continue;
      Batch ready = run(std::move(batch));
      note_room();
      if (!last && !ready.empty()) answer(std::move(ready));
    }
    store_.reset();
  }

  /// In milliseconds, for poll().
  [[nodiscard]] int patience() const {
    if (waiting_.empty()) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next_look_ - Clock::now());
    return static_cast<int>(std::max<std::chrono::milliseconds::rep>(left.count(), 0));
  }

  /// Returns those that can be answered; the others wait for room.
  Batch run(Batch batch) {
    // Who wants to create something may know that there is room again.
    const bool looks_again =
        leaving_ || Clock::now() >= next_look_ || std::ranges::any_of(batch, [](const auto& call) {
          return call->access() == Access::Creates;
        });
    if (!waiting_.empty() && !looks_again) return run_one_by_one(std::move(batch));
    Batch all = std::exchange(waiting_, {});
    std::ranges::move(batch, std::back_inserter(all));
    if (run_together(all)) return all;
    return run_one_by_one(std::move(all));
  }

  /// False if nothing of the batch is stored, and each has to be tried by itself: SQLite has taken
  /// back everything, and one call alone may have asked for too much.
  bool run_together(const Batch& batch) {
    if (failure_) return fail(batch, *failure_);
    if (std::ranges::none_of(batch, [](const auto& call) { return call->writes(); })) {
      for (const auto& call : batch) call->run(*store_);
      return true;
    }
    if (auto begun = store_->begin(); !begun) {
      return !lacks_room(&begun.error()) && fail(batch, begun.error());
    }
    for (const auto& call : batch) {
      call->run(*store_);
      if (is_failed_sync(call->error())) {
        failure_ = *call->error();
        return fail(batch, *failure_);
      }
      if (!store_->in_transaction() || lacks_room(call->error())) {
        store_->take_back();
        return false;
      }
    }
    auto committed = store_->commit();
    if (committed) return true;
    if (lacks_room(&committed.error())) {
      store_->take_back();
      return false;
    }
    failure_ = std::move(committed).error();
    return fail(batch, *failure_);
  }

  /// What the reads saw may have been part of what was taken back, so they fail too.
  static bool fail(const Batch& batch, const Error& error) {
    for (const auto& call : batch) call->fail(error);
    return true;
  }

  /// Once one waits, all writes behind it do, so that none overtakes another.
  Batch run_one_by_one(Batch batch) {
    Batch ready;
    for (auto& call : batch) {
      const bool is_behind = !waiting_.empty() && (call->writes() || call->may_wait());
      if (!is_behind) {
        run_alone(*call);
      } else if (!call->may_wait()) {
        call->fail(*full_);
      }
      const bool waits = call->may_wait() && !leaving_ && (is_behind || lacks_room(call->error()));
      if (!waits) {
        ready.push_back(std::move(call));
        continue;
      }
      if (waiting_.empty()) begin_to_wait(*call->error());
      waiting_.push_back(std::move(call));
    }
    return ready;
  }

  void run_alone(Call& call) {
    if (failure_) return call.fail(*failure_);
    if (!call.writes()) return call.run(*store_);
    if (auto begun = store_->begin(); !begun) return call.fail(begun.error());
    call.run(*store_);
    if (is_failed_sync(call.error())) {
      failure_ = *call.error();
      return;
    }
    if (!store_->in_transaction() || lacks_room(call.error())) {
      if (call.error() == nullptr) {
        call.fail(Error{ErrorKind::Store, SQLITE_ABORT, "store", {}, "taken back"});
      }
      return store_->take_back();
    }
    auto committed = store_->commit();
    if (committed) return;
    call.fail(committed.error());
    if (lacks_room(&committed.error())) return store_->take_back();
    failure_ = std::move(committed).error();
  }

  void begin_to_wait(const Error& full) {
    full_ = full;
    next_look_ = Clock::now() + look_again_;
  }

  /// One line when it begins, one when it is over.
  void note_room() {
    if (!waiting_.empty() && !std::exchange(told_, true)) {
      log(LogLevel::Error, full_->message() +
                               ". Until then what transfers have reached waits to be recorded, and "
                               "no new ones are taken");
    } else if (waiting_.empty() && std::exchange(told_, false)) {
      if (failure_ || leaving_) return;
      log(LogLevel::Info, "the state folder has room again: what has waited is recorded");
    }
  }

  void answer(Batch batch) {
    auto shared = std::make_shared<Batch>(std::move(batch));
    executor_([shared] {
      for (const auto& call : *shared) call->answer();
    });
  }

  std::unique_ptr<SqliteStore> store_;
  Executor executor_;
  const std::chrono::milliseconds look_again_;
  const std::shared_ptr<Outbox> outbox_ = std::make_shared<Outbox>();
  std::optional<Error> failure_;  ///< of the commit that failed; nothing works after it
  Batch waiting_;                 ///< for room, in their order
  std::optional<Error> full_;     ///< why
  Clock::time_point next_look_;
  bool told_ = false;
  bool leaving_ = false;
  std::atomic<bool> waits_no_more_ = false;  ///< how the callers' thread tells it
  std::thread thread_;                       ///< last: it uses the others
};

StoreThread::StoreThread(std::unique_ptr<SqliteStore> store, Executor executor,
                         std::chrono::milliseconds look_again)
    : impl_(std::make_unique<Impl>(std::move(store), std::move(executor), look_again)) {}
StoreThread::~StoreThread() = default;

void StoreThread::wait_no_more() {
  impl_->wait_no_more();
}

void StoreThread::insert(std::vector<Transfer> transfers, std::uint64_t max_per_app,
                         Done<Result<void>> done) {
  impl_->add(
      Access::Creates,
      [transfers = std::move(transfers), max_per_app](SqliteStore& store) {
        return store.insert(transfers, max_per_app);
      },
      std::move(done));
}

void StoreThread::stage(std::uint64_t batch, std::vector<Transfer> transfers,
                        Done<Result<void>> done) {
  impl_->add(
      Access::Creates,
      [batch, transfers = std::move(transfers)](SqliteStore& store) {
        return store.stage(batch, transfers);
      },
      std::move(done));
}

void StoreThread::publish(std::uint64_t batch, std::uint64_t max_per_app,
                          Done<Result<Published>> done) {
  impl_->add(
      Access::Creates,
      [batch, max_per_app](SqliteStore& store) { return store.publish(batch, max_per_app); },
      std::move(done));
}

void StoreThread::drop(std::uint64_t batch, Done<Result<void>> done) {
  impl_->add(
      Access::Creates, [batch](SqliteStore& store) { return store.drop(batch); }, std::move(done));
}

void StoreThread::update(Transfer transfer, Done<Result<void>> done) {
  impl_->add(
      Access::Changes,
      [transfer = std::move(transfer)](SqliteStore& store) { return store.update(transfer); },
      std::move(done));
}

void StoreThread::erase(std::vector<TransferId> ids, Done<Result<void>> done) {
  impl_->add(
      Access::Changes, [ids = std::move(ids)](SqliteStore& store) { return store.erase(ids); },
      std::move(done));
}

void StoreThread::load(std::vector<TransferId> ids, Done<Result<std::vector<Transfer>>> done) {
  impl_->add(
      Access::Reads, [ids = std::move(ids)](SqliteStore& store) { return store.load(ids); },
      std::move(done));
}

void StoreThread::load_queue(QueueKey after, std::vector<std::string> busy_origins,
                             std::uint32_t limit, Done<Result<std::vector<Transfer>>> done) {
  impl_->add(
      Access::Reads,
      [after, busy_origins = std::move(busy_origins), limit](SqliteStore& store) {
        return store.load_queue(after, busy_origins, limit);
      },
      std::move(done));
}

void StoreThread::load_due(TimePoint now, std::uint32_t limit,
                           Done<Result<std::vector<Transfer>>> done) {
  impl_->add(
      Access::Follows, [now, limit](SqliteStore& store) { return store.load_due(now, limit); },
      std::move(done));
}

void StoreThread::load_finishing(Done<Result<std::vector<Transfer>>> done) {
  impl_->add(
      Access::Reads, [](SqliteStore& store) { return store.load_finishing(); }, std::move(done));
}

void StoreThread::next_wake(Done<Result<std::optional<TimePoint>>> done) {
  impl_->add(
      Access::Follows, [](SqliteStore& store) { return store.next_wake(); }, std::move(done));
}

void StoreThread::list(ListFilter filter, std::uint64_t after_sequence, std::uint32_t limit,
                       Done<Result<std::vector<ListedTransfer>>> done) {
  impl_->add(
      Access::Reads,
      [filter = std::move(filter), after_sequence, limit](SqliteStore& store) {
        return store.list(filter, after_sequence, limit);
      },
      std::move(done));
}

void StoreThread::count(Done<Result<PhaseCounts>> done) {
  impl_->add(Access::Reads, [](SqliteStore& store) { return store.count(); }, std::move(done));
}

void StoreThread::unused_secrets(std::vector<SecretId> secrets,
                                 Done<Result<std::vector<SecretId>>> done) {
  impl_->add(
      Access::Reads,
      [secrets = std::move(secrets)](SqliteStore& store) { return store.unused_secrets(secrets); },
      std::move(done));
}

void StoreThread::last_queue_position(Done<Result<std::uint64_t>> done) {
  impl_->add(
      Access::Reads, [](SqliteStore& store) { return store.last_queue_position(); },
      std::move(done));
}

void StoreThread::load_expired(TimePoint before, std::uint32_t limit,
                               Done<Result<std::vector<TransferId>>> done) {
  impl_->add(
      Access::Reads,
      [before, limit](SqliteStore& store) { return store.load_expired(before, limit); },
      std::move(done));
}

void StoreThread::target_folders(Done<Result<std::vector<std::string>>> done) {
  // Writes too: which folders were swept.
  impl_->add(
      Access::Changes, [](SqliteStore& store) { return store.target_folders(); }, std::move(done));
}

}  // namespace lh
