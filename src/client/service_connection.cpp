#include "client/service_connection.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <system_error>

#include "client/quiet_thread.h"
#include "ipc/error_names.h"
#include "platform/xdg_paths.h"

namespace lh {
namespace {

using namespace std::chrono_literals;

constexpr int kTries = 3;
constexpr auto kExitPatience = 2s;
/// How long to wait before looking for the service again, while somebody is attached and it could
/// not be reached; one more failure is the last.
constexpr std::array<std::chrono::milliseconds, 7> kAfterFailure{100ms, 500ms, 1s, 2s,
                                                                 5s,    10s,   20s};
/// A daemon that ends sooner than this ends "quickly"; so many in a row, and it is not worth
/// trying.
constexpr auto kQuickly = 1s;
constexpr int kMostQuickEnds = 30;

std::chrono::milliseconds after_quick_ends(int count) {
  return std::min<std::chrono::milliseconds>(1s, 50ms * ((count - 1) * (count - 1)));
}

/// All connections of the process; never destroyed, since other threads may still use them while it
/// is ending.
struct Registry {
  std::mutex mutex;
  std::map<std::string, std::shared_ptr<ServiceConnection>> connections;
};
Registry& registry() {
  static Registry* const instance = new Registry;
  return *instance;
}

bool daemon_ended(const sdbus::Error& error) {
  // The library's own time-out has the same name, and no daemon ended then.
  return error.getName() == "org.freedesktop.DBus.Error.NoReply" &&
         error.getMessage() != "Method call timed out";
}

TransferError ending() {
  return unavailable("the program is ending, or is a fork of one that used the library");
}

}  // namespace

std::shared_ptr<ServiceConnection> ServiceConnection::of_app(const std::string& app) {
  require_utf8("the app id", app);
  Registry& all = registry();
  const std::lock_guard lock(all.mutex);
  if (all.connections.empty()) {
    // The bus library's statics must outlive our thread, so they come before its end is registered.
    static_cast<void>(sdbus::Variant(std::int32_t{0}));
    std::atexit(stop_all);
  }
  std::shared_ptr<ServiceConnection>& connection = all.connections[app];
  if (!connection) {
    auto made = std::make_shared<ServiceConnection>(app);
    try {
      start_quiet_thread("longhaul-bus", [raw = made.get()] { raw->run(); });
    } catch (const std::system_error& error) {
      throw_error(unavailable(std::string("cannot start a thread: ") + error.what()));
    }
    connection = std::move(made);
  }
  return connection;
}

ServiceConnection::ServiceConnection(std::string app)
    : app_(std::move(app)),
      owner_(::getpid()),
      stop_event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

ServiceConnection::~ServiceConnection() = default;

void ServiceConnection::stop_all() {
  Registry& all = registry();
  std::vector<std::shared_ptr<ServiceConnection>> connections;
  {
    const std::lock_guard lock(all.mutex);
    for (const auto& [app, connection] : all.connections) connections.push_back(connection);
  }
  for (const auto& connection : connections) connection->stop();
}

void ServiceConnection::stop() {
  if (::getpid() != owner_) return;
  stopping_ = true;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(stop_event_.get(), &one, sizeof one);
  std::unique_lock lock(ended_mutex_);
  ended_changed_.wait_for(lock, kExitPatience, [this] { return ended_; });
}

bool ServiceConnection::post(Task task) {
  if (::getpid() != owner_) return false;
  const std::lock_guard lock(ended_mutex_);
  if (ended_) return false;
  mailbox_.push(std::move(task));
  return true;
}

void ServiceConnection::run() {
  while (!stopping_) {
    turn();
    if (!stopping_) wait_for_work();
  }
  // What was asked for before the end is still sent, and what that leads to.
  for (int round = 0; round < 2; ++round) {
    for (Task& task : mailbox_.take_all()) task();
  }
  for (auto& [serial, call] : std::exchange(outstanding_, {})) call->fail(ending());
  link_.reset();
  {
    const std::lock_guard lock(ended_mutex_);
    ended_ = true;
  }
  for (Task& task : mailbox_.take_all()) task();
  ended_changed_.notify_all();
}

void ServiceConnection::turn() {
  for (Task& task : mailbox_.take_all()) task();
  if (!to_detach_.empty()) send_detach();
  if (link_ && !link_->dispatch()) bus_is_gone();
  if (link_ && !link_->has_service()) service_is_gone();
  if (reconnect_at_ && Clock::now() >= *reconnect_at_) reconnect();
}

void ServiceConnection::wait_for_work() {
  std::array<pollfd, 3> fds{
      {{mailbox_.fd(), POLLIN, 0}, {stop_event_.get(), POLLIN, 0}, {-1, 0, 0}}};
  int timeout = -1;
  if (link_) {
    fds[2] = link_->poll_request();
    timeout = link_->poll_timeout();
  }
  if (reconnect_at_) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*reconnect_at_ - Clock::now());
    const int wait = std::max(0, static_cast<int>(left.count()));
    timeout = timeout < 0 ? wait : std::min(timeout, wait);
  }
  ::poll(fds.data(), fds.size(), timeout);
}

void ServiceConnection::submit(CallPtr call) {
  if (!post([this, call] { start(call); })) call->fail(ending());
}

void ServiceConnection::start(const CallPtr& call) {
  if (Answer<Nothing> ready = ensure_service(); !ready) return call->fail(ready.error);
  const std::uint64_t serial = ++last_serial_;
  outstanding_.emplace(serial, call);
  try {
    call->send(link_->service(), [this, serial](const sdbus::Error* error, void* results) {
      answered(serial, error, results);
    });
  } catch (const sdbus::Error& error) {
    // A message that cannot be sent at all is the caller's affair, a broken bus is ours.
    if (outstanding_.erase(serial) == 0) return;
    if (link_->dispatch()) return call->fail(from_bus_error(error));
    bus_is_gone();
    give_back(call, sdbus::Error("org.freedesktop.DBus.Error.ServiceUnknown", error.getMessage()));
  }
}

void ServiceConnection::answered(std::uint64_t serial, const sdbus::Error* error, void* results) {
  const auto found = outstanding_.extract(serial);
  if (found.empty()) return;
  if (error == nullptr) return found.mapped()->deliver(results);
  give_back(found.mapped(), *error);
}

/// Repeats it if that is allowed, else tells the caller.
void ServiceConnection::give_back(const CallPtr& call, const sdbus::Error& error) {
  const bool again =
      was_not_delivered(error) || (call->repeat == Repeat::Safe && daemon_ended(error));
  if (!again || ++call->tries >= kTries) return call->fail(from_bus_error(error));
  submit(call);
}

Answer<Nothing> ServiceConnection::ensure_service() {
  if (link_ && link_->has_service()) return Nothing{};
  if (stopping_) return ending();
  if (link_) {
    service_is_gone();
    if (link_->find_service()) {
      resync();
      return Nothing{};
    }
    bus_is_gone();
  }
  const Result<XdgPaths> paths = XdgPaths::from_environment();
  if (!paths) return unavailable(paths.error().message());
  BusLink::Options options;
  options.app = app_;
  options.paths = *paths;
  options.interrupt = stop_event_.get();
  options.on_news = [this](const std::vector<WireChange>& changes) { on_changes(changes); };
  Answer<std::unique_ptr<BusLink>> link = BusLink::open(options);
  if (!link) return link.error;
  link_ = std::move(*link.value);
  resync();
  return Nothing{};
}

/// The daemon ended; what it had not answered goes to the next one, or back.
void ServiceConnection::service_is_gone() {
  link_->drop_service();
  const auto unanswered = std::exchange(outstanding_, {});
  const sdbus::Error error("org.freedesktop.DBus.Error.NoReply",
                           "longhauld ended before it answered");
  for (const auto& [serial, call] : unanswered) give_back(call, error);
  if (std::exchange(serving_, false) && is_followed()) look_again_after_end();
}

void ServiceConnection::bus_is_gone() {
  service_is_gone();
  link_.reset();
}

bool ServiceConnection::is_followed() const {
  return !attached_.empty() || !watchers_.empty();
}

/// The daemon ended, or did not answer.
void ServiceConnection::look_again_after_end() {
  if (reconnect_at_) return;
  quick_ends_ = Clock::now() - greeted_at_ > kQuickly ? 1 : quick_ends_ + 1;
  if (quick_ends_ > kMostQuickEnds) return give_up(unavailable("longhauld ends again and again"));
  reconnect_at_ = Clock::now() + after_quick_ends(quick_ends_);
}

void ServiceConnection::reconnect() {
  reconnect_at_.reset();
  if (!is_followed()) return;
  const Answer<Nothing> ready = ensure_service();
  if (ready || stopping_) return;
  if (failures_ >= kAfterFailure.size()) return give_up(ready.error);
  reconnect_at_ = Clock::now() + kAfterFailure[failures_++];
}

void ServiceConnection::give_up(const TransferError& why) {
  failures_ = 0;
  quick_ends_ = 0;
  std::vector<TransferId> ids;
  for (const auto& [id, attachment] : attached_) ids.push_back(id);
  for (const TransferId& id : ids) tell_lost(id, why);
  for (const Watcher& watcher : std::exchange(watchers_, {})) {
    if (const auto listener = watcher.listener.lock()) listener->on_lost({}, why);
  }
  watched_.clear();
}

}  // namespace lh
