#include "store/store_thread.h"

#include <poll.h>
#include <signal.h>

#include <algorithm>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <pthread.h>

#include "platform/mailbox.h"

namespace lh {
namespace {

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
  [[nodiscard]] virtual bool writes() const = 0;
};

enum class Access { Reads, Writes };

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
  [[nodiscard]] bool writes() const override { return access_ == Access::Writes; }

 private:
  Access access_;
  Work work_;
  std::function<void(R)> done_;
  std::optional<R> result_;
};

using Batch = std::vector<std::unique_ptr<Call>>;
/// So many calls do not wait for the end of a round, which may be far off.
constexpr std::size_t kMostWaiting = 512;

}  // namespace

class StoreThread::Impl {
 public:
  Impl(std::unique_ptr<SqliteStore> store, Executor executor)
      : store_(std::move(store)), executor_(std::move(executor)), thread_([this] { main(); }) {}

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

 private:
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
      ::poll(&entry, 1, -1);
      Batch batch = outbox_->sent.take_all();
      if (!batch.empty() && batch.back() == nullptr) {
        batch.pop_back();
        last = true;
      }
      if (batch.empty()) continue;
      run(batch);
      if (!last) answer(std::move(batch));
    }
    store_.reset();
  }

  void run(Batch& batch) {
    std::optional<Error> error = failure_ ? failure_ : carry_out(batch);
    if (!error) return;
    // What the reads saw may have been part of what was taken back, so they fail too.
    for (const auto& call : batch) call->fail(*error);
  }

  /// Why nothing of the batch is stored, if so.
  std::optional<Error> carry_out(const Batch& batch) {
    const bool writes =
        std::any_of(batch.begin(), batch.end(), [](const auto& call) { return call->writes(); });
    if (!writes) {
      for (const auto& call : batch) call->run(*store_);
      return std::nullopt;
    }
    if (auto begun = store_->begin(); !begun) return std::move(begun).error();
    for (const auto& call : batch) {
      call->run(*store_);
      if (!store_->in_transaction()) return carry_out_others(batch, *call);
    }
    if (auto committed = store_->commit(); !committed) failure_ = std::move(committed).error();
    return failure_;
  }

  /// After a full disk, for example, SQLite has taken back everything by itself. One call alone may
  /// have asked for too much: the others are carried out again, each in a transaction of its own.
  std::optional<Error> carry_out_others(const Batch& batch, Call& failed) {
    store_->was_taken_back();
    if (failed.error() == nullptr)
      failed.fail(Error{ErrorKind::Store, 0, "store", {}, "taken back"});
    for (const auto& call : batch) {
      if (call.get() != &failed) carry_out_alone(*call);
    }
    return std::nullopt;
  }

  void carry_out_alone(Call& call) {
    if (failure_) return call.fail(*failure_);
    if (auto begun = store_->begin(); !begun) return call.fail(begun.error());
    call.run(*store_);
    if (!store_->in_transaction()) return store_->was_taken_back();
    if (auto committed = store_->commit(); !committed) {
      failure_ = std::move(committed).error();
      call.fail(*failure_);
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
  const std::shared_ptr<Outbox> outbox_ = std::make_shared<Outbox>();
  std::optional<Error> failure_;  ///< of the commit that failed; nothing works after it
  std::thread thread_;            ///< last: it uses the others
};

StoreThread::StoreThread(std::unique_ptr<SqliteStore> store, Executor executor)
    : impl_(std::make_unique<Impl>(std::move(store), std::move(executor))) {}
StoreThread::~StoreThread() = default;

void StoreThread::insert(std::vector<Transfer> transfers, std::uint64_t max_per_app,
                         Done<Result<void>> done) {
  impl_->add(
      Access::Writes,
      [transfers = std::move(transfers), max_per_app](SqliteStore& store) {
        return store.insert(transfers, max_per_app);
      },
      std::move(done));
}

void StoreThread::stage(std::uint64_t batch, std::vector<Transfer> transfers,
                        Done<Result<void>> done) {
  impl_->add(
      Access::Writes,
      [batch, transfers = std::move(transfers)](SqliteStore& store) {
        return store.stage(batch, transfers);
      },
      std::move(done));
}

void StoreThread::publish(std::uint64_t batch, std::uint64_t max_per_app,
                          Done<Result<Published>> done) {
  impl_->add(
      Access::Writes,
      [batch, max_per_app](SqliteStore& store) { return store.publish(batch, max_per_app); },
      std::move(done));
}

void StoreThread::drop(std::uint64_t batch, Done<Result<void>> done) {
  impl_->add(
      Access::Writes, [batch](SqliteStore& store) { return store.drop(batch); }, std::move(done));
}

void StoreThread::update(Transfer transfer, Done<Result<void>> done) {
  impl_->add(
      Access::Writes,
      [transfer = std::move(transfer)](SqliteStore& store) { return store.update(transfer); },
      std::move(done));
}

void StoreThread::erase(std::vector<TransferId> ids, Done<Result<void>> done) {
  impl_->add(
      Access::Writes, [ids = std::move(ids)](SqliteStore& store) { return store.erase(ids); },
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
      Access::Reads, [now, limit](SqliteStore& store) { return store.load_due(now, limit); },
      std::move(done));
}

void StoreThread::load_finishing(Done<Result<std::vector<Transfer>>> done) {
  impl_->add(
      Access::Reads, [](SqliteStore& store) { return store.load_finishing(); }, std::move(done));
}

void StoreThread::next_wake(Done<Result<std::optional<TimePoint>>> done) {
  impl_->add(Access::Reads, [](SqliteStore& store) { return store.next_wake(); }, std::move(done));
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
      Access::Writes, [](SqliteStore& store) { return store.target_folders(); }, std::move(done));
}

}  // namespace lh
