#include "reach/secret_store.h"

#include <signal.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include <pthread.h>

#include "platform/log.h"
#include "reach/secret_files.h"
#include "reach/secret_service.h"

namespace lh {

class SecretStore::Impl {
 public:
  Impl(const std::string& folder, std::optional<std::string> bus_address) : files_(folder) {
    if (bus_address) service_.emplace(*std::move(bus_address), folder);
    thread_ = std::thread([this] { run(); });
  }

  ~Impl() {
    add([this] { leaving_ = true; });
    thread_.join();
  }

  void add(std::function<void()> work) {
    const std::lock_guard lock(mutex_);
    work_.push_back(std::move(work));
    added_.notify_one();
  }

  // On the thread.

  void look() { note(service_is_there() ? "secret-service" : "file"); }

  Result<void> put(const Guid& id, const Secrets& secrets) {
    const std::string text = format_secrets(secrets);
    if (service_is_there()) {
      const Result<void> stored = service_->put(id, text);
      if (stored.ok()) {
        note("secret-service");
        return {};
      }
      log(LogLevel::Info, stored.error().message() + "; a file is used instead");
    }
    note("file");
    return files_.put(id, text);
  }

  Result<Secrets> load(const Guid& id) {
    Result<std::string> text = files_.load(id);
    if (!text.ok() && text.error().kind == ErrorKind::NotFound) {
      if (!service_) return Error{ErrorKind::NotFound, 0, {}, {}, "there is no entry"};
      // That it is not there now does not mean that the entry is gone.
      text = service_->load(id);
    }
    if (!text.ok()) return text.error();
    Result<Secrets> secrets = parse_secrets(*text);
    if (secrets.ok()) return secrets;
    return Error{secrets.error().kind, 0, "read", place_of(id), secrets.error().detail};
  }

  /// In both places: a Secret Service that answered too late may have kept what is in a file too.
  void erase(const Guid& id) {
    report(files_.erase(id));
    if (service_is_running()) report(service_->erase(id));
  }

  std::vector<Guid> list() {
    std::vector<Guid> ids = files_.list();
    if (!service_is_running()) return ids;
    for (const Guid& id : service_->list()) ids.push_back(id);
    return ids;
  }

  [[nodiscard]] std::string place() const {
    const std::lock_guard lock(mutex_);
    return place_;
  }

 private:
  static void report(const Result<void>& erased) {
    if (erased.ok() || erased.error().kind == ErrorKind::NotFound) return;
    log(LogLevel::Warning,
        "secrets that are needed no longer stay where they are until the next start: " +
            erased.error().message());
  }

  [[nodiscard]] std::string place_of(const Guid& id) const {
    return files_.has(id) ? files_.path_of(id)
                          : "the entry " + id.to_string() + " of the Secret Service";
  }

  bool service_is_there() { return service_ && service_->is_there(); }
  bool service_is_running() { return service_ && service_->is_running(); }

  void run() {
    ::pthread_setname_np(::pthread_self(), "lh-secrets");
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
    while (!leaving_) next()();
  }

  std::function<void()> next() {
    std::unique_lock lock(mutex_);
    added_.wait(lock, [this] { return !work_.empty(); });
    auto work = std::move(work_.front());
    work_.pop_front();
    return work;
  }

  void note(const char* place) {
    const std::lock_guard lock(mutex_);
    place_ = place;
  }

  SecretFiles files_;
  std::optional<SecretService> service_;
  mutable std::mutex mutex_;
  std::condition_variable added_;
  std::deque<std::function<void()>> work_;
  std::string place_;
  bool leaving_ = false;
  std::thread thread_;  ///< last: uses all the others
};

SecretStore::SecretStore(const std::string& folder, std::optional<std::string> bus_address)
    : impl_(std::make_unique<Impl>(folder, std::move(bus_address))) {
  impl_->add([impl = impl_.get()] { impl->look(); });
}
SecretStore::~SecretStore() = default;

void SecretStore::put(const Guid& id, Secrets secrets, Done<Result<void>> done) {
  impl_->add([impl = impl_.get(), id, secrets = std::move(secrets), done = std::move(done)] {
    done(impl->put(id, secrets));
  });
}

void SecretStore::load(const Guid& id, Done<Result<Secrets>> done) {
  impl_->add([impl = impl_.get(), id, done = std::move(done)] { done(impl->load(id)); });
}

void SecretStore::erase(const Guid& id) {
  impl_->add([impl = impl_.get(), id] { impl->erase(id); });
}

void SecretStore::list(Done<std::vector<Guid>> done) {
  impl_->add([impl = impl_.get(), done = std::move(done)] { done(impl->list()); });
}

std::string SecretStore::place() const {
  return impl_->place();
}

}  // namespace lh
