#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/command.h"
#include "longhaul/service.h"

namespace lh::cli {

/// What a command that steers does with a transfer in its present state.
struct Decision {
  std::optional<longhaul::TransferVerb> verb;
  std::string why_not;  ///< where there is no verb: "it is paused already"
};

/// pause, resume and cancel: named transfers, or all to which it applies.
struct Steering {
  std::string participle;  ///< "paused", for "cannot be paused"
  Decision (*decide)(const longhaul::TransferInfo& transfer);
  /// What is waited for after the service has accepted it; null: nothing.
  bool (*is_done)(const longhaul::TransferInfo& transfer) = nullptr;
};

struct SteeringOptions {
  std::vector<std::string> ids;
  bool all = false;
};

/// Operands ID… and the option --all.
void add_steering_options(Arguments& arguments, SteeringOptions& options,
                          const std::string& all_description);
/// Looks at all of the named ones before anything is done: if one is refused, nothing is changed.
[[nodiscard]] ExitStatus steer(const std::string& command, const Steering& steering,
                               const SteeringOptions& options);

}  // namespace lh::cli
