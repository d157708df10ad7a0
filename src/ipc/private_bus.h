#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "core/base/result.h"
#include "platform/unique_fd.h"

namespace lh {

/// The bus of a machine that has none: a dbus-daemon per state and runtime folder, started by the
/// first client, which starts longhauld by activation. Its folder holds `lock`, `bus` (the
/// socket), `bus.conf`, `services/` and `log`.

/// Whoever holds it knows that the bus neither starts nor ends meanwhile: a client keeps it until
/// it is known to the bus by its unique name.
class PrivateBusLock {
 public:
  /// Waits for the present holder, not longer than `limit`; creates the folder if need be.
  [[nodiscard]] static Result<PrivateBusLock> acquire(const std::string& folder,
                                                      std::chrono::milliseconds limit);

 private:
  explicit PrivateBusLock(UniqueFd file) : file_(std::move(file)) {}
  UniqueFd file_;
};

/// The address of the running bus, which is started if it does not answer: ready when this returns.
/// `daemon` is the path of longhauld, `limit` how long the start may take. `interrupt` (or -1) is a
/// descriptor whose readiness gives up waiting.
[[nodiscard]] Result<std::string> ensure_private_bus(const PrivateBusLock& held,
                                                     const std::string& folder,
                                                     const std::string& daemon,
                                                     std::chrono::milliseconds limit,
                                                     int interrupt = -1);

/// Whether the lock stays held until this process ends.
enum class KeepLock { UntilExit, No };

/// For whoever is about to leave the private bus of `folder` (see is_private_bus): ends that bus if
/// nobody but the caller (its unique name there) and longhauld's name is on it. True if it was
/// ended. A daemon keeps the lock then, so that a client that comes now starts bus and daemon anew
/// only after its end. Blocks for a few round trips at most; false if somebody connects right now.
[[nodiscard]] Result<bool> end_private_bus_if_alone(const std::string& folder,
                                                    const std::string& own_unique_name,
                                                    KeepLock keep = KeepLock::UntilExit);

/// File that the bus and the daemons started by it log to.
[[nodiscard]] std::string private_bus_log(const std::string& folder);

}  // namespace lh
