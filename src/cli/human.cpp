#include "cli/human.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <string_view>

namespace lh::cli {
namespace {

constexpr std::array<std::string_view, 7> kUnits{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

/// The power of 1024 in which `value` has at most three digits before the point, as printed.
std::size_t unit_of(double value) {
  std::size_t unit = 0;
  while (value >= 999.5 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  return unit;
}

std::string digits(double value, std::size_t unit) {
  value /= std::pow(1024.0, static_cast<double>(unit));
  std::array<char, 48> text{};
  // 99.95 would be printed as 100.0.
  const int decimals = unit == 0 || value >= 99.95 ? 0 : 1;
  std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
  return text.data();
}

std::string with_unit(std::string number, std::size_t unit) {
  return number + " " + std::string(kUnits[unit]);
}

std::string two_parts(long long major, const char* major_unit, long long minor,
                      const char* minor_unit) {
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%lld%s %02lld%s", major, major_unit, minor, minor_unit);
  return text.data();
}

std::string formatted(const std::tm& time, const char* format) {
  std::array<char, 64> text{};
  const std::size_t length = std::strftime(text.data(), text.size(), format, &time);
  return {text.data(), length};
}

}  // namespace

std::string human_size(std::uint64_t bytes) {
  const auto value = static_cast<double>(bytes);
  const std::size_t unit = unit_of(value);
  return with_unit(digits(value, unit), unit);
}

std::string human_size_pair(std::uint64_t bytes, std::uint64_t total) {
  const auto value = static_cast<double>(bytes);
  const std::size_t unit = unit_of(static_cast<double>(std::max(bytes, total)));
  return digits(value, unit) + "/" + with_unit(digits(static_cast<double>(total), unit), unit);
}

std::string human_rate(double bytes_per_second) {
  const double value = std::max(bytes_per_second, 0.0);
  const std::size_t unit = unit_of(value);
  return with_unit(digits(value, unit), unit) + "/s";
}

std::string human_duration(std::chrono::seconds duration) {
  const long long seconds = std::max<long long>(duration.count(), 0);
  if (seconds < 60) return std::to_string(seconds) + "s";
  if (seconds < 3600) return two_parts(seconds / 60, "m", seconds % 60, "s");
  if (seconds < 86400) return two_parts(seconds / 3600, "h", seconds / 60 % 60, "m");
  return two_parts(seconds / 86400, "d", seconds / 3600 % 24, "h");
}

std::optional<int> percent_of(std::uint64_t bytes, std::optional<std::uint64_t> total) {
  if (!total) return std::nullopt;
  if (bytes >= *total) return 100;
  const auto part = static_cast<long double>(bytes) / static_cast<long double>(*total);
  return std::min(static_cast<int>(part * 100), 99);
}

std::string local_time(longhaul::UtcTime time) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  const std::time_t seconds = std::chrono::system_clock::to_time_t(whole);
  std::tm local{};
  localtime_r(&seconds, &local);
  return formatted(local, "%Y-%m-%d %H:%M:%S");
}

std::string rfc3339(longhaul::UtcTime time) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  const std::time_t seconds = std::chrono::system_clock::to_time_t(whole);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::array<char, 16> fraction{};
  std::snprintf(fraction.data(), fraction.size(), ".%03dZ",
                static_cast<int>((time - whole).count()));
  return formatted(utc, "%Y-%m-%dT%H:%M:%S") + fraction.data();
}

}  // namespace lh::cli
