#pragma once

#include <string>
#include <string_view>

namespace lh {

/// Which proxy an operation uses, as it was at its creation. URIs without user info, such as
/// "http://proxy.example:3128", "https://…", "socks4://…", "socks4a://…", "socks5://…" or
/// "socks5h://…"; empty: none.
struct ProxySettings {
  std::string http;
  std::string https;
  std::string ftp;
  std::string exceptions;  ///< hosts that are reached without: the form of $no_proxy

  [[nodiscard]] bool empty() const { return http.empty() && https.empty() && ftp.empty(); }
  friend bool operator==(const ProxySettings&, const ProxySettings&) = default;
};

/// The proxy for URIs of this scheme; empty: none.
[[nodiscard]] inline const std::string& proxy_for(const ProxySettings& settings,
                                                  std::string_view scheme) {
  if (scheme == "https") return settings.https;
  return scheme == "ftp" ? settings.ftp : settings.http;
}

}  // namespace lh
