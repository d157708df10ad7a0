#pragma once

#include <chrono>

namespace lh {

using Duration = std::chrono::milliseconds;

/// Service time: UTC at the start of the service plus the boot-time clock since then. Never runs
/// backwards while the service runs, counts suspended time, and can be stored. Given by `Clock`
/// (platform), never taken inside the core.
using TimePoint = std::chrono::sys_time<std::chrono::milliseconds>;

}  // namespace lh
