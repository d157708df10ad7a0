#pragma once

#include <string>
#include <vector>

#include "cli/exit_status.h"
#include "longhaul/service.h"

namespace lh::cli {

/// How following shows itself.
enum class Showing {
  Nothing,   ///< only failures, on standard error
  Lines,     ///< on standard output: a line for each change, and now and then one of progress
  OutBars,   ///< live bars on standard output
  ErrorBars  ///< live bars on standard error
};

struct FollowPlan {
  /// Which: these, or all of the app's.
  std::vector<longhaul::TransferInfo> transfers;
  enum class Whole {
    No,          ///< only those in `transfers`
    EverListed,  ///< all that the app has now, those that have ended included
    NotEnded     ///< those that are under way, and those that join them later
  };
  Whole whole = Whole::No;
  Showing showing = Showing::Nothing;
  std::string again;  ///< the command that goes on after an interruption
};

/// Follows them until all have ended. Exit status 0 if all of them are complete, 1 if not; after
/// SIGINT or SIGTERM it only stops looking, and says so.
[[nodiscard]] ExitStatus follow(longhaul::TransferService& service, const FollowPlan& plan);

}  // namespace lh::cli
