#include "cli/news.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>

#include "cli/failure.h"

namespace lh::cli {
namespace {

constexpr int kSignals[] = {SIGINT, SIGTERM, SIGWINCH};

// What a signal handler may touch.
volatile sig_atomic_t ending_signal = 0;
std::atomic<int> wake_descriptor = -1;
static_assert(std::atomic<int>::is_always_lock_free);

void ring() {
  const std::uint64_t one = 1;
  // A full counter rings all the same.
  [[maybe_unused]] const ssize_t written = write(wake_descriptor, &one, sizeof one);
}

void on_signal(int number) {
  const int saved = errno;
  if (number != SIGWINCH) {
    // Who asks again does not want to wait for a call that takes its time.
    if (ending_signal != 0) signal(number, SIG_DFL), raise(number);
    ending_signal = number;
  }
  ring();
  errno = saved;
}

void install(void (*handler)(int)) {
  struct sigaction action{};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  for (const int number : kSignals) {
    struct sigaction present{};
    sigaction(number, nullptr, &present);
    // Who was started with a signal ignored (nohup, a background job) goes on ignoring it.
    if (present.sa_handler != SIG_IGN) sigaction(number, &action, nullptr);
  }
}

}  // namespace

News::News() {
  wake_descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wake_descriptor < 0) throw system_failure("cannot wait for news", errno);
  ending_signal = 0;
  install(&on_signal);
}

News::~News() {
  install(SIG_DFL);
  const int descriptor = wake_descriptor;
  wake_descriptor = -1;
  close(descriptor);
}

void News::push(const longhaul::TransferEvent& event) {
  const std::lock_guard lock(mutex_);
  pending_.push_back(event);
  if (pending_.size() == 1) ring();
}

void News::wait(std::chrono::milliseconds timeout) {
  pollfd ready{wake_descriptor, POLLIN, 0};
  if (poll(&ready, 1, static_cast<int>(timeout.count())) <= 0) return;
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t taken = read(wake_descriptor, &count, sizeof count);
}

std::vector<longhaul::TransferEvent> News::take() {
  std::vector<longhaul::TransferEvent> taken;
  const std::lock_guard lock(mutex_);
  taken.swap(pending_);
  return taken;
}

std::optional<int> News::ended_by() const {
  if (ending_signal == 0) return std::nullopt;
  return ending_signal;
}

}  // namespace lh::cli
