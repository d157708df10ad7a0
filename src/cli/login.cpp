#include "cli/login.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>

#include <termios.h>

#include "cli/failure.h"
#include "cli/text.h"

namespace lh::cli {
namespace {

constexpr std::array<std::string_view, 5> kSecretOptions = {"--user", "--proxy-user", "--proxy",
                                                            "--header", "-H"};

/// Nothing that is typed is shown while it lives.
class SilentTerminal {
 public:
  explicit SilentTerminal(int terminal) : terminal_(terminal) {
    if (tcgetattr(terminal_, &before_) != 0) return;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    is_silent_ = tcsetattr(terminal_, TCSAFLUSH, &silent) == 0;
  }
  SilentTerminal(const SilentTerminal&) = delete;
  SilentTerminal& operator=(const SilentTerminal&) = delete;
  ~SilentTerminal() {
    if (is_silent_) tcsetattr(terminal_, TCSAFLUSH, &before_);
  }

 private:
  int terminal_;
  termios before_{};
  bool is_silent_ = false;
};

void write_text(int terminal, const std::string& text) {
  [[maybe_unused]] const ssize_t written = write(terminal, text.data(), text.size());
}

std::string ask_password(const std::string& user, const std::string& option) {
  const int terminal = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (terminal < 0) {
    throw bad_argument(
        "there is no terminal to ask for the password of " + user,
        "Give " + option + " USER:PASSWORD, or put that into a file for --user-file.");
  }
  std::string password;
  bool is_whole = false;
  {
    const SilentTerminal silent(terminal);
    write_text(terminal, "Password of " + harmless(user) + ": ");
    char c = 0;
    while (!is_whole && read(terminal, &c, 1) == 1) {
      is_whole = c == '\n';
      if (!is_whole) password += c;
    }
  }
  write_text(terminal, "\n");
  close(terminal);
  if (!is_whole) throw bad_argument("no password was given for " + user);
  return password;
}

}  // namespace

longhaul::TransferLogin parse_login(const std::string& text, const std::string& option) {
  const std::size_t colon = text.find(':');
  longhaul::TransferLogin login;
  login.User = text.substr(0, colon);
  if (colon != text.npos) {
    login.Password = text.substr(colon + 1);
  } else if (text.empty()) {
    throw bad_argument(option + " needs a user name");
  } else {
    login.Password = ask_password(login.User, option);
  }
  return login;
}

longhaul::TransferLogin read_login(const std::string& file) {
  errno = 0;
  std::ifstream stream(file);
  if (!stream) throw system_failure("cannot read user and password from " + file, errno);
  std::string line;
  std::getline(stream, line);
  if (stream.bad()) throw system_failure("cannot read user and password from " + file, EIO);
  if (line.ends_with('\r')) line.pop_back();
  if (line.find(':') == line.npos) {
    throw bad_argument("the first line of " + file + " is not USER:PASSWORD");
  }
  return parse_login(line, "--user-file");
}

bool takes_secret(std::string_view word) {
  return std::ranges::find(kSecretOptions, word) != kSecretOptions.end();
}

bool may_hold_secret(std::string_view word) {
  const bool is_joined = std::ranges::any_of(kSecretOptions, [word](std::string_view option) {
    if (option.starts_with("--")) return word.starts_with(std::string(option) + "=");
    return word.starts_with(option) && word.size() > option.size() && word[1] != '-';
  });
  const auto scheme = word.find("://");
  if (is_joined || scheme == word.npos) return is_joined;
  const auto rest = word.substr(scheme + 3);
  const auto authority = rest.substr(0, rest.find_first_of("/?#"));
  // A password may have been typed with one of these in it, unquoted.
  const auto before_at = rest.substr(0, rest.find_last_of('@') + 1);
  return authority.find('@') != authority.npos || before_at.find(':') != before_at.npos;
}

}  // namespace lh::cli
