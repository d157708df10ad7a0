// longhaul.toml.
#include <cstddef>
#include <cstdint>
#include <string>

#include "daemon/config.h"
#include "fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  const auto config = lh::parse_config(text, "FILE");
  if (!config) {
    lh::fuzz::require(config.error().kind == lh::ErrorKind::Config);
    lh::fuzz::require(config.error().message().find("FILE") != std::string::npos);
    return 0;
  }
  lh::fuzz::require(config->limits.running > 0 && config->limits.running_per_origin > 0);
  lh::fuzz::require(config->battery_percent_min >= 0 && config->battery_percent_min <= 100);
  return 0;
}
