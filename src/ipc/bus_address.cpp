#include "ipc/bus_address.h"

#include <sys/stat.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace lh {
namespace {

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

/// D-Bus specification, "Server Addresses".
std::string escape(std::string_view text) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_/.\\*";
  std::string out;
  for (const char c : text) {
    if (kPlain.find(c) != std::string_view::npos) {
      out += c;
    } else {
      char hex[4];
      std::snprintf(hex, sizeof hex, "%%%02x",
                    static_cast<unsigned>(static_cast<unsigned char>(c)));
      out += hex;
    }
  }
  return out;
}

}  // namespace

BusEnvironment BusEnvironment::from_process(const XdgPaths& paths) {
  BusEnvironment environment;
  environment.longhaul_bus_address = variable("LONGHAUL_BUS_ADDRESS");
  environment.session_bus_address = variable("DBUS_SESSION_BUS_ADDRESS");
  if (const std::string runtime = variable("XDG_RUNTIME_DIR"); !runtime.empty()) {
    const std::string socket = runtime + "/bus";
    struct stat status{};
    if (::stat(socket.c_str(), &status) == 0 && S_ISSOCK(status.st_mode)) {
      environment.runtime_bus_socket = socket;
    }
  }
  environment.private_bus_folder = paths.private_bus_folder();
  return environment;
}

BusChoice choose_bus(const BusEnvironment& environment) {
  if (!environment.longhaul_bus_address.empty()) {
    return {BusChoice::Kind::Given, environment.longhaul_bus_address};
  }
  const std::string& session = environment.session_bus_address;
  if (!session.empty()) {
    const bool is_ours = is_private_bus(session, environment.private_bus_folder);
    return {is_ours ? BusChoice::Kind::Private : BusChoice::Kind::Session, session};
  }
  if (!environment.runtime_bus_socket.empty()) {
    return {BusChoice::Kind::Session, "unix:path=" + escape(environment.runtime_bus_socket)};
  }
  return {BusChoice::Kind::Private, private_bus_address(environment.private_bus_folder)};
}

std::string private_bus_address(const std::string& folder) {
  return "unix:path=" + escape(folder + "/bus");
}

bool is_private_bus(const std::string& address, const std::string& folder) {
  const std::string ours = private_bus_address(folder);
  return address == ours || address.starts_with(ours + ",");
}

}  // namespace lh
