#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "longhaul/service.h"

namespace lh::cli {

// Values of options that several commands have. All throw Failure that says what is allowed.

/// "high", "default" or "low".
[[nodiscard]] longhaul::BackgroundTransferPriority parse_priority(const std::string& text);
/// "default", "unrestricted-only" or "always".
[[nodiscard]] longhaul::BackgroundTransferCostPolicy parse_cost_policy(const std::string& text);
/// "Name: value" each; blanks around the value are dropped.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> parse_headers(
    const std::vector<std::string>& lines);
/// Names of web errors, separated by commas, in any letter case; none if the text is empty.
[[nodiscard]] std::vector<longhaul::WebErrorStatus> parse_web_errors(const std::string& text);
/// Checks "sha256:HEX": a known algorithm and as many hexadecimal digits as it has.
void check_checksum(const std::string& text);
/// Checks that it is an HTTP token.
void check_method(const std::string& text);
/// A status by its name, in any letter case.
[[nodiscard]] longhaul::BackgroundTransferStatus parse_status_option(const std::string& text);

}  // namespace lh::cli
