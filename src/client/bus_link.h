#pragma once

#include <poll.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <sdbus-c++/sdbus-c++.h>

#include "client/client_error.h"
#include "ipc/bus_address.h"
#include "ipc/codec.h"
#include "ipc/error_names.h"
#include "ipc/names.h"
#include "platform/xdg_paths.h"

namespace lh {

/// A connection to a bus, and on it to the longhauld that now has the name; starts the bus and the
/// daemon where they are not there. Belongs to the thread that made it; waits there, but not
/// longer than the deadlines say, and not once `interrupt` is readable.
class BusLink {
 public:
  struct Options {
    std::string app;
    XdgPaths paths;
    int interrupt = -1;
    std::function<void(const std::vector<WireChange>&)> on_news;
  };

  /// Finds the right bus, connects and introduces the app. Unavailable (0x80070426) says what was
  /// tried.
  [[nodiscard]] static Answer<std::unique_ptr<BusLink>> open(const Options& options);
  ~BusLink();

  /// Handles what has arrived; false if the bus is gone for good.
  [[nodiscard]] bool dispatch();
  /// When to call dispatch(): readiness of a descriptor, or a time-out in ms (-1: none).
  [[nodiscard]] pollfd poll_request() const;
  [[nodiscard]] int poll_timeout() const;

  /// The daemon that was greeted is still the one with the name.
  [[nodiscard]] bool has_service() const;
  /// Finds or starts a daemon again, on the same bus.
  [[nodiscard]] Answer<Nothing> find_service();
  /// The daemon that was greeted; calls go to it alone, never to a successor that does not know us.
  [[nodiscard]] sdbus::IProxy& service();
  /// Its pending calls are not answered any more.
  void drop_service();

 private:
  class Service;
  struct Reached;

  BusLink(const Options& options, BusChoice choice);

  [[nodiscard]] static Answer<std::unique_ptr<BusLink>> open_on(const Options& options,
                                                                BusChoice choice);
  [[nodiscard]] Answer<Nothing> connect();
  void connect_to(const std::string& address);
  void end_unused_bus();
  [[nodiscard]] Answer<Nothing> start_service();
  [[nodiscard]] Answer<Nothing> spawn_daemon(const std::string& why_not_activated);
  [[nodiscard]] Answer<Nothing> await_spawned(int alive);
  [[nodiscard]] Answer<Nothing> greet();

  enum class Pumped { Done, TimedOut, Interrupted };
  using Deadline = std::chrono::steady_clock::time_point;
  /// Handles messages until `done`; `also` is a descriptor that wakes it up too.
  Pumped pump(const std::function<bool()>& done, Deadline deadline, int also = -1);
  /// A call whose answer is waited for; what the bus said if it failed.
  template <typename... Outs, typename... Ins>
  [[nodiscard]] std::optional<sdbus::Error> ask(sdbus::IProxy& proxy, const char* interface_name,
                                                const char* method, std::tuple<Outs&...> outs,
                                                const Ins&... ins);
  [[nodiscard]] TransferError failure(const std::string& why) const;

  Options options_;
  BusChoice choice_;
  std::unique_ptr<sdbus::IConnection> bus_;
  std::unique_ptr<sdbus::IProxy> bus_object_;
  sdbus::Slot name_watch_;
  std::string owner_;    ///< unique name that has the service's name now
  std::string greeted_;  ///< the one that knows us
  std::unique_ptr<Service> service_;
};

}  // namespace lh
