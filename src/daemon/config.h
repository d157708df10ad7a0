#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/model/client_certificate.h"
#include "core/model/limits.h"
#include "platform/log.h"

namespace lh {

/// What the user knows of a connection that the system does not: `[[connection]]` of longhaul.toml.
struct ConnectionRule {
  std::string interface_pattern;  ///< patterns with '*'; empty: matches any
  std::string ssid_pattern;
  std::string id_pattern;
  std::optional<bool> metered;
  std::optional<bool> roaming;
  std::optional<double> limit_gib;
  std::string period;  ///< "monthly:DAY", "weekly:DAY" or a number of days
  std::optional<bool> restrict_background;

  friend bool operator==(const ConnectionRule&, const ConnectionRule&) = default;
};

/// longhaul.toml (cli.md, "Configuration keys"); every key is optional.
struct Config {
  Limits limits;
  std::vector<std::string> pause_on_exit;  ///< app ids
  int battery_percent_min = 20;
  bool power_saver = true;
  std::string politeness_class = "background";
  std::string tls_min_version = "1.2";
  std::string tls_ca_file;   ///< empty: the system's store
  std::string tls_crl_file;  ///< certificates that were revoked; empty: not looked at
  std::vector<ClientCertificate> client_certificates;  ///< the first that matches counts
  LogLevel log_level = LogLevel::Info;
  std::vector<ConnectionRule> connections;

  friend bool operator==(const Config&, const Config&) = default;
};

/// Reads the file; one that is missing means the defaults. The error (kind Config) has a line for
/// each mistake: "FILE:LINE:COLUMN: what is wrong, and what is allowed there".
[[nodiscard]] Result<Config> load_config(const std::string& path);
/// The same from text; `path` is what errors name.
[[nodiscard]] Result<Config> parse_config(std::string_view text, const std::string& path);

}  // namespace lh
