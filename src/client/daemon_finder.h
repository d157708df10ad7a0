#pragma once

#include <string>

namespace lh {

/// Where longhauld is: $LONGHAUL_DAEMON, beside this library (a build tree), in libexec relative to
/// it, or where it was to be installed. Empty if it is at none of these.
[[nodiscard]] std::string find_daemon();
/// The places that are looked at, for messages.
[[nodiscard]] std::string daemon_places();

}  // namespace lh
