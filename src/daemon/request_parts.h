#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/model/proxy_settings.h"
#include "core/model/secrets.h"

namespace lh {

/// Parts of what callers hand over, checked and taken apart: what may be stored and shown, and what
/// is secret.

struct RequestAddress {
  std::string uri;  ///< canonical, without user info and fragment
  std::string origin;
  std::optional<Login> login;  ///< that was in it
};
/// R69; InvalidArgument names what is wrong.
[[nodiscard]] Result<RequestAddress> read_address(std::string_view text);

/// Whether there are no control characters in it. FTP sends a login as lines; with such a login
/// libcurl does not understand the address of a proxy, and goes without it.
[[nodiscard]] bool is_one_line(const Login& login);

struct RequestProxy {
  ProxySettings settings;
  std::vector<Secrets::ProxyLogin> logins;
};
/// "http://user:password@host:port" for each; without a scheme it is an HTTP proxy.
[[nodiscard]] Result<RequestProxy> read_proxy(const ProxySettings& given);

/// Moves the secret headers from `headers` into `secrets`.
void take_secret_headers(HeaderList& headers, Secrets& secrets);

}  // namespace lh
