#pragma once

#include <string>

#include "platform/xdg_paths.h"

namespace lh {

/// Which bus, and where (cli.md, "Reaching the daemon").
struct BusChoice {
  enum class Kind {
    Given,    ///< $LONGHAUL_BUS_ADDRESS
    Session,  ///< the session bus
    Private   ///< a bus of our own, started by the first client
  };
  Kind kind = Kind::Private;
  std::string address;

  friend bool operator==(const BusChoice&, const BusChoice&) = default;
};

/// What the choice depends on.
struct BusEnvironment {
  std::string longhaul_bus_address;  ///< $LONGHAUL_BUS_ADDRESS
  std::string session_bus_address;   ///< $DBUS_SESSION_BUS_ADDRESS
  std::string runtime_bus_socket;    ///< $XDG_RUNTIME_DIR/bus if it is a socket
  std::string private_bus_folder;    ///< XdgPaths::private_bus_folder()

  [[nodiscard]] static BusEnvironment from_process(const XdgPaths& paths);
};

/// The same for clients and for the daemon. A bus that activates a program puts its own address
/// into DBUS_SESSION_BUS_ADDRESS, so a daemon started by a bus serves on that one.
[[nodiscard]] BusChoice choose_bus(const BusEnvironment& environment);

/// "unix:path=FOLDER/bus", escaped.
[[nodiscard]] std::string private_bus_address(const std::string& folder);
/// Whether `address` is that bus, whatever else the address says (its guid).
[[nodiscard]] bool is_private_bus(const std::string& address, const std::string& folder);

}  // namespace lh
