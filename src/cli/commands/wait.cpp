#include <memory>

#include "cli/command.h"
#include "cli/follow.h"
#include "cli/selection.h"

namespace lh::cli {
namespace {

ExitStatus run_wait(const std::vector<std::string>& ids) {
  longhaul::TransferService service = open_service();
  FollowPlan plan;
  plan.transfers = find_transfers(service, ids);
  plan.whole = ids.empty() ? FollowPlan::Whole::EverListed : FollowPlan::Whole::No;
  plan.again = "longhaul watch";
  for (const std::string& id : ids) plan.again += " " + id;
  return follow(service, plan);
}

Run define_wait(Arguments& arguments) {
  const auto ids = std::make_shared<std::vector<std::string>>();
  arguments.operands("ID", *ids, false);
  return [ids] { return run_wait(*ids); };
}

}  // namespace

const Command wait_command{
    "wait",
    "[ID...]",
    "Wait until transfers have ended",
    "Ends with 0 only if all of them completed; each that failed or was canceled is reported on "
    "standard error and makes the exit status 1.\n\n"
    "Without an ID it waits for all that the app has at this moment. Those that have ended already "
    "and are still listed count, so that a failure just before 'wait' is not missed; 'longhaul "
    "forget --done' begins a new account.",
    "longhaul get -i list.txt && longhaul wait && echo all there",
    &define_wait};

}  // namespace lh::cli
