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
      if (was_never_started(transfer)) return {{}, "it was never started"};
      return {longhaul::TransferVerb::Pause, {}};
    case Running:
      return {longhaul::TransferVerb::Pause, {}};
    case PausedByApplication:
    case PausedRecoverableWebErrorStatus:
      return {{}, "it is paused already"};
    case PausedCostedNetwork:
    case PausedNoNetwork:
    case PausedSystemPolicy:
      return {{}, "the system has paused it: " + reason_in_words(transfer)};
    case Completed:
    case Canceled:
    case Error:
      return {{}, "it has already ended (" + lower_case(status_word(transfer)) + ")"};
  }
  return {{}, "its status is not known"};
}

/// R30. A transfer is paused when its request has ended and what came is on disk.
bool is_at_rest(const TransferInfo& transfer) {
  return transfer.Status != Running;
}

Run define_pause(Arguments& arguments) {
  const auto options = std::make_shared<SteeringOptions>();
  add_steering_options(arguments, *options, "All of this app's that are running or queued");
  return [options] { return steer("pause", {"paused", &decide, &is_at_rest}, *options); };
}

}  // namespace

const Command pause_command{
    "pause",
    "ID...|--all",
    "Pause transfers",
    "What has arrived is kept, and 'longhaul resume' goes on from there. If one of several named "
    "transfers cannot be paused, none is.",
    "longhaul pause 3f2a\n"
    "longhaul pause --all",
    &define_pause};

}  // namespace lh::cli
