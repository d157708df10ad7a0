#include <memory>

#include "cli/command.h"
#include "cli/control.h"
#include "cli/text.h"
#include "cli/words.h"

namespace lh::cli {
namespace {

using enum BackgroundTransferStatus;

Decision decide(const TransferInfo& transfer) {
  switch (transfer.Status) {
    case Idle:
      if (was_never_started(transfer)) return {longhaul::TransferVerb::Start, {}};
      return {{}, "it is not paused; it waits for its turn"};
    case Running:
      return {{}, "it is not paused"};
    case PausedByApplication:
    case PausedRecoverableWebErrorStatus:
      return {longhaul::TransferVerb::Resume, {}};
    case PausedCostedNetwork:
    case PausedNoNetwork:
    case PausedSystemPolicy:
      return {{},
              "the system has paused it, and it goes on by itself: " + reason_in_words(transfer)};
    case Completed:
    case Canceled:
    case Error:
      return {{}, "it has already ended (" + lower_case(status_word(transfer)) + ")"};
  }
  return {{}, "its status is not known"};
}

Run define_resume(Arguments& arguments) {
  const auto options = std::make_shared<SteeringOptions>();
  add_steering_options(arguments, *options,
                       "All of this app's that are paused or were never started");
  return [options] { return steer("resume", {"resumed", &decide}, *options); };
}

}  // namespace

const Command resume_command{
    "resume",
    "ID...|--all",
    "Let paused transfers go on, or start new ones",
    "Goes on with what 'longhaul pause' has paused, and starts what 'longhaul get --paused' has "
    "created. A transfer that the system has paused (no network, cost, battery, disk) goes on by "
    "itself; resuming it is refused, with the reason. If one of several named transfers cannot be "
    "resumed, none is.",
    "longhaul resume 3f2a\n"
    "longhaul resume --all",
    &define_resume};

}  // namespace lh::cli
