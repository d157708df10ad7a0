#pragma once

#include <string>

#include "core/base/guid.h"

namespace lh {

/// /proc/sys/kernel/random/boot_id: differs after every reboot.
[[nodiscard]] std::string boot_id();
/// From the kernel's random source.
[[nodiscard]] Guid random_guid();
/// In [0, 1), for jitter.
[[nodiscard]] double random_fraction();

}  // namespace lh
