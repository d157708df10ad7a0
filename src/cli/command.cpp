#include "cli/command.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "cli/failure.h"
#include "cli/help.h"
#include "cli/output.h"
#include "cli/text.h"
#include "longhaul/service.h"

namespace lh::cli {
namespace {

constexpr std::array kStart{&get_command, &put_command, &post_command};
constexpr std::array kLook{&list_command, &show_command, &watch_command, &wait_command,
                           &cat_command};
constexpr std::array kSteer{&pause_command, &resume_command, &cancel_command, &set_command,
                            &forget_command};
constexpr std::array kService{&status_command, &events_command, &version_command, &help_command};

constexpr std::array kGroups{
    CommandGroup{"Start a transfer", kStart},
    CommandGroup{"See how it goes", kLook},
    CommandGroup{"Change its course", kSteer},
    CommandGroup{"The service", kService},
};

/// Letters to insert, drop or replace to get from one word to the other.
std::size_t edit_distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), 0U);
  for (const char letter : from) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 0; j < to.size(); ++j) {
      const std::size_t replaced = diagonal + (letter == to[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

[[noreturn]] void refuse_command(const std::string& word) {
  const Command* const meant = nearest_command(word);
  std::string next = "All commands: longhaul help";
  if (meant != nullptr) next = "Did you mean '" + std::string(meant->name) + "'? " + next;
  const bool is_option = word.size() > 1 && word.front() == '-';
  throw bad_argument((is_option ? "unknown option '" : "unknown command '") + word + "'", next);
}

void print(const std::string& text) {
  Output output;
  output.text(text);
  output.flush();
}

}  // namespace

std::span<const CommandGroup> command_groups() {
  return kGroups;
}

const Command* find_command(std::string_view name) {
  for (const CommandGroup& group : kGroups) {
    for (const Command* const command : group.commands) {
      if (command->name == name) return command;
    }
  }
  return nullptr;
}

const Command* nearest_command(std::string_view name) {
  const Command* nearest = nullptr;
  std::size_t least = 3;
  for (const CommandGroup& group : kGroups) {
    for (const Command* const command : group.commands) {
      const std::size_t distance = edit_distance(lower_case(name), command->name);
      if (distance < least && distance < command->name.size()) {
        least = distance;
        nearest = command;
      }
    }
  }
  return nearest;
}

ExitStatus run_command_line(const std::vector<std::string>& words) {
  if (words.empty()) {
    const std::string help = overview();
    std::fwrite(help.data(), 1, help.size(), stderr);
    return ExitStatus::Refused;
  }
  const std::string& word = words.front();
  if (word == "-h" || word == "--help") {
    print(overview());
    return ExitStatus::Done;
  }
  const Command* const command = word == "--version" ? &version_command : find_command(word);
  if (command == nullptr) refuse_command(word);
  Arguments arguments(*command);
  const Run run = command->define(arguments);
  if (!arguments.parse({words.begin() + 1, words.end()})) {
    print(help_of(*command));
    return ExitStatus::Done;
  }
  return run();
}

}  // namespace lh::cli
