#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "platform/unique_fd.h"

namespace lh {

/// A program that goes on when its starter ends: a session of its own, no terminal, no descriptors
/// of the starter, standard input from nowhere, output appended to a file, signals as at login.
struct DetachedProcess {
  std::vector<std::string> arguments;  ///< the first is the absolute path of the program
  /// Added to, or put over, the environment of this process; an empty value removes.
  std::map<std::string, std::string> environment;
  std::string log_file;  ///< created with mode 0600
  UniqueFd passed;       ///< becomes descriptor 3; none if empty
};

/// Returns once the program has been executed, or could not be (the error says why). Leaves no
/// zombie behind. Safe in a process with threads.
[[nodiscard]] Result<void> start_detached(DetachedProcess process);

/// The absolute path of an executable file: `name` itself if it has a slash, else looked up in PATH
/// and the usual places. Empty if there is none.
[[nodiscard]] std::string find_program(const std::string& name);

}  // namespace lh
