#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/arguments.h"
#include "cli/exit_status.h"

namespace lh::cli {

/// What a command does once its arguments were read.
using Run = std::function<ExitStatus()>;

/// A command of the program, with all that `help` says about it.
struct Command {
  std::string_view name;
  std::string_view usage;     ///< what follows the name: "[OPTION…] ID…"
  std::string_view summary;   ///< one line, no full stop
  std::string_view details;   ///< paragraphs for `help COMMAND`
  std::string_view examples;  ///< lines of shell
  /// Declares options and operands; they are bound to what the returned function owns.
  Run (*define)(Arguments& arguments);
};

struct CommandGroup {
  std::string_view title;
  std::span<const Command* const> commands;
};

/// In the order in which `help` shows them.
[[nodiscard]] std::span<const CommandGroup> command_groups();
[[nodiscard]] const Command* find_command(std::string_view name);
/// The command that was probably meant by a wrong name, or null.
[[nodiscard]] const Command* nearest_command(std::string_view name);

/// The whole program: `words` are the arguments without the program's name. Throws Failure and what
/// the service throws.
[[nodiscard]] ExitStatus run_command_line(const std::vector<std::string>& words);

extern const Command cancel_command;
extern const Command cat_command;
extern const Command events_command;
extern const Command forget_command;
extern const Command get_command;
extern const Command help_command;
extern const Command list_command;
extern const Command pause_command;
extern const Command post_command;
extern const Command put_command;
extern const Command resume_command;
extern const Command set_command;
extern const Command show_command;
extern const Command status_command;
extern const Command version_command;
extern const Command wait_command;
extern const Command watch_command;

}  // namespace lh::cli
