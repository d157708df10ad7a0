#include "cli/creation_options.h"

#include <unistd.h>

#include <map>
#include <unordered_map>

#include "cli/failure.h"
#include "cli/follow.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/selection.h"
#include "cli/transfer_json.h"
#include "cli/words.h"

namespace lh::cli {
namespace {

/// Up to so many are asked for one by one; for more, the list is read once.
constexpr std::size_t kShownSingly = 16;

/// The objects of all, in the order of `ids`, however the service lists them.
void print_objects(longhaul::TransferService& service, const std::vector<std::string>& ids,
                   Output& output) {
  if (ids.size() <= kShownSingly) {
    for (const std::string& id : ids) output.line(transfer_json(service.Show(id).Info));
    return;
  }
  std::unordered_map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < ids.size(); ++i) places.emplace(ids[i], i);
  std::map<std::size_t, std::string> early;
  std::size_t next = 0;
  service.List({}, [&](const TransferInfo& each) {
    const auto place = places.find(each.Id);
    if (place == places.end()) return true;
    early.emplace(place->second, transfer_json(each));
    for (auto first = early.begin(); first != early.end() && first->first == next; ++next) {
      output.line(first->second);
      first = early.erase(first);
    }
    return next < ids.size();
  });
  for (const auto& [place, text] : early) output.line(text);
}

ExitStatus wait_for(longhaul::TransferService& service, std::vector<TransferInfo> created) {
  FollowPlan follow_plan;
  follow_plan.again =
      "longhaul watch" + (created.size() == 1 ? " " + short_id(created.front().Id) : std::string());
  follow_plan.transfers = std::move(created);
  follow_plan.showing = can_redraw(STDERR_FILENO) ? Showing::ErrorBars : Showing::Nothing;
  return follow(service, follow_plan);
}

}  // namespace

void CreationOptions::declare_life(Arguments& arguments) {
  arguments.flag("--wait", wait, "Wait until all have ended, with progress on a terminal");
  arguments.flag("--paused", paused, "Create only; 'longhaul resume' starts it");
  arguments.value("--priority", "PRIORITY", priority, "Place in the queue: high, default or low");
  arguments.value("--cost-policy", "POLICY", cost_policy,
                  "Networks to use: default, unrestricted-only or always");
}

void CreationOptions::declare_output(Arguments& arguments) {
  arguments.flag("--json", json, "Print each transfer as a JSON object, not just its ID");
}

void CreationOptions::check() const {
  if (wait && paused)
    throw bad_argument("--wait would never end: --paused does not start the transfer");
}

void CreationOptions::apply(longhaul::RequestSettings& settings) const {
  request.apply(settings);
  if (priority) settings.Priority = parse_priority(*priority);
  if (cost_policy) settings.CostPolicy = parse_cost_policy(*cost_policy);
}

ExitStatus report_created(longhaul::TransferService& service, const CreationOptions& options,
                          std::vector<TransferInfo> created) {
  std::vector<std::string> ids;
  ids.reserve(created.size());
  for (const TransferInfo& each : created) ids.push_back(each.Id);
  Output output;
  if (options.json) {
    print_objects(service, ids, output);
  } else {
    for (const std::string& id : ids) output.line(id);
  }
  output.flush();
  return options.wait ? wait_for(service, std::move(created)) : ExitStatus::Done;
}

}  // namespace lh::cli
