#include "core/model/status_name.h"

#include <array>
#include <utility>

namespace lh {
namespace {

using longhaul::BackgroundTransferStatus;

constexpr std::array<std::pair<BackgroundTransferStatus, std::string_view>, 10> kNames{{
    {BackgroundTransferStatus::Idle, "Idle"},
    {BackgroundTransferStatus::Running, "Running"},
    {BackgroundTransferStatus::PausedByApplication, "PausedByApplication"},
    {BackgroundTransferStatus::PausedCostedNetwork, "PausedCostedNetwork"},
    {BackgroundTransferStatus::PausedNoNetwork, "PausedNoNetwork"},
    {BackgroundTransferStatus::Completed, "Completed"},
    {BackgroundTransferStatus::Canceled, "Canceled"},
    {BackgroundTransferStatus::Error, "Error"},
    {BackgroundTransferStatus::PausedRecoverableWebErrorStatus, "PausedRecoverableWebErrorStatus"},
    {BackgroundTransferStatus::PausedSystemPolicy, "PausedSystemPolicy"},
}};

}  // namespace

std::string_view status_name(BackgroundTransferStatus status) {
  for (const auto& [value, name] : kNames) {
    if (value == status) return name;
  }
  return "Unknown";
}

std::optional<BackgroundTransferStatus> parse_status(std::string_view name) {
  for (const auto& [value, text] : kNames) {
    if (text == name) return value;
  }
  return std::nullopt;
}

}  // namespace lh
