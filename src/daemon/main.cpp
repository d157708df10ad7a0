#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include <malloc.h>

#include "daemon/config.h"
#include "daemon/daemon.h"
#include "daemon/instance_lock.h"
#include "platform/log.h"
#include "platform/xdg_paths.h"

namespace {

constexpr int kExitFailure = 1;
constexpr int kExitUsage = 2;
constexpr int kExitConfig = 78;  // EX_CONFIG of sysexits.h, which systemd knows
constexpr int kExitRunning = 3;

int complain(int status, const std::string& message) {
  std::fprintf(stderr, "longhauld: %s\n", message.c_str());
  return status;
}

/// The loop hears of these through a descriptor; they must be blocked before any thread is made.
void block_signals() {
  sigset_t handled;
  sigemptyset(&handled);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&handled, number);
  pthread_sigmask(SIG_BLOCK, &handled, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

/// Many connections and files at once; the hard limit is ours to use.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

/// Passwords are in memory. Not 0: that is not heeded where the kernel hands cores to a program. To
/// get one: prlimit --core=unlimited --pid PID.
void prevent_core_files() {
  rlimit limit{};
  if (getrlimit(RLIMIT_CORE, &limit) != 0) return;
  limit.rlim_cur = std::min<rlim_t>(1, limit.rlim_max);
  setrlimit(RLIMIT_CORE, &limit);
}

/// Few threads, small and short-lived allocations: one arena keeps freed memory reusable, and
/// returned early.
void keep_memory_small() {
#ifdef __GLIBC__
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_TRIM_THRESHOLD, 256 * 1024);
  mallopt(M_MMAP_THRESHOLD, 256 * 1024);
#endif
}

constexpr std::string_view kHelp =
    "Usage: longhauld [--help | --version]\n"
    "\n"
    "The background transfer service of one user. It is started by D-Bus, by systemd or by the\n"
    "client library when it is needed, and leaves by itself when nothing is left to do.\n"
    "\n"
    "  XDG_STATE_HOME    the database lies in longhaul/ below it (~/.local/state)\n"
    "  XDG_CONFIG_HOME   longhaul/longhaul.toml below it is read at the start and on SIGHUP "
    "(~/.config)\n"
    "  LONGHAUL_BUS_ADDRESS  the bus to serve on instead of the session bus\n";

std::string bus_address_from_environment() {
  for (const char* const name :
       {"LONGHAUL_BUS_ADDRESS", "DBUS_STARTER_ADDRESS", "DBUS_SESSION_BUS_ADDRESS"}) {
    const char* const value = std::getenv(name);
    if (value != nullptr && *value != '\0') return value;
  }
  const char* const runtime = std::getenv("XDG_RUNTIME_DIR");
  return runtime != nullptr ? "unix:path=" + std::string(runtime) + "/bus" : std::string();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1) {
    const std::string_view option = argv[1];
    if (argc == 2 && option == "--version") {
      std::puts("longhauld " LONGHAUL_VERSION);
      return 0;
    }
    if (argc == 2 && (option == "--help" || option == "-h")) {
      std::fwrite(kHelp.data(), 1, kHelp.size(), stdout);
      return 0;
    }
    return complain(kExitUsage, "unknown option " + std::string(option) + "; see longhauld --help");
  }

  block_signals();
  raise_descriptor_limit();
  prevent_core_files();
  keep_memory_small();

  lh::Result<lh::XdgPaths> paths = lh::XdgPaths::from_environment();
  if (!paths.ok()) return complain(kExitFailure, paths.error().message());
  lh::Result<lh::Config> config = lh::load_config(paths->config_file);
  if (!config.ok()) return complain(kExitConfig, config.error().message());
  lh::start_log(config->log_level);

  if (const lh::Result<void> made = lh::ensure_private_folder(paths->state_folder); !made.ok()) {
    return complain(kExitFailure, made.error().message());
  }
  const lh::Result<lh::InstanceLock> lock = lh::InstanceLock::acquire(paths->state_folder);
  if (!lock.ok()) return complain(kExitRunning, lock.error().message());

  lh::Daemon::Options options{*paths, *config, bus_address_from_environment()};
  lh::Result<std::unique_ptr<lh::Daemon>> daemon = lh::Daemon::create(std::move(options));
  // Said in the form that the client library finds in the log and passes on.
  if (!daemon.ok()) return complain(kExitFailure, daemon.error().message());
  const lh::Result<void> ended = (*daemon)->run();
  if (!ended.ok()) return complain(kExitFailure, ended.error().message());
  return 0;
}
