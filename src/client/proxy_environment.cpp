#include "client/proxy_environment.h"

#include <cstdlib>
#include <initializer_list>

namespace lh {
namespace {

/// The first that is set and not empty.
std::string first_of(std::initializer_list<const char*> names) {
  for (const char* const name : names) {
    const char* const value = std::getenv(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return {};
}

}  // namespace

ProxySettings proxy_from_environment() {
  ProxySettings proxy;
  proxy.http = first_of({"http_proxy", "all_proxy", "ALL_PROXY"});
  proxy.https = first_of({"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"});
  proxy.ftp = first_of({"ftp_proxy", "FTP_PROXY", "all_proxy", "ALL_PROXY"});
  if (!proxy.empty()) proxy.exceptions = first_of({"no_proxy", "NO_PROXY"});
  return proxy;
}

ProxySettings proxy_for_all(const std::string& proxy) {
  return {.http = proxy, .https = proxy, .ftp = proxy, .exceptions = {}};
}

}  // namespace lh
