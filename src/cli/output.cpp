#include "cli/output.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>

#include "cli/failure.h"

namespace lh::cli {
namespace {

constexpr std::size_t kBufferBytes = 64UL * 1024;

std::size_t size_from_environment(const char* name, std::size_t otherwise) {
  const char* const value = std::getenv(name);
  if (value == nullptr) return otherwise;
  const std::string_view text = value;
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool good = error == std::errc{} && end == text.data() + text.size() && number > 0;
  return good ? number : otherwise;
}

/// Ends the program as any other whose reader has gone: by SIGPIPE.
[[noreturn]] void end_by_broken_pipe() {
  signal(SIGPIPE, SIG_DFL);
  raise(SIGPIPE);
  _exit(128 + SIGPIPE);
}

}  // namespace

bool Output::terminal() {
  return isatty(STDOUT_FILENO) == 1;
}

void Output::text(std::string_view text) {
  buffer_ += text;
  if (buffer_.size() >= kBufferBytes) flush();
}

void Output::line(std::string_view text) {
  buffer_ += text;
  buffer_ += '\n';
  if (is_terminal_ || buffer_.size() >= kBufferBytes) flush();
}

void Output::flush() {
  std::string pending;
  pending.swap(buffer_);
  if (write_all(STDOUT_FILENO, pending)) return;
  if (errno == EPIPE) end_by_broken_pipe();
  throw system_failure("cannot write to standard output", errno);
}

TerminalSize terminal_size(int descriptor) {
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0)
    return {size.ws_col, size.ws_row};
  return {size_from_environment("COLUMNS", 80), size_from_environment("LINES", 24)};
}

bool can_redraw(int descriptor) {
  if (isatty(descriptor) != 1) return false;
  const char* const terminal = std::getenv("TERM");
  return terminal != nullptr && *terminal != '\0' && std::string_view(terminal) != "dumb";
}

bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(descriptor, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      pollfd ready{descriptor, POLLOUT, 0};
      if (poll(&ready, 1, -1) < 0 && errno != EINTR) return false;
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

}  // namespace lh::cli
