#include "cli/arguments.h"

#include <algorithm>
#include <charconv>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "cli/failure.h"

namespace lh::cli {

struct Arguments::Impl {
  struct Declared {
    CLI::Option* option;
    std::string placeholder;
  };

  std::string command;
  CLI::App app;
  std::vector<Declared> declared;
  std::optional<std::string> missing_operand;

  [[nodiscard]] std::string hint() const { return "Try: longhaul help " + command; }

  /// What the parser found wrong, in words that name the option and what is wanted.
  [[nodiscard]] Failure explain(const CLI::ParseError& error) const {
    if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
      const std::vector<std::string> extras = app.remaining();
      const std::string first = extras.empty() ? std::string() : extras.front();
      const bool is_option = first.size() > 1 && first.front() == '-';
      return bad_argument((is_option ? "unknown option '" : "unexpected argument '") + first + "'",
                          hint());
    }
    if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr && missing_operand)
      return bad_argument(command + " needs " + *missing_operand, hint());
    std::string text = error.what();
    if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
      const std::string name = text.substr(0, text.find(':'));
      if (text.find("At Most") != text.npos)
        return bad_argument("option " + name + " is given more than once", hint());
      if (text.find("missing") != text.npos)
        return bad_argument("option " + name + " needs a value", hint());
    }
    return bad_argument(text, hint());
  }
};

Arguments::Arguments(const Command& command) : impl_(std::make_unique<Impl>()) {
  impl_->command = command.name;
  impl_->app.name(std::string(command.name));
  impl_->app.set_help_flag("-h,--help", "Show this help");
  // Words such as "++" or "/x" are operands.
  impl_->app.allow_windows_style_options(false);
}

Arguments::~Arguments() = default;

void Arguments::flag(const std::string& names, bool& into, const std::string& description) {
  impl_->declared.push_back({impl_->app.add_flag(names, into, description), {}});
}

void Arguments::value(const std::string& names, const std::string& placeholder,
                      std::optional<std::string>& into, const std::string& description) {
  const auto set = [&into](const std::string& text) { into = text; };
  CLI::Option* const option = impl_->app.add_option_function<std::string>(names, set, description);
  impl_->declared.push_back({option, placeholder});
}

void Arguments::values(const std::string& names, const std::string& placeholder,
                       std::vector<std::string>& into, const std::string& description) {
  CLI::Option* const option = impl_->app.add_option(names, into, description);
  option->allow_extra_args(false)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  impl_->declared.push_back({option, placeholder});
}

void Arguments::operands(const std::string& placeholder, std::vector<std::string>& into,
                         bool required) {
  impl_->app.add_option(placeholder, into)->required(required);
  if (required) impl_->missing_operand = "at least one " + placeholder;
}

void Arguments::operand(const std::string& placeholder, std::optional<std::string>& into,
                        bool required) {
  const auto set = [&into](const std::string& text) { into = text; };
  impl_->app.add_option_function<std::string>(placeholder, set)->required(required);
  if (required) impl_->missing_operand = (placeholder == "ID" ? "an " : "a ") + placeholder;
}

bool Arguments::parse(const std::vector<std::string>& words) {
  std::vector<std::string> reversed(words.rbegin(), words.rend());
  try {
    impl_->app.parse(std::move(reversed));
  } catch (const CLI::CallForHelp&) {
    return false;
  } catch (const CLI::ParseError& error) {
    throw impl_->explain(error);
  }
  return true;
}

std::vector<Arguments::Described> Arguments::options() const {
  std::vector<Described> result;
  const auto describe = [&result](const CLI::Option& option, const std::string& placeholder) {
    std::string names;
    for (const std::string& name : option.get_snames())
      names += (names.empty() ? "-" : ", -") + name;
    for (const std::string& name : option.get_lnames())
      names += (names.empty() ? "--" : ", --") + name;
    if (!placeholder.empty()) names += " " + placeholder;
    result.push_back({names, option.get_description()});
  };
  for (const Impl::Declared& each : impl_->declared) describe(*each.option, each.placeholder);
  describe(*impl_->app.get_help_ptr(), {});
  return result;
}

std::uint64_t parse_bytes(const std::string& option, const std::string& text) {
  std::uint64_t bytes = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, bytes);
  if (error != std::errc{} || rest != end)
    throw bad_argument("option " + option + " takes a number of bytes, not '" + text + "'");
  return bytes;
}

}  // namespace lh::cli
