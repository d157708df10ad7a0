#include <unistd.h>

#include <algorithm>
#include <memory>

#include "cli/command.h"
#include "cli/follow.h"
#include "cli/output.h"
#include "cli/selection.h"

namespace lh::cli {
namespace {

ExitStatus run_watch(const std::vector<std::string>& ids) {
  longhaul::TransferService service = open_service();
  FollowPlan plan;
  plan.transfers = find_transfers(service, ids);
  plan.whole = ids.empty() ? FollowPlan::Whole::NotEnded : FollowPlan::Whole::No;
  plan.showing = can_redraw(STDOUT_FILENO) ? Showing::OutBars : Showing::Lines;
  plan.again = "longhaul watch";
  for (const std::string& id : ids) plan.again += " " + id;
  return follow(service, plan);
}

Run define_watch(Arguments& arguments) {
  const auto ids = std::make_shared<std::vector<std::string>>();
  arguments.operands("ID", *ids, false);
  return [ids] { return run_watch(*ids); };
}

}  // namespace

const Command watch_command{
    "watch",
    "[ID...]",
    "Show live progress until transfers have ended",
    "On a terminal, a bar for each transfer with rate, percent and time left, or the reason why it "
    "waits. Elsewhere, a line for each change and now and then one of progress. Interrupting it "
    "(Ctrl-C) only ends the watching.\n\n"
    "Without an ID it shows all that are under way, and those that are started meanwhile. The exit "
    "status is that of 'longhaul wait'.",
    "longhaul watch\n"
    "longhaul watch $(longhaul get https://example.org/disc.iso)",
    &define_watch};

}  // namespace lh::cli
