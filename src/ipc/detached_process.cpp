#include "ipc/detached_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <string_view>
#include <utility>

namespace lh {
namespace {

constexpr int kPassed = 3;
constexpr int kReport = 4;
constexpr int kAboveAll = 16;  // away from the numbers that descriptors are moved to

std::vector<std::string> environment_with(const std::map<std::string, std::string>& changes) {
  std::vector<std::string> out;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::string name(text.substr(0, text.find('=')));
    // Proxies may have passwords, and are those of whoever happens to come first.
    const bool is_proxy = name.ends_with("_proxy") || name.ends_with("_PROXY");
    if (!changes.contains(name) && !is_proxy) out.emplace_back(text);
  }
  for (const auto& [name, value] : changes) {
    if (!value.empty()) out.push_back(name + "=" + value);
  }
  return out;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

/// Everything the child needs, made before the fork: afterwards only async-signal-safe calls.
struct Prepared {
  std::vector<char*> arguments;
  std::vector<char*> environment;
  int null = -1;
  int log = -1;
  int passed = -1;
  int report = -1;
};

[[noreturn]] void report_and_exit(int report) {
  const int failure = errno;
  [[maybe_unused]] const auto written = ::write(report, &failure, sizeof failure);
  ::_exit(127);
}

/// In the grandchild.
[[noreturn]] void become(const Prepared& p) {
  const int report = ::fcntl(p.report, F_DUPFD_CLOEXEC, kAboveAll);
  if (report < 0) ::_exit(127);
  const int passed = p.passed >= 0 ? ::fcntl(p.passed, F_DUPFD_CLOEXEC, kAboveAll) : -1;
  if (::dup2(p.null, 0) < 0 || ::dup2(p.log, 1) < 0 || ::dup2(p.log, 2) < 0) {
    report_and_exit(report);
  }
  if (passed >= 0 && ::dup2(passed, kPassed) < 0) report_and_exit(report);
  if (::dup3(report, kReport, O_CLOEXEC) < 0) report_and_exit(report);
  if (passed < 0) ::close(kPassed);
  ::close_range(kReport + 1, ~0U, 0);

  sigset_t none;
  sigemptyset(&none);
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (::chdir("/") != 0) report_and_exit(kReport);
  ::execve(p.arguments[0], p.arguments.data(), p.environment.data());
  report_and_exit(kReport);
}

/// In the child: detach, and leave the grandchild to init.
[[noreturn]] void detach(const Prepared& p) {
  ::setsid();
  const pid_t grandchild = ::fork();
  if (grandchild < 0) report_and_exit(p.report);
  if (grandchild == 0) become(p);
  ::_exit(0);
}

/// 0, or the errno that the child reported.
int read_report(int fd) {
  int failure = 0;
  ssize_t got = 0;
  do {
    got = ::read(fd, &failure, sizeof failure);
  } while (got < 0 && errno == EINTR);
  return got == sizeof failure ? failure : 0;
}

}  // namespace

Result<void> start_detached(DetachedProcess process) {
  const std::string& program = process.arguments.front();
  std::vector<std::string> environment = environment_with(process.environment);
  const UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null) return file_error(errno, "open", "/dev/null");
  const UniqueFd log(
      ::open(process.log_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600));
  if (!log) return file_error(errno, "open", process.log_file);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return file_error(errno, "make a pipe for", program);
  const UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);

  Prepared prepared;
  prepared.arguments = pointers_to(process.arguments);
  prepared.environment = pointers_to(environment);
  prepared.null = null.get();
  prepared.log = log.get();
  prepared.passed = process.passed.get();
  prepared.report = writer.get();

  const pid_t child = ::fork();
  if (child < 0) return file_error(errno, "start", program);
  if (child == 0) detach(prepared);
  writer.reset();
  process.passed.reset();
  const int failure = read_report(reader.get());
  // The app may ignore SIGCHLD or wait for every child: then there is nothing left to wait for.
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  if (failure != 0) return file_error(failure, "start", program);
  return {};
}

std::string find_program(const std::string& name) {
  const auto is_executable = [](const std::string& path) {
    return ::access(path.c_str(), X_OK) == 0;
  };
  if (name.find('/') != std::string::npos) return is_executable(name) ? name : std::string();
  const char* const path = std::getenv("PATH");
  std::istringstream folders(std::string(path != nullptr ? path : "") +
                             ":/usr/local/bin:/usr/bin:/bin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (!folder.starts_with('/')) continue;
    if (std::string candidate = folder + "/" + name; is_executable(candidate)) return candidate;
  }
  return {};
}

}  // namespace lh
