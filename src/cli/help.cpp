#include "cli/help.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "cli/command.h"
#include "cli/text.h"

namespace lh::cli {
namespace {

constexpr std::size_t kWidth = 80;
constexpr std::size_t kNameColumn = 2;
constexpr std::size_t kTextColumn = 26;

/// A term with its explanation beside it, or below if the term is long.
std::string entry(const std::string& term, std::string_view explanation) {
  const std::string indented = std::string(kNameColumn, ' ') + term;
  std::string text = wrap(explanation, kTextColumn, kWidth);
  if (display_width(indented) + 2 > kTextColumn) return indented + "\n" + text + "\n";
  return pad_right(indented, kTextColumn) + text.erase(0, kTextColumn) + "\n";
}

std::string indented_lines(std::string_view lines) {
  std::string result;
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    result += "  " + std::string(lines.substr(0, end)) + "\n";
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  return result;
}

}  // namespace

std::string overview() {
  std::string text =
      "longhaul - downloads that outlive their program, their connection and a reboot\n"
      "\n"
      "Usage: longhaul COMMAND [OPTION...] [ARGUMENT...]\n";
  for (const CommandGroup& group : command_groups()) {
    text += "\n" + std::string(group.title) + ":\n";
    for (const Command* const command : group.commands)
      text +=
          "  " + pad_right(std::string(command->name), 10) + std::string(command->summary) + "\n";
  }
  text +=
      "\n"
      "A transfer is named by its ID or by the first four or more characters of it.\n"
      "\n"
      "Examples:\n"
      "  longhaul get https://deb.debian.org/debian/ls-lR.gz   # returns at once\n"
      "  longhaul get --wait -o list.gz https://deb.debian.org/debian/ls-lR.gz\n"
      "  longhaul watch                                        # live progress bars\n"
      "\n"
      "More about a command: longhaul help COMMAND, or man longhaul\n";
  return text;
}

std::string help_of(const Command& command) {
  std::string text = "Usage: longhaul " + std::string(command.name);
  if (!command.usage.empty()) text += " " + std::string(command.usage);
  text += "\n\n" + wrap(command.summary, 0, kWidth) + ".\n";
  if (!command.details.empty()) text += "\n" + wrap(command.details, 0, kWidth) + "\n";
  text += "\nOptions:\n";
  Arguments arguments(command);
  const Run unused = command.define(arguments);
  for (const Arguments::Described& option : arguments.options())
    text += entry(option.names, option.description);
  if (!command.examples.empty()) text += "\nExamples:\n" + indented_lines(command.examples);
  return text;
}

}  // namespace lh::cli
