#pragma once

#include <string>

#include "core/model/proxy_settings.h"

namespace lh {

/// What the proxy variables of this process say: http_proxy (in lower case only: a server program
/// may be handed the other by anybody), https_proxy, ftp_proxy, all_proxy, no_proxy.
[[nodiscard]] ProxySettings proxy_from_environment();

/// The one proxy for everything, no exceptions.
[[nodiscard]] ProxySettings proxy_for_all(const std::string& proxy);

}  // namespace lh
