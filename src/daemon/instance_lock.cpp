#include "daemon/instance_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <string>
#include <string_view>
#include <thread>

namespace lh {
namespace {

using namespace std::chrono_literals;

/// A service that leaves has given its bus name back before it lets go of the lock: the next one,
/// which the bus starts at once, must outlast that moment.
constexpr auto kPatience = 2s;
constexpr auto kPause = 20ms;

std::string holder_of(int file) {
  std::array<char, 32> text{};
  const ssize_t length = ::pread(file, text.data(), text.size() - 1, 0);
  std::string_view pid(text.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
  pid = pid.substr(0, pid.find('\n'));
  return pid.empty() ? "another process" : "process " + std::string(pid);
}

bool lock_patiently(int file) {
  const auto limit = std::chrono::steady_clock::now() + kPatience;
  while (::flock(file, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return false;
    if (std::chrono::steady_clock::now() >= limit) {
      errno = EWOULDBLOCK;
      return false;
    }
    std::this_thread::sleep_for(kPause);
  }
  return true;
}

}  // namespace

Result<InstanceLock> InstanceLock::acquire(const std::string& state_folder) {
  const std::string path = state_folder + "/lock";
  UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file) return file_error(errno, "open", path);
  if (!lock_patiently(file.get())) {
    if (errno != EWOULDBLOCK) return file_error(errno, "lock", path);
    return Error{ErrorKind::IllegalState, 0, "start", state_folder,
                 holder_of(file.get()) +
                     " serves this state folder already; end it first (it finishes what it is "
                     "doing on SIGTERM), or name another folder with XDG_STATE_HOME"};
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(file.get(), 0) != 0 ||
      ::pwrite(file.get(), pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    return file_error(errno, "write", path);
  }
  return InstanceLock(std::move(file));
}

}  // namespace lh
