#include "daemon/daemon.h"

#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <sstream>
#include <utility>

#include "daemon/attachments.h"
#include "daemon/snapshots.h"
#include "daemon/transfer_manager.h"
#include "daemon/transfers_adaptor.h"
#include "engine/curl_engine.h"
#include "files/file_service.h"
#include "files/folder_work.h"
#include "files/spool.h"
#include "ipc/bus_address.h"
#include "ipc/names.h"
#include "ipc/private_bus.h"
#include "platform/event_loop.h"
#include "platform/file_ops.h"
#include "platform/log.h"
#include "platform/mailbox.h"
#include "platform/system_info.h"
#include "reach/secret_store.h"
#include "store/store_thread.h"

namespace lh {
namespace {

using namespace std::chrono_literals;

constexpr Duration kGatherNews = 5ms;
/// How long a leaving service waits for syncs and commits that are under way.
constexpr Duration kDrainLimit = 20s;
constexpr Duration kHousekeeping = std::chrono::hours(12);

std::uint64_t seed_of(const Guid& guid) {
  std::uint64_t seed = 0;
  for (std::size_t i = 0; i < 8; ++i) seed = seed << 8 | guid.bytes()[i];
  return seed;
}

Error bus_error(std::string_view operation, const sdbus::Error& cause) {
  return Error{ErrorKind::Bus, 0, std::string(operation), {}, cause.getMessage()};
}

/// Runs a bus connection inside the main loop. `answered` is called after messages were handled and
/// before the loop sleeps.
class BusSource {
 public:
  BusSource(EventLoop& loop, sdbus::IConnection& bus, std::function<void()> answered,
            std::function<void()> lost)
      : loop_(loop), bus_(bus), answered_(std::move(answered)), lost_(std::move(lost)) {
    before_sleep_ = loop_.before_sleep([this] { return prepare(); });
  }

  /// A message was lost. Some client waits for it, so all must see that this service is gone: the
  /// next one tells them how things are.
  void give_up(const sdbus::Error& error) {
    if (is_lost_) return;
    log(LogLevel::Error, "a message cannot be sent: " + error.getMessage());
    try {
      ::shutdown(bus_.getEventLoopPollData().fd, SHUT_RDWR);
    } catch (const sdbus::Error&) {  // it is closed already
    }
  }

  /// Handles all messages that are there.
  void dispatch() {
    if (is_lost_) return;
    try {
      while (bus_.processPendingRequest()) {
      }
    } catch (const sdbus::Error& error) {
      lose(error);
    }
  }

 private:
  /// Nothing more comes from it; what still runs is drained without it.
  void lose(const sdbus::Error& error) {
    is_lost_ = true;
    watch_.reset();
    log(LogLevel::Error, "the bus connection is gone: " + error.getMessage());
    lost_();
  }

  std::optional<std::chrono::microseconds> prepare() {
    dispatch();
    answered_();
    if (is_lost_) return std::nullopt;
    sdbus::IConnection::PollData data{};
    try {
      data = bus_.getEventLoopPollData();
    } catch (const sdbus::Error& error) {
      lose(error);
      return std::nullopt;
    }
    if (data.fd != fd_ || data.events != events_) {
      fd_ = data.fd;
      events_ = data.events;
      std::uint32_t wanted = 0;
      if ((events_ & POLLIN) != 0) wanted |= EPOLLIN;
      if ((events_ & POLLOUT) != 0) wanted |= EPOLLOUT;
      watch_.reset();
      watch_ =
          loop_.watch(fd_, wanted, [](std::uint32_t) {});  // the work is done before the next sleep
    }
    if (data.timeout_usec == std::numeric_limits<std::uint64_t>::max()) return std::nullopt;
    return std::chrono::microseconds(data.timeout_usec);
  }

  EventLoop& loop_;
  sdbus::IConnection& bus_;
  std::function<void()> answered_;
  std::function<void()> lost_;
  EventLoop::Slot watch_;
  EventLoop::Slot before_sleep_;
  int fd_ = -1;
  short events_ = 0;
  bool is_lost_ = false;
};

}  // namespace

class Daemon::Impl {
 public:
  Impl(Options options, std::unique_ptr<SqliteStore> database)
      : options_(std::move(options)),
        loop_(clock_),
        files_(system_file_ops(), sink()),
        inquiries_(system_file_ops(), [](const Events&) {}),
        spool_(system_file_ops(), options_.paths.state_folder + "/spool", spool_limit()),
        spooling_(system_file_ops(), [](const Events&) {}),
        secrets_(options_.paths.state_folder + "/secrets", secret_service_bus()),
        engine_(engine_settings(), system_file_ops(), files_, clock_, secret_source(), sink()),
        store_(std::move(database),
               [this](std::function<void()> work) { loop_.post(std::move(work)); }),
        attachments_([this](const std::string& client, const std::vector<Change>& changes) {
          if (adaptor_) adaptor_->send(client, changes);
        }),
        manager_({store_, engine_, files_, clock_}, outside(), options_.config.limits, boot_id(),
                 seed_of(random_guid())) {
    service_.version = LONGHAUL_VERSION;
    service_.pid = static_cast<std::int32_t>(::getpid());
    service_.since = clock_.now();
    service_.state_folder = options_.paths.state_folder;
    service_.config_file = options_.paths.config_file;
  }

  Result<void> run() {
    news_watch_ = loop_.watch(news_.fd(), EPOLLIN,
                              [this](std::uint32_t) { manager_.on_events(news_.take_all()); });
    on_term_ = loop_.on_signal(SIGTERM, [this] { leave("SIGTERM"); });
    on_int_ = loop_.on_signal(SIGINT, [this] { leave("SIGINT"); });
    on_hup_ = loop_.on_signal(SIGHUP, [this] {
      const Result<void> reloaded = reload();
      if (reloaded.ok()) return;
      std::istringstream mistakes(reloaded.error().message());
      for (std::string line; std::getline(mistakes, line);) log(LogLevel::Error, line);
      log(LogLevel::Error, "the configuration stays as it was");
    });
    if (Result<void> connected = connect(); !connected.ok()) return connected;

    // The name is taken only when the store has been taken up: whoever calls finds everything
    // there.
    manager_.recover([this](Result<void> recovered) {
      if (!recovered.ok()) return fail(recovered.error());
      sweep_bodies([this] { open_for_business(); });
    });
    bus_source_ = std::make_unique<BusSource>(
        loop_, *bus_,
        [this] {
          tell_news();
          const bool owes_answers = adaptor_ && adaptor_->owes_answers();
          if (leaving_ && manager_.is_drained() && !owes_answers) loop_.quit();
        },
        [this] { leave("the bus went away"); });
    loop_.run();
    attachments_.flush();
    if (failure_) return *failure_;
    return {};
  }

  ~Impl() {
    bus_source_.reset();
    adaptor_.reset();
    if (bus_ && idle_) end_private_bus();
  }

 private:
  std::function<void(Events)> sink() {
    return [this](Events events) { news_.push_all(std::move(events)); };
  }

  /// At once, unless something was told a moment ago: then with what happens meanwhile.
  void tell_news() {
    if (!attachments_.has_news()) return;
    const auto now = std::chrono::steady_clock::now();
    if (now - last_told_ < kGatherNews) {
      // Its round ends here again.
      if (!tell_timer_)
        tell_timer_ = loop_.at(clock_.now() + kGatherNews, [this] { last_told_ = {}; });
      return;
    }
    tell_timer_.reset();
    last_told_ = now;
    attachments_.flush();
  }

  [[nodiscard]] EngineSettings engine_settings() const {
    EngineSettings settings;
    settings.user_agent = "longhaul/" LONGHAUL_VERSION;
    settings.ca_file = options_.config.tls_ca_file;
    settings.min_tls = options_.config.tls_min_version;
    settings.crl_file = options_.config.tls_crl_file;
    settings.client_certificates = options_.config.client_certificates;
    return settings;
  }

  /// None has one on a private bus, which serves nobody else.
  [[nodiscard]] std::optional<std::string> secret_service_bus() const {
    const std::string folder = options_.paths.private_bus_folder();
    if (is_private_bus(options_.bus_address, folder)) return std::nullopt;
    return options_.bus_address;
  }

  SecretSource secret_source() {
    return [this](const SecretId& id, std::function<void(Result<Secrets>)> done) {
      secrets_.load(id, std::move(done));
    };
  }

  TransferManager::Outside outside() {
    return {
        .has_listeners =
            [this](const Transfer& transfer) {
              return attachments_.has_listeners(transfer.id, transfer.spec.app);
            },
        .is_attended =
            [this](const Transfer& transfer) {
              return attachments_.is_attended(transfer.id, transfer.spec.app);
            },
        .has_watchers = [this] { return attachments_.any_watches(); },
        .tell = [this](const Change& change) { attachments_.tell(change); },
        .wake_at =
            [this](std::optional<TimePoint> when) {
              wake_timer_.reset();
              if (when) wake_timer_ = loop_.at(*when, [this] { manager_.wake(); });
            },
        .drop_secret = [this](const SecretId& secret) { secrets_.erase(secret); },
        .drop_body = [this](const TransferId& id) { erase_body(id); },
        .store_failed = [this](const Error& error) { fail(error); },
        .quiet = [this] { consider_idle(); },
    };
  }

  Result<void> connect() {
    try {
      bus_ = options_.bus_address.empty()
                 ? sdbus::createSessionBusConnection()
                 : sdbus::createSessionBusConnectionWithAddress(options_.bus_address);
    } catch (const sdbus::Error& error) {
      Error failure = bus_error("connect to the bus at " + options_.bus_address, error);
      failure.detail += "; without a session bus, any client (longhaul status) brings one along";
      return failure;
    }
    return {};
  }

  void open_for_business() {
    adaptor_ = std::make_unique<TransfersAdaptor>(
        *bus_,
        TransfersAdaptor::Parts{manager_, attachments_, inquiries_, spooling_, spool_, secrets_,
                                loop_, service_},
        TransfersAdaptor::Hooks{.called = [this] { consider_idle(); },
                                .met = [this](const std::string& client) { watch_client(client); },
                                .reload = [this] { return reload(); },
                                .unsent =
                                    [this](const sdbus::Error& error) {
                                      if (bus_source_) bus_source_->give_up(error);
                                    }});
    try {
      bus_->requestName(bus::kName);
    } catch (const sdbus::Error& error) {
      return fail(bus_error("take the name " + std::string(bus::kName) + " on the bus", error));
    }
    log(LogLevel::Info, "ready, state in " + options_.paths.state_folder);
    sweep();
    sweep_answers();
    sweep_secrets();
    keep_house();
    consider_idle();
  }

  /// The same for secrets. Looked for before the first caller can bring new ones.
  void sweep_secrets() {
    secrets_.list([this](std::vector<SecretId> found) {
      if (found.empty()) return;
      loop_.post([this, found = std::move(found)] {
        store_.unused_secrets(found, [this](const Result<std::vector<SecretId>>& unused) {
          if (!unused.ok()) return;
          for (const SecretId& secret : *unused) secrets_.erase(secret);
        });
      });
    });
  }

  /// Removes copies that a crash left behind, then calls `done`: before anybody can bring another
  /// under the id of one that goes.
  void sweep_bodies(std::function<void()> done) {
    const std::vector<TransferId> found = spool_.list();
    if (found.empty()) return done();
    const auto open = std::make_shared<std::size_t>(found.size());
    for (const TransferId& id : found) {
      manager_.show(id, [this, id, open, done](const std::optional<TransferManager::Shown>& shown) {
        if (failure_ || leaving_)
          return;  // a store that cannot be read does not say what is needed
        if (!shown || is_final(shown->transfer.state.phase)) erase_body(id);
        if (--*open == 0) done();
      });
    }
  }

  void erase_body(const TransferId& id) {
    spooling_.run([this, id] { spool_.erase(id); });
  }

  [[nodiscard]] ByteCount spool_limit() const {
    return ByteCount{options_.config.limits.spool_max_mib} * 1_MiB;
  }

  /// Removes partial files that a crash left behind between the end of a transfer and the removal
  /// of its bytes.
  void sweep() {
    store_.target_folders([this](Result<std::vector<std::string>> folders) {
      if (!folders.ok()) return;
      for (std::string& folder : *folders) {
        files_.sweep(std::move(folder), [this](const TransferId& id) {
          loop_.post([this, id] { discard_if_ended(id); });
          return true;  // decided on the main loop, which knows
        });
      }
    });
  }

  /// Answers to uploads whose rows are gone: the service ended between the two. One after the
  /// other, since there may be many.
  void sweep_answers() {
    inquiries_.run([this, folder = answers_folder()] {
      auto found = std::make_shared<std::vector<TransferId>>(list_ids(folder));
      loop_.post([this, found] { sweep_next_answer(found); });
    });
  }

  void sweep_next_answer(const std::shared_ptr<std::vector<TransferId>>& left) {
    if (left->empty() || failure_ || leaving_) return;
    const TransferId id = left->back();
    left->pop_back();
    manager_.show(id, [this, id, left](const std::optional<TransferManager::Shown>& shown) {
      if (failure_ || leaving_) return;  // a store that cannot be read does not say what is needed
      if (!shown) {
        FileService::Job job;
        job.id = id;
        job.target.folder = answers_folder();
        job.file_name = id.to_string();
        job.with_result = true;
        files_.discard(std::move(job));
      }
      loop_.post([this, left] { sweep_next_answer(left); });
    });
  }

  [[nodiscard]] std::string answers_folder() const {
    return answers_folder_of(options_.paths.state_folder);
  }

  void discard_if_ended(const TransferId& id) {
    manager_.show(id, [this](std::optional<TransferManager::Shown> shown) {
      if (!shown || !is_final(shown->transfer.state.phase) || shown->transfer.live.file_job) return;
      // What a server said when it refused an upload is kept with it (R99).
      const bool is_answer = shown->transfer.spec.kind == TransferKind::Upload &&
                             shown->transfer.state.phase == Phase::Failed;
      if (is_answer) return;
      FileService::Job job;
      job.id = shown->transfer.id;
      job.target = shown->transfer.spec.target;
      files_.discard(std::move(job));
    });
  }

  void keep_house() {
    housekeeping_ = loop_.at(clock_.now() + kHousekeeping, [this] {
      manager_.expire_old();
      keep_house();
    });
  }

  void watch_client(const std::string& client) {
    if (clients_.contains(client)) return;
    const std::string match =
        "type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',"
        "member='NameOwnerChanged',arg0='" +
        client + "',arg2=''";
    clients_[client] = bus_->addMatch(match, [this, client](sdbus::Message&) {
      attachments_.gone(client);
      if (adaptor_) adaptor_->gone(client);
      // Not from inside its own callback.
      loop_.post([this, client] {
        clients_.erase(client);
        consider_idle();
      });
    });
  }

  /// Starts the idle time anew, if there may be any.
  void consider_idle() {
    idle_timer_.reset();
    if (leaving_ || !adaptor_ || attachments_.any() || !manager_.is_drained()) return;
    const Duration idle_exit = manager_.limits().idle_exit;
    if (idle_exit <= 0ms) return;
    idle_timer_ = loop_.at(clock_.now() + idle_exit, [this] {
      manager_.is_quiet([this](bool quiet) {
        if (!quiet || attachments_.any()) return;
        // What was asked for since may not be counted yet.
        if (adaptor_->owes_answers() || adaptor_->has_batches()) return consider_idle();
        leave_idle();
      });
    });
  }

  void leave_idle() {
    if (leaving_) return;
    // Calls that arrived before the name was given back are still answered; later ones start the
    // service anew.
    try {
      bus_->releaseName(bus::kName);
    } catch (const sdbus::Error&) {
      return consider_idle();
    }
    idle_timer_.reset();
    bus_source_->dispatch();
    if (idle_timer_ || attachments_.any() || !manager_.is_drained() || adaptor_->owes_answers() ||
        adaptor_->has_batches()) {
      try {
        bus_->requestName(bus::kName);
      } catch (const sdbus::Error& error) {
        fail(bus_error("take the bus name again", error));
      }
      return consider_idle();
    }
    idle_ = true;
    leave("nothing left to do");
  }

  void leave(std::string_view why) {
    if (std::exchange(leaving_, true)) return;
    log(LogLevel::Info, "leaving: " + std::string(why));
    manager_.drain();
    store_.wait_no_more();
    spool_.leave();
    drain_limit_ = loop_.at(clock_.now() + kDrainLimit, [this] {
      log(LogLevel::Warning,
          "not everything came to rest in time; the rest is taken up at the next start");
      loop_.quit();
    });
  }

  /// A private bus serves nobody else: it leaves with its daemon, unless a client is on it already.
  void end_private_bus() {
    const std::string folder = options_.paths.private_bus_folder();
    if (!is_private_bus(options_.bus_address, folder)) return;
    const Result<bool> ended = end_private_bus_if_alone(folder, bus_->getUniqueName());
    if (!ended.ok()) log(LogLevel::Warning, ended.error().message());
  }

  void fail(const Error& error) {
    if (failure_) return;
    if (leaving_ && error.kind == ErrorKind::DiskFull) {
      // Nobody was told of it, and what is stored is right.
      log(LogLevel::Warning, error.message() + "; what could not be recorded is not");
      return loop_.quit();
    }
    failure_ = error;
    loop_.quit();
  }

  Result<void> reload() {
    Result<Config> config = load_config(options_.paths.config_file);
    if (!config.ok()) return config.error();
    options_.config = *config;
    set_log_level(config->log_level);
    engine_.set_settings(engine_settings());
    manager_.set_limits(config->limits);
    spool_.set_limit(spool_limit());
    log(LogLevel::Info, "configuration read again from " + options_.paths.config_file);
    return {};
  }

  Options options_;
  std::unique_ptr<sdbus::IConnection> bus_;  ///< outlives every answer that may wait in the loop
  SystemClock clock_;
  EventLoop loop_;
  Mailbox<Events::value_type> news_;
  ServiceFacts service_;
  // Threads end in reverse order: the engine uses the files, both tell the mailbox above.
  FileThread files_;
  FileThread inquiries_;  ///< quick questions of callers, which must not wait behind a sync
  Spool spool_;
  FileThread spooling_;  ///< copies, which may be large
  SecretStore secrets_;
  CurlEngine engine_;
  StoreThread store_;
  Attachments attachments_;
  TransferManager manager_;
  std::unique_ptr<TransfersAdaptor> adaptor_;
  std::unique_ptr<BusSource> bus_source_;
  std::map<std::string, sdbus::Slot> clients_;
  EventLoop::Slot news_watch_, on_term_, on_int_, on_hup_;
  EventLoop::Slot wake_timer_, idle_timer_, tell_timer_, drain_limit_, housekeeping_;
  std::chrono::steady_clock::time_point last_told_;
  bool leaving_ = false;
  bool idle_ = false;
  std::optional<Error> failure_;
};

Daemon::Daemon(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Daemon::~Daemon() = default;

Result<std::unique_ptr<Daemon>> Daemon::create(Options options) {
  const std::string path = options.paths.state_folder + "/transfers.db";
  Result<std::unique_ptr<SqliteStore>> database = SqliteStore::open(path);
  if (!database.ok()) return database.error();
  return std::unique_ptr<Daemon>(
      new Daemon(std::make_unique<Impl>(std::move(options), std::move(*database))));
}

Result<void> Daemon::run() {
  return impl_->run();
}

}  // namespace lh
