#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"
#include "cli/failure.h"
#include "cli/login.h"

namespace {

/// A standard stream that was closed must not become the descriptor of something else: it is opened
/// the wrong way round, so that its use fails as that of a closed one does.
void hold_standard_streams() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(descriptor, F_GETFD) != -1 || errno != EBADF) continue;
    // The lowest free number is the one that is missing.
    if (open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0) return;
  }
}

/// The service is started by way of the bus, which logs the command line of who asked for it;
/// anybody on the machine can read it, too. Words that may hold secrets are made unreadable.
void hide_secrets(int argc, char** argv) {
  bool is_value = false;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const bool hides = is_value || lh::cli::may_hold_secret(word);
    is_value = lh::cli::takes_secret(word);
    if (hides) std::fill_n(argv[i], word.size(), 'x');
  }
}

}  // namespace

int main(int argc, char** argv) {
  using lh::cli::ExitStatus;
  hold_standard_streams();
  const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  hide_secrets(argc, argv);
  ExitStatus status = ExitStatus::Done;
  try {
    status = lh::cli::run_command_line(words);
  } catch (...) {
    status = lh::cli::report_current_exception();
  }
  return static_cast<int>(status);
}
