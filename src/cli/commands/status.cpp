#include <memory>

#include "cli/command.h"
#include "cli/human.h"
#include "cli/output.h"
#include "cli/selection.h"
#include "cli/text.h"
#include "cli/transfer_json.h"
#include "cli/words.h"

namespace lh::cli {
namespace {

constexpr std::size_t kLabelWidth = 11;

std::string line(const std::string& label, const std::string& text) {
  return text.empty() ? std::string() : pad_right(label, kLabelWidth) + harmless(text) + "\n";
}

std::string network(const longhaul::ServiceStatus& status) {
  if (!status.Connected) return "not connected";
  std::string text = status.Internet ? "connected" : "connected, but not to the internet";
  if (!status.Cost.empty() && status.Cost != "Unknown")
    text += ", cost: " + lower_case(status.Cost);
  if (status.Roaming) text += ", roaming";
  if (status.OverLimit)
    text += ", over the limit of its data plan";
  else if (status.ApproachingLimit)
    text += ", near the limit of its data plan";
  if (status.Restricted) text += ", background data restricted";
  if (!status.Connection.empty()) text += ", " + status.Connection;
  if (!status.Interface.empty()) text += " (" + status.Interface + ")";
  return text;
}

std::string power(const longhaul::ServiceStatus& status) {
  std::string text;
  const auto add = [&text](const std::string& more) { text += (text.empty() ? "" : ", ") + more; };
  if (status.OnBattery) add(*status.OnBattery ? "on battery" : "on mains");
  if (status.BatteryPercent)
    add(std::to_string(static_cast<int>(*status.BatteryPercent)) + "% charged");
  if (status.PowerSaver && *status.PowerSaver) add("power saver on");
  return text;
}

std::string transfers(const longhaul::ServiceStatus& status) {
  std::string text;
  for (const BackgroundTransferStatus each : all_statuses()) {
    for (const auto& [counted_status, number] : status.Transfers) {
      if (counted_status != each || number == 0) continue;
      text += (text.empty() ? "" : ", ") + std::to_string(number) + " " +
              std::string(status_name(each));
    }
  }
  return text.empty() ? "none" : text;
}

std::string policy(const longhaul::ServiceStatus& status) {
  std::string text;
  for (const BackgroundTransferCostPolicy each : status.MayRun)
    text += (text.empty() ? "" : ", ") + std::string(cost_policy_name(each));
  return text.empty() ? "none" : text;
}

std::string readable(const longhaul::ServiceStatus& status) {
  return line("Daemon", "longhauld " + status.Version + ", process " + std::to_string(status.Pid) +
                            ", running since " + local_time(status.Since)) +
         line("State", status.StateFolder) + line("Config", status.ConfigFile) +
         line("Secrets", status.Secrets) + line("Network", network(status)) +
         line("Power", power(status)) + line("May run", policy(status)) +
         line("Transfers", transfers(status));
}

ExitStatus run_status(bool json) {
  longhaul::TransferService service = open_service();
  const longhaul::ServiceStatus status = service.Status();
  Output output;
  if (json)
    output.line(status_json(status));
  else
    output.text(readable(status));
  output.flush();
  return ExitStatus::Done;
}

Run define_status(Arguments& arguments) {
  const auto json = std::make_shared<bool>(false);
  arguments.flag("--json", *json, "One JSON object");
  return [json] { return run_status(*json); };
}

}  // namespace

const Command status_command{
    "status",
    "[OPTION...]",
    "Show the daemon, the network, power and what may run now",
    "The daemon is started if it does not run. 'May run' lists the cost policies whose transfers "
    "may use the present network.",
    "longhaul status --json | jq .transfers",
    &define_status};

}  // namespace lh::cli
