#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "longhaul/service.h"

namespace lh::cli {

/// Binary units, three digits at most before the point: "0 B", "999 B", "1.2 KiB", "123 MiB".
[[nodiscard]] std::string human_size(std::uint64_t bytes);
/// Both in the unit of the total: "1.2/2.9 GiB".
[[nodiscard]] std::string human_size_pair(std::uint64_t bytes, std::uint64_t total);
/// "11.2 MiB/s".
[[nodiscard]] std::string human_rate(double bytes_per_second);
/// "0s", "59s", "2m 31s", "1h 05m", "3d 04h".
[[nodiscard]] std::string human_duration(std::chrono::seconds duration);
/// Whole percent, rounded down: 100 means complete. Nothing for an unknown total.
[[nodiscard]] std::optional<int> percent_of(std::uint64_t bytes,
                                            std::optional<std::uint64_t> total);
/// In the time zone of the user: "2024-05-01 10:31:07".
[[nodiscard]] std::string local_time(longhaul::UtcTime time);
/// RFC 3339 in UTC with milliseconds: "2024-05-01T08:31:07.250Z".
[[nodiscard]] std::string rfc3339(longhaul::UtcTime time);

}  // namespace lh::cli
