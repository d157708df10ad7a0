#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "cli/exit_status.h"
#include "cli/request_options.h"
#include "longhaul/service.h"

namespace lh::cli {

/// What get, put and post have in common.
struct CreationOptions {
  std::optional<std::string> priority;
  std::optional<std::string> cost_policy;
  RequestOptions request;
  bool wait = false;
  bool paused = false;
  bool json = false;

  void declare_life(Arguments& arguments);
  void declare_output(Arguments& arguments);
  /// Throws Failure for what excludes each other.
  void check() const;
  /// Throws Failure. May ask for passwords.
  void apply(longhaul::RequestSettings& settings) const;
};

/// Prints what was created, and waits for its end if that is wanted. `created` is what is known of
/// each, in the order of the command line.
[[nodiscard]] ExitStatus report_created(longhaul::TransferService& service,
                                        const CreationOptions& options,
                                        std::vector<longhaul::TransferInfo> created);

}  // namespace lh::cli
