#include "cli/request_options.h"

#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>

#include "cli/download_plan.h"
#include "cli/failure.h"
#include "cli/login.h"
#include "cli/options.h"

namespace lh::cli {

std::string readable_file(const std::string& path, const std::string& what) {
  if (access(path.c_str(), R_OK) != 0) {
    throw system_failure("cannot read " + what + " in " + path, errno);
  }
  return absolute_path(current_folder(), path);
}

std::size_t read_standard_input(std::span<std::uint8_t> into) {
  while (true) {
    const ssize_t count = read(STDIN_FILENO, into.data(), into.size());
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) throw system_failure("cannot read standard input", errno);
  }
}

void RequestOptions::declare(Arguments& arguments, const std::string& usual_method) {
  arguments.values("-H,--header", "'NAME: VALUE'", headers,
                   "Send this header; may be given several times");
  arguments.value("--method", "METHOD", method, "HTTP method, " + usual_method + " unless given");
  arguments.value("--user", "USER[:PASSWORD]", user,
                  "Log in to the server; without PASSWORD it is asked for");
  arguments.value("--user-file", "FILE", user_file,
                  "Log in with the USER:PASSWORD on the first line of FILE");
  arguments.value(
      "--proxy", "URL", proxy,
      "Go through this http, https, socks4 or socks5 proxy instead of the environment's");
  arguments.value("--proxy-user", "USER[:PASSWORD]", proxy_user, "Log in to the proxy");
  arguments.value("--cacert", "FILE", certificates,
                  "Trust the certificates in FILE (PEM) instead of the system's");
}

void RequestOptions::declare_body(Arguments& arguments) {
  arguments.value("--body-file", "FILE", body_file,
                  "Send what is in FILE with the request; - is standard input");
}

void RequestOptions::apply(longhaul::RequestSettings& settings) const {
  if (method) {
    check_method(*method);
    settings.Method = *method;
  }
  if (body_file == "-") {
    settings.BodyStream = read_standard_input;
  } else if (body_file) {
    settings.BodyFile = readable_file(*body_file, "the body");
  }
  settings.Headers = parse_headers(headers);
  if (user && user_file) throw bad_argument("--user and --user-file exclude each other");
  if (certificates) settings.CertificateFile = readable_file(*certificates, "the certificates");
  settings.Proxy = proxy;
  if (user_file) settings.ServerLogin = read_login(*user_file);
  if (user) settings.ServerLogin = parse_login(*user, "--user");
  if (proxy_user) settings.ProxyLogin = parse_login(*proxy_user, "--proxy-user");
}

}  // namespace lh::cli
