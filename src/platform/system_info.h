#pragma once

#include <cstdint>
#include <string>

#include "core/base/guid.h"

namespace lh {

/// /proc/sys/kernel/random/boot_id: differs after every reboot.
[[nodiscard]] std::string boot_id();
/// From the kernel's random source.
[[nodiscard]] Guid random_guid();
[[nodiscard]] std::uint64_t random_number();
/// In [0, 1), for jitter.
[[nodiscard]] double random_fraction();

}  // namespace lh
