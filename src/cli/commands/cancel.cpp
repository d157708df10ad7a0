#include <memory>

#include "cli/command.h"
#include "cli/control.h"
#include "cli/text.h"
#include "cli/words.h"

namespace lh::cli {
namespace {

Decision decide(const TransferInfo& transfer) {
  if (!transfer.HasEnded()) return {longhaul::TransferVerb::Cancel, {}};
  return {{}, "it has already ended (" + lower_case(status_word(transfer)) + ")"};
}

Run define_cancel(Arguments& arguments) {
  const auto options = std::make_shared<SteeringOptions>();
  add_steering_options(arguments, *options, "All of this app's that have not ended");
  return [options] { return steer("cancel", {"canceled", &decide}, *options); };
}

}  // namespace

const Command cancel_command{
    "cancel",
    "ID...|--all",
    "Cancel transfers and remove what has arrived",
    "Ends them for good. The partial file is removed; a file that was there under the target's "
    "name before stays as it is. If one of several named transfers has ended already, none is "
    "canceled.",
    "longhaul cancel 3f2a",
    &define_cancel};

}  // namespace lh::cli
