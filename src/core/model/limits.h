#pragma once

#include <cstdint>
#include <vector>

#include "core/base/time.h"
#include "core/base/units.h"

namespace lh {

using namespace std::chrono_literals;

/// Every number of the service, with its unit, its default and the rule it comes from. Those of
/// longhaul.toml name their key.
struct Limits {
  // [limits]
  std::uint32_t running = 64;            ///< attempts at once (limits.running)
  std::uint32_t running_per_origin = 6;  ///< per scheme, host and port (limits.running_per_origin)
  std::uint64_t max_operations_per_app = 0;  ///< 0: none (R16 as amended)
  Duration retention =
      std::chrono::hours(24 * 30);     ///< of ended operations (limits.retention_days)
  Duration idle_exit = 30s;            ///< limits.idle_exit_s
  std::uint64_t spool_max_mib = 4096;  ///< limits.spool_max_mib
  // [timeouts]
  Duration connect_timeout = 300s;   ///< R37
  Duration response_timeout = 120s;  ///< R38
  Duration stall_timeout = 120s;     ///< R38
  // [retry]
  std::uint32_t retry_count = 3;                       ///< R39
  std::vector<Duration> retry_delays = {1s, 5s, 30s};  ///< R43; the last one repeats
  Duration retry_after_min = 1s;                       ///< R42 as amended
  Duration retry_after_max = std::chrono::hours(24);
  // Not configurable
  ByteCount checkpoint_bytes = 8_MiB;  ///< at most this much is fetched again after a crash …
  Duration checkpoint_interval =
      1s;  ///< … or this long; both counted from the last checkpoint (design.md 2.7)
  Duration progress_interval = 100ms;  ///< R25: at most ten reports a second
  Duration disk_full_recheck = 30s;
  Duration slow_after =
      30s;  ///< an attempt that moved less than `slow_bytes` in this time gives its slot back
  ByteCount slow_bytes = 4_KiB;

  friend bool operator==(const Limits&, const Limits&) = default;
};

}  // namespace lh
