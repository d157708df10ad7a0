#include "cli/help.h"

#include <memory>

#include "cli/command.h"
#include "cli/failure.h"
#include "cli/output.h"

namespace lh::cli {
namespace {

std::string text_for(const std::optional<std::string>& name) {
  if (!name) return overview();
  if (const Command* const command = find_command(*name)) return help_of(*command);
  const Command* const meant = nearest_command(*name);
  std::string next = "All commands: longhaul help";
  if (meant != nullptr) next = "Did you mean '" + std::string(meant->name) + "'? " + next;
  throw bad_argument("unknown command '" + *name + "'", next);
}

Run define_help(Arguments& arguments) {
  const auto name = std::make_shared<std::optional<std::string>>();
  arguments.operand("COMMAND", *name, false);
  return [name] {
    Output output;
    output.text(text_for(*name));
    output.flush();
    return ExitStatus::Done;
  };
}

}  // namespace

const Command help_command{"help", "[COMMAND]",         "Explain the program or a command",
                           "",     "longhaul help get", &define_help};

}  // namespace lh::cli
