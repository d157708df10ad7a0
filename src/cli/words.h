#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "longhaul/service.h"

namespace lh::cli {

using longhaul::BackgroundTransferCostPolicy;
using longhaul::BackgroundTransferPriority;
using longhaul::BackgroundTransferStatus;
using longhaul::TransferInfo;
using longhaul::WebErrorStatus;

/// "PausedNoNetwork": the name that JSON and `list --status` use.
[[nodiscard]] std::string_view status_name(BackgroundTransferStatus status);
[[nodiscard]] const std::vector<BackgroundTransferStatus>& all_statuses();
[[nodiscard]] const std::vector<BackgroundTransferStatus>& ended_statuses();
[[nodiscard]] const std::vector<BackgroundTransferStatus>& open_statuses();
/// In any letter case.
[[nodiscard]] std::optional<BackgroundTransferStatus> parse_status(std::string_view name);

/// "UnrestrictedOnly", as in JSON.
[[nodiscard]] std::string_view cost_policy_name(BackgroundTransferCostPolicy policy);
[[nodiscard]] std::string_view priority_name(BackgroundTransferPriority priority);
/// "NotFound"; "Unknown" for values that have no name.
[[nodiscard]] std::string_view web_error_name(WebErrorStatus status);

/// In any letter case; not "Unknown".
[[nodiscard]] std::optional<WebErrorStatus> parse_web_error(std::string_view name);

/// A word or two for people: "Running", "Not started", "Queued", "Retrying", "Paused",
/// "Waiting", "Completed", "Canceled", "Failed".
[[nodiscard]] std::string status_word(const TransferInfo& transfer);
/// Why it does not run, or why it failed; empty if it runs or is complete. Harmless.
[[nodiscard]] std::string reason_in_words(const TransferInfo& transfer);
/// What people call it: the name of its file, else of its URL's last part, else the URL. Harmless.
[[nodiscard]] std::string short_name(const TransferInfo& transfer);
/// The first eight characters.
[[nodiscard]] std::string short_id(std::string_view id);
[[nodiscard]] bool was_never_started(const TransferInfo& transfer);
[[nodiscard]] bool has_ended(BackgroundTransferStatus status);

/// The cause of a transfer's failure for the parentheses of an error line.
[[nodiscard]] std::string cause_of(const longhaul::TransferErrorInfo& error);

}  // namespace lh::cli
