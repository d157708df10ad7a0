#include "ipc/private_bus.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <sdbus-c++/sdbus-c++.h>

extern "C" {  // glibc 2.36 forgets that C++ may include it
#include <sys/pidfd.h>
}

#include "ipc/bus_address.h"
#include "ipc/detached_process.h"
#include "ipc/names.h"
#include "platform/xdg_paths.h"

namespace lh {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kEndPatience = 3000;  // ms

std::string socket_path(const std::string& folder) {
  return folder + "/bus";
}

bool answers(const std::string& socket) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket.size() >= sizeof address.sun_path) return false;
  std::memcpy(address.sun_path, socket.c_str(), socket.size() + 1);
  const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return false;
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    return true;
  }
  return errno == EAGAIN;  // its queue is full: alive, and busy
}

Result<void> write_file(const std::string& path, const std::string& text) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!fd) return file_error(errno, "create", path);
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t written = ::write(fd.get(), rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return file_error(errno, "write", path);
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

std::string escape_xml(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

/// A session bus for one user, with room for large batches and many clients.
std::string configuration(const std::string& folder) {
  std::string text =
      "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\"\n"
      " \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n"
      "<busconfig>\n  <type>session</type>\n";
  text += "  <listen>" + escape_xml(private_bus_address(folder)) + "</listen>\n";
  text += "  <auth>EXTERNAL</auth>\n";
  text += "  <servicedir>" + escape_xml(folder) + "/services</servicedir>\n";
  text +=
      "  <policy context=\"default\">\n"
      "    <allow send_destination=\"*\" eavesdrop=\"true\"/>\n"
      "    <allow eavesdrop=\"true\"/>\n"
      "    <allow own=\"*\"/>\n"
      "  </policy>\n";
  constexpr std::array<std::pair<std::string_view, std::string_view>, 14> kLimits{{
      {"max_incoming_bytes", "1000000000"},
      {"max_incoming_unix_fds", "250000000"},
      {"max_outgoing_bytes", "1000000000"},
      {"max_outgoing_unix_fds", "250000000"},
      {"max_message_size", "1000000000"},
      {"service_start_timeout", "120000"},
      {"auth_timeout", "240000"},
      {"pending_fd_timeout", "150000"},
      {"max_completed_connections", "100000"},
      {"max_incomplete_connections", "10000"},
      {"max_connections_per_user", "100000"},
      {"max_pending_service_starts", "10000"},
      {"max_match_rules_per_connection", "50000"},
      {"max_replies_per_connection", "50000"},
  }};
  for (const auto& [name, value] : kLimits) {
    text += "  <limit name=\"" + std::string(name) + "\">" + std::string(value) + "</limit>\n";
  }
  return text + "</busconfig>\n";
}

std::string service_file(const std::string& folder) {
  return folder + "/services/" + bus::kName + ".service";
}

/// Quoted as for a shell, and that escaped as in a desktop file.
std::string exec_line(const std::string& daemon) {
  std::string line = "Exec=\"";
  for (const char c : daemon) {
    if (c == '\\') {
      line += R"(\\\\)";
    } else if (c == '"' || c == '$' || c == '`') {
      line += R"(\\)";
      line += c;
    } else {
      line += c;
    }
  }
  return line + "\"";
}

/// The path in such a line; empty for another one.
std::string daemon_of(std::string_view line) {
  constexpr std::string_view kBegin = "Exec=\"";
  if (!line.starts_with(kBegin) || !line.ends_with('"') || line.size() <= kBegin.size()) return {};
  line = line.substr(kBegin.size(), line.size() - kBegin.size() - 1);
  std::string path;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line.substr(i).starts_with(R"(\\)")) i += line.substr(i + 2).starts_with(R"(\\)") ? 3 : 2;
    if (i < line.size()) path += line[i];
  }
  return path;
}

std::string service_text(const std::string& daemon) {
  return "[D-BUS Service]\nName=" + std::string(bus::kName) + "\n" + exec_line(daemon) + "\n";
}

/// The folder for service files, and in it the one of longhauld.
Result<void> write_service(const std::string& folder, const std::string& daemon) {
  const std::string services = folder + "/services";
  if (::mkdir(services.c_str(), 0700) != 0 && errno != EEXIST) {
    return file_error(errno, "create", services);
  }
  return write_file(service_file(folder), service_text(daemon));
}

/// A running bus may name a daemon that is no longer there, for example of an older installation;
/// dbus-daemon notices a changed file by itself.
Result<void> refresh_service(const std::string& folder, const std::string& daemon) {
  std::ifstream file(service_file(folder));
  for (std::string line; std::getline(file, line);) {
    const std::string present = daemon_of(line);
    if (!present.empty() && !find_program(present).empty()) return {};
  }
  return write_service(folder, daemon);
}

Error bus_error(const std::string& folder, std::string why) {
  return Error{ErrorKind::Unavailable, 0, "start", "the private bus",
               std::move(why) + "; see " + private_bus_log(folder)};
}

/// Waits for the line that dbus-daemon writes when it is ready.
Result<void> await_ready(int fd, int interrupt, Clock::time_point deadline,
                         const std::string& folder) {
  std::string address;
  while (address.find('\n') == std::string::npos) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    std::array<pollfd, 2> fds{{{fd, POLLIN, 0}, {interrupt, POLLIN, 0}}};
    const int ready = ::poll(fds.data(), fds.size(), std::max(0, static_cast<int>(left.count())));
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0) return bus_error(folder, std::strerror(errno));
    if (ready == 0) return bus_error(folder, "dbus-daemon did not become ready in time");
    if (fds[1].revents != 0) return bus_error(folder, "the program is ending");
    std::array<char, 256> part{};
    const ssize_t got = ::read(fd, part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return bus_error(folder, "dbus-daemon ended at once");
    address.append(part.data(), static_cast<std::size_t>(got));
  }
  return {};
}

Result<void> start_bus(const std::string& folder, const std::string& daemon,
                       std::chrono::milliseconds limit, int interrupt) {
  const std::string program = find_program("dbus-daemon");
  if (program.empty()) {
    return Error{ErrorKind::Unavailable, 0, "start", "the private bus",
                 "there is no session bus, and dbus-daemon was not found (package dbus-daemon)"};
  }
  if (Result<void> written = write_service(folder, daemon); !written) return written;
  const std::string config = folder + "/bus.conf";
  if (Result<void> written = write_file(config, configuration(folder)); !written) return written;
  const std::string socket = socket_path(folder);
  if (::unlink(socket.c_str()) != 0 && errno != ENOENT) {
    return file_error(errno, "remove", socket);
  }
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return file_error(errno, "make a pipe for", program);
  const UniqueFd reader(ends[0]);

  DetachedProcess process;
  process.arguments = {program,      "--config-file=" + config, "--nofork", "--nopidfile",
                       "--nosyslog", "--print-address=3"};
  process.log_file = private_bus_log(folder);
  process.passed = UniqueFd(ends[1]);
  const auto deadline = Clock::now() + limit;
  if (Result<void> started = start_detached(std::move(process)); !started) return started;
  return await_ready(reader.get(), interrupt, deadline, folder);
}

/// Names on the bus that are neither the bus, the daemon nor this short visit.
Result<bool> is_alone(sdbus::IConnection& connection, sdbus::IProxy& bus,
                      const std::string& own_unique_name) {
  std::vector<std::string> names;
  bus.callMethod("ListNames").onInterface("org.freedesktop.DBus").storeResultsTo(names);
  const std::string visit = connection.getUniqueName();
  return std::ranges::all_of(names, [&](const std::string& name) {
    return name == "org.freedesktop.DBus" || name == bus::kName || name == own_unique_name ||
           name == visit;
  });
}

/// Ends the bus and waits until it is gone: at its end it removes its socket by name, and that must
/// not be its successor's.
Result<void> end_bus(pid_t pid, const std::string& folder) {
  const UniqueFd process(::pidfd_open(pid, 0));
  if (!process) {
    if (errno == ESRCH) return {};
    return file_error(errno, "end", "the private bus");
  }
  ::unlink(socket_path(folder).c_str());
  for (const int signal : {SIGTERM, SIGKILL}) {
    if (::pidfd_send_signal(process.get(), signal, nullptr, 0) != 0) {
      if (errno == ESRCH) return {};
      return file_error(errno, "end", "the private bus");
    }
    pollfd ended{process.get(), POLLIN, 0};
    while (::poll(&ended, 1, kEndPatience) < 0 && errno == EINTR) {
    }
    if (ended.revents != 0) return {};
  }
  return file_error(ETIMEDOUT, "end", "the private bus");
}

}  // namespace

Result<PrivateBusLock> PrivateBusLock::acquire(const std::string& folder,
                                               std::chrono::milliseconds limit) {
  if (Result<void> made = ensure_private_folder(folder); !made) return std::move(made).error();
  const std::string path = folder + "/lock";
  UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file) return file_error(errno, "open", path);
  const auto deadline = Clock::now() + limit;
  // There is no flock with a deadline; it is held for milliseconds.
  while (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return file_error(errno, "lock", path);
    if (Clock::now() >= deadline) return file_error(EWOULDBLOCK, "lock", path);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return PrivateBusLock(std::move(file));
}

Result<std::string> ensure_private_bus(const PrivateBusLock& /*held*/, const std::string& folder,
                                       const std::string& daemon, std::chrono::milliseconds limit,
                                       int interrupt) {
  if (answers(socket_path(folder))) {
    if (Result<void> fresh = refresh_service(folder, daemon); !fresh) {
      return std::move(fresh).error();
    }
    return private_bus_address(folder);
  }
  if (Result<void> started = start_bus(folder, daemon, limit, interrupt); !started) {
    return std::move(started).error();
  }
  return private_bus_address(folder);
}

Result<bool> end_private_bus_if_alone(const std::string& folder, const std::string& own_unique_name,
                                      KeepLock keep) {
  Result<PrivateBusLock> lock = PrivateBusLock::acquire(folder, std::chrono::milliseconds(0));
  if (!lock) return false;
  try {
    const auto connection =
        sdbus::createSessionBusConnectionWithAddress(private_bus_address(folder));
    connection->setMethodCallTimeout(std::chrono::seconds(2));
    const auto bus =
        sdbus::createProxy(*connection, "org.freedesktop.DBus", "/org/freedesktop/DBus");
    const Result<bool> alone = is_alone(*connection, *bus, own_unique_name);
    if (!alone || !*alone) return alone;
    std::uint32_t pid = 0;
    bus->callMethod("GetConnectionUnixProcessID")
        .onInterface("org.freedesktop.DBus")
        .withArguments("org.freedesktop.DBus")
        .storeResultsTo(pid);
    if (pid <= 1) return false;
    if (Result<void> ended = end_bus(static_cast<pid_t>(pid), folder); !ended) {
      return std::move(ended).error();
    }
  } catch (const sdbus::Error& error) {
    return Error{ErrorKind::Bus, 0, "end", "the private bus", error.getMessage()};
  }
  if (keep == KeepLock::No) return true;
  // Held by the descriptor until the process is gone.
  static const PrivateBusLock held_until_exit = std::move(*lock);
  return true;
}

std::string private_bus_log(const std::string& folder) {
  return folder + "/log";
}

}  // namespace lh
