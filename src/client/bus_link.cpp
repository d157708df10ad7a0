#include "client/bus_link.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <string_view>

#include "client/daemon_finder.h"
#include "ipc/detached_process.h"
#include "ipc/private_bus.h"
#include "ipc_glue/transfers_proxy.h"
#include "platform/unique_fd.h"

namespace lh {
namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

constexpr auto kCallLimit = 20s;   // an answer of the bus, or of a daemon that is being started
constexpr auto kStartLimit = 15s;  // a bus or a daemon that we start ourselves
constexpr auto kAfterDaemonEnded = 3s;  // another one may be about to take the name
constexpr int kGreetings = 3;

constexpr const char* kBusName = "org.freedesktop.DBus";
constexpr const char* kBusInterface = "org.freedesktop.DBus";

std::string describe(const BusChoice& choice) {
  switch (choice.kind) {
    case BusChoice::Kind::Given:
      return "the bus of LONGHAUL_BUS_ADDRESS (" + choice.address + ")";
    case BusChoice::Kind::Session:
      return "the session bus (" + choice.address + ")";
    case BusChoice::Kind::Private:
      return "the private bus (" + choice.address + ")";
  }
  return {};
}

/// The last thing that a daemon said in the log, if it ended by itself.
std::string last_words(const std::string& log) {
  std::ifstream file(log);
  file.seekg(0, std::ios::end);
  file.seekg(std::max<std::streamoff>(0, static_cast<std::streamoff>(file.tellg()) - 4096));
  std::string last;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("longhauld: ")) last = line;
  }
  return last;
}

}  // namespace

/// The generated proxy, for one daemon.
class BusLink::Service final
    : public sdbus::ProxyInterfaces<org::longhaul::Transfers1::Service_proxy> {
 public:
  Service(sdbus::IConnection& bus, const std::string& owner,
          std::function<void(const std::vector<WireChange>&)> on_news)
      : ProxyInterfaces(bus, owner, bus::kPath), on_news_(std::move(on_news)) {
    registerProxy();
  }
  ~Service() { unregisterProxy(); }

  using ProxyObjectHolder::getProxy;

 private:
  void onChanged(const std::vector<WireChange>& changes) override { on_news_(changes); }

  std::function<void(const std::vector<WireChange>&)> on_news_;
};

BusLink::BusLink(const Options& options, BusChoice choice)
    : options_(options), choice_(std::move(choice)) {}

BusLink::~BusLink() {
  service_.reset();
  end_unused_bus();
  name_watch_.reset();
  bus_object_.reset();
}

/// A daemon ends its private bus; where none runs that is for the last client to do.
void BusLink::end_unused_bus() {
  if (choice_.kind != BusChoice::Kind::Private || !bus_ || !owner_.empty()) return;
  try {
    // A bus that stays serves the next client.
    static_cast<void>(end_private_bus_if_alone(options_.paths.private_bus_folder(),
                                               bus_->getUniqueName(), KeepLock::No));
  } catch (const sdbus::Error&) {  // it is gone already
  }
}

Answer<std::unique_ptr<BusLink>> BusLink::open(const Options& options) {
  const BusEnvironment environment = BusEnvironment::from_process(options.paths);
  const BusChoice choice = choose_bus(environment);
  Answer<std::unique_ptr<BusLink>> link = open_on(options, choice);
  if (link || choice.kind != BusChoice::Kind::Session) return link;
  // An address that leads nowhere, or a service with another state folder: then a bus of our own.
  Answer<std::unique_ptr<BusLink>> own = open_on(
      options, {BusChoice::Kind::Private, private_bus_address(environment.private_bus_folder)});
  if (!own) own.error.message = link.error.message + "; " + own.error.message;
  return own;
}

Answer<std::unique_ptr<BusLink>> BusLink::open_on(const Options& options, BusChoice choice) {
  std::unique_ptr<BusLink> link(new BusLink(options, std::move(choice)));
  try {
    if (Answer<Nothing> connected = link->connect(); !connected) return connected.error;
  } catch (const sdbus::Error& error) {
    return link->failure("cannot connect: " + error.getMessage());
  }
  if (Answer<Nothing> found = link->find_service(); !found) return found.error;
  return link;
}

Answer<Nothing> BusLink::connect() {
  if (choice_.kind != BusChoice::Kind::Private) {
    connect_to(choice_.address);
    return Nothing{};
  }
  const std::string folder = options_.paths.private_bus_folder();
  // Kept until the bus knows us, so that it does not end meanwhile.
  Result<PrivateBusLock> lock = PrivateBusLock::acquire(folder, kStartLimit);
  if (!lock) return failure(lock.error().message());
  const std::string daemon = find_daemon();
  if (daemon.empty()) return failure("longhauld was not found (" + daemon_places() + ")");
  const Result<std::string> address =
      ensure_private_bus(*lock, folder, daemon, kStartLimit, options_.interrupt);
  if (!address) return failure(address.error().message());
  connect_to(*address);
  return Nothing{};
}

void BusLink::connect_to(const std::string& address) {
  bus_ = sdbus::createSessionBusConnectionWithAddress(address);
  bus_object_ = sdbus::createProxy(*bus_, kBusName, "/org/freedesktop/DBus");
  name_watch_ = bus_->addMatch(
      "type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',"
      "member='NameOwnerChanged',arg0='" +
          std::string(bus::kName) + "'",
      [this](sdbus::Message& message) {
        std::string name;
        std::string before;
        std::string after;
        message >> name >> before >> after;
        owner_ = after;
      });
}

bool BusLink::dispatch() {
  try {
    while (bus_->processPendingRequest()) {
    }
    return true;
  } catch (const sdbus::Error&) {
    return false;
  }
}

pollfd BusLink::poll_request() const {
  const auto data = bus_->getEventLoopPollData();
  return {data.fd, data.events, 0};
}

int BusLink::poll_timeout() const {
  return bus_->getEventLoopPollData().getPollTimeout();
}

bool BusLink::has_service() const {
  return service_ && owner_ == greeted_;
}

sdbus::IProxy& BusLink::service() {
  return service_->getProxy();
}

void BusLink::drop_service() {
  service_.reset();
  greeted_.clear();
}

BusLink::Pumped BusLink::pump(const std::function<bool()>& done, Deadline deadline, int also) {
  while (!done()) {
    if (bus_->processPendingRequest()) continue;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - SteadyClock::now());
    if (left.count() <= 0) return Pumped::TimedOut;
    int wait = static_cast<int>(left.count());
    if (const int bus_wait = poll_timeout(); bus_wait >= 0) wait = std::min(wait, bus_wait);
    std::array<pollfd, 3> fds{{poll_request(), {options_.interrupt, POLLIN, 0}, {also, POLLIN, 0}}};
    if (::poll(fds.data(), fds.size(), wait) < 0 && errno != EINTR) return Pumped::TimedOut;
    if (fds[1].revents != 0) return Pumped::Interrupted;
    if (fds[2].revents != 0) return Pumped::Done;
  }
  return Pumped::Done;
}

template <typename... Outs, typename... Ins>
std::optional<sdbus::Error> BusLink::ask(sdbus::IProxy& proxy, const char* interface_name,
                                         const char* method, std::tuple<Outs&...> outs,
                                         const Ins&... ins) {
  struct Slot {
    bool answered = false;
    std::optional<sdbus::Error> error;
    std::tuple<Outs...> values;
  };
  auto slot = std::make_shared<Slot>();
  sdbus::PendingAsyncCall call =
      proxy.callMethodAsync(method)
          .onInterface(interface_name)
          .withTimeout(kCallLimit)
          .withArguments(ins...)
          .uponReplyInvoke([slot](const sdbus::Error* error, Outs... values) {
            slot->answered = true;
            if (error != nullptr) {
              slot->error = *error;
            } else {
              slot->values = std::tuple<Outs...>(std::move(values)...);
            }
          });
  const Pumped pumped = pump([&slot] { return slot->answered; }, SteadyClock::now() + kCallLimit);
  if (pumped != Pumped::Done) {
    call.cancel();
    return sdbus::Error("org.freedesktop.DBus.Error.NoReply", pumped == Pumped::Interrupted
                                                                  ? "the program is ending"
                                                                  : "no answer in time");
  }
  if (!slot->error) outs = std::move(slot->values);
  return slot->error;
}

Answer<Nothing> BusLink::find_service() {
  try {
    Answer<Nothing> greeted = failure("it ends as soon as it is started");
    for (int i = 0; i < kGreetings; ++i) {
      drop_service();
      std::string owner;
      if (const auto error =
              ask(*bus_object_, kBusInterface, "GetNameOwner", std::tie(owner), bus::kName)) {
        if (!was_not_delivered(*error)) return failure(error->getMessage());
        if (Answer<Nothing> started = start_service(); !started) return started;
      } else {
        owner_ = owner;
      }
      greeted = greet();
      // It may have left in the very moment when it was found.
      if (greeted || has_service()) return greeted;
    }
    return greeted;
  } catch (const sdbus::Error& error) {
    return failure(error.getMessage());
  }
}

Answer<Nothing> BusLink::start_service() {
  std::uint32_t outcome = 0;
  const auto error = ask(*bus_object_, kBusInterface, "StartServiceByName", std::tie(outcome),
                         bus::kName, std::uint32_t{0});
  if (error) return spawn_daemon(error->getMessage());
  if (owner_.empty()) {
    std::string owner;
    if (!ask(*bus_object_, kBusInterface, "GetNameOwner", std::tie(owner), bus::kName)) {
      owner_ = owner;
    }
  }
  return Nothing{};
}

Answer<Nothing> BusLink::spawn_daemon(const std::string& why_not_activated) {
  const std::string daemon = find_daemon();
  if (daemon.empty()) {
    return failure(why_not_activated + "; longhauld was not found (" + daemon_places() + ")");
  }
  const std::string folder = options_.paths.private_bus_folder();
  if (const Result<void> made = ensure_private_folder(folder); !made) {
    return failure(made.error().message());
  }
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    return failure(file_error(errno, "make a pipe for", daemon).message());
  }
  const UniqueFd alive(ends[0]);
  DetachedProcess process;
  process.arguments = {daemon};
  process.environment = {{"LONGHAUL_BUS_ADDRESS", choice_.address},
                         {"DBUS_STARTER_ADDRESS", ""},
                         {"DBUS_STARTER_BUS_TYPE", ""}};
  process.log_file = private_bus_log(folder);
  process.passed = UniqueFd(ends[1]);  // closed by its end
  if (const Result<void> started = start_detached(std::move(process)); !started) {
    return failure(started.error().message());
  }
  return await_spawned(alive.get());
}

Answer<Nothing> BusLink::await_spawned(int alive) {
  const auto has_owner = [this] { return !owner_.empty(); };
  const Deadline deadline = SteadyClock::now() + kStartLimit;
  Pumped pumped = pump(has_owner, deadline, alive);
  if (pumped == Pumped::Done && !has_owner()) {
    // It ended: because of an error, or because another one was quicker.
    pumped = pump(has_owner, std::min(deadline, SteadyClock::now() + kAfterDaemonEnded));
  }
  if (has_owner()) return Nothing{};
  if (pumped == Pumped::Interrupted) return failure("the program is ending");
  const std::string log = private_bus_log(options_.paths.private_bus_folder());
  const std::string words = last_words(log);
  return failure(
      (words.empty() ? find_daemon() + " was started, but did not take its name" : words) +
      "; see " + log);
}

Answer<Nothing> BusLink::greet() {
  greeted_ = owner_;
  if (greeted_.empty()) return failure("nobody has the name " + std::string(bus::kName));
  service_ = std::make_unique<Service>(*bus_, greeted_, options_.on_news);
  WireDictionary reply;
  if (const auto error = ask(service(), bus::kInterface, "Hello", std::tie(reply), options_.app,
                             WireDictionary{})) {
    if (was_not_delivered(*error)) owner_.clear();
    TransferError refused = from_bus_error(*error);
    if (refused.kind == ErrorKind::Unavailable) return failure(refused.message);
    return refused;
  }
  const Result<HelloReply> hello = decode_hello(reply);
  if (!hello) return failure("it does not speak our language: " + hello.error().message());
  if (hello->state_folder != options_.paths.state_folder) {
    return failure("it serves the state folder " + hello->state_folder + ", not " +
                   options_.paths.state_folder);
  }
  return Nothing{};
}

TransferError BusLink::failure(const std::string& why) const {
  return unavailable("cannot reach longhauld on " + describe(choice_) + ": " + why);
}

}  // namespace lh
