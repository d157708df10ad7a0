#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/http/header_field.h"

namespace lh {

/// User and password for a server or proxy. Both empty: the user's own ticket (Negotiate).
struct Login {
  std::string user;
  std::string password;

  friend bool operator==(const Login&, const Login&) = default;
};

/// What an operation needs and nobody may see: kept in the secret store, never in the database, the
/// log, lists or error texts (design.md 2.10).
struct Secrets {
  std::optional<Login> server;  ///< for the server of the operation's URI only (R64, R68)
  std::optional<Login> proxy;   ///< for whatever proxy is used
  /// For the proxy of this URI (without user info); goes before `proxy`.
  struct ProxyLogin {
    std::string proxy;
    Login login;

    friend bool operator==(const ProxyLogin&, const ProxyLogin&) = default;
  };
  std::vector<ProxyLogin> proxies;
  HeaderList headers;  ///< those of is_secret_header()

  [[nodiscard]] bool empty() const {
    return !server && !proxy && proxies.empty() && headers.empty();
  }
  friend bool operator==(const Secrets&, const Secrets&) = default;
};

/// Authorization, Cookie, Proxy-Authorization: their values are secrets like passwords (cli.md).
[[nodiscard]] bool is_secret_header(std::string_view name);

/// The login for that proxy, if there is one.
[[nodiscard]] std::optional<Login> login_for_proxy(const Secrets& secrets, std::string_view proxy);

/// As the secret stores keep it: lines of printable ASCII.
[[nodiscard]] std::string format_secrets(const Secrets& secrets);
/// InvalidArgument for what format_secrets() does not write; the text is not in the message.
[[nodiscard]] Result<Secrets> parse_secrets(std::string_view text);

}  // namespace lh
