#pragma once

#include <string>

namespace lh::cli {

struct Command;

/// What `longhaul help` shows.
[[nodiscard]] std::string overview();
/// What `longhaul help COMMAND` shows.
[[nodiscard]] std::string help_of(const Command& command);

}  // namespace lh::cli
