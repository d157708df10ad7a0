#include "daemon/request_parts.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "core/model/request_headers.h"
#include "core/model/spec_check.h"
#include "uri/uri_reader.h"

namespace lh {
namespace {

constexpr std::array<std::string_view, 6> kProxySchemes = {"http",    "https",  "socks4",
                                                           "socks4a", "socks5", "socks5h"};

Error bad_proxy(std::string_view why) {
  // Not the text: it may hold a password.
  return invalid_argument("the proxy: " + std::string(why));
}

/// One proxy as it is stored, and its login.
Result<std::pair<std::string, std::optional<Login>>> read_one(const std::string& given) {
  if (given.empty()) return std::pair<std::string, std::optional<Login>>();
  const bool has_scheme = given.find("://") != std::string::npos;
  const Result<ParsedUri> parsed = parse_uri(has_scheme ? given : "http://" + given);
  if (!parsed.ok()) return bad_proxy(parsed.error().detail);
  if (std::ranges::find(kProxySchemes, parsed->scheme) == kProxySchemes.end()) {
    return bad_proxy("its scheme must be http, https, socks4, socks4a, socks5 or socks5h");
  }
  if (parsed->ascii_host.empty()) return bad_proxy("it names no host");
  const bool is_more = (parsed->path != "/" && !parsed->path.empty()) || !parsed->query.empty() ||
                       !parsed->fragment.empty();
  if (is_more) return bad_proxy("there is more behind its host and port");
  const bool has_colon = parsed->ascii_host.find(':') != std::string::npos;
  std::string text =
      parsed->scheme + "://" + (has_colon ? "[" + parsed->ascii_host + "]" : parsed->ascii_host);
  if (parsed->port != 0) text += ":" + std::to_string(parsed->port);
  std::optional<Login> login;
  if (!parsed->user.empty() || !parsed->password.empty()) {
    login = Login{parsed->user, parsed->password};
  }
  return std::pair{std::move(text), std::move(login)};
}

/// A file, and not its bytes in another form (RFC 1738, section 3.2.2). libcurl looks for the first
/// ";type=", and for folders in the decoded path.
Result<void> check_ftp_file(ParsedUri& uri) {
  constexpr std::string_view kBinary = ";type=i";
  const auto type = uri.path.find(";type=");
  if (type != std::string::npos && uri.path.substr(type) != kBinary) {
    return invalid_argument(
        "the FTP URL asks for text or a list, which would not be the file's bytes; leave ;type= "
        "away");
  }
  if (type != std::string::npos) uri.path.erase(type);
  const bool is_encoded_slash = uri.path.ends_with("%2F") || uri.path.ends_with("%2f");
  if (uri.path.ends_with('/') || is_encoded_slash) {
    return invalid_argument("the FTP URL names a folder; only files can be downloaded");
  }
  return {};
}

}  // namespace

bool is_one_line(const Login& login) {
  return std::ranges::none_of(login.user + login.password, [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
  });
}

Result<RequestAddress> read_address(std::string_view text) {
  Result<ParsedUri> uri = parse_uri(text);
  if (!uri.ok()) return uri.error();
  if (auto scheme = check_scheme(uri->scheme); !scheme) return std::move(scheme).error();
  if (uri->scheme == "ftp") {
    if (auto file = check_ftp_file(*uri); !file) return std::move(file).error();
  }
  RequestAddress address{canonical_uri(*uri), origin_of(*uri), std::nullopt};
  if (!uri->user.empty() || !uri->password.empty()) {
    address.login = Login{uri->user, uri->password};
  }
  return address;
}

Result<RequestProxy> read_proxy(const ProxySettings& given) {
  RequestProxy proxy;
  proxy.settings.exceptions = given.exceptions;
  for (std::string ProxySettings::* const part :
       {&ProxySettings::http, &ProxySettings::https, &ProxySettings::ftp}) {
    auto one = read_one(given.*part);
    if (!one) return std::move(one).error();
    proxy.settings.*part = one->first;
    const bool is_new = std::ranges::find(proxy.logins, one->first, &Secrets::ProxyLogin::proxy) ==
                        proxy.logins.end();
    if (one->second && is_new) proxy.logins.push_back({one->first, *one->second});
  }
  const bool printable = std::ranges::all_of(proxy.settings.exceptions, [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && c != 0x7F;
  });
  if (!printable) return bad_proxy("control characters in the list of hosts without");
  return proxy;
}

void take_secret_headers(HeaderList& headers, Secrets& secrets) {
  for (const HeaderField& field : headers) {
    if (is_secret_header(field.name)) add_request_header(secrets.headers, field);
  }
  std::erase_if(headers, [](const HeaderField& field) { return is_secret_header(field.name); });
}

}  // namespace lh
