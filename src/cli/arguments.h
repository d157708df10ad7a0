#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lh::cli {

struct Command;

/// The options and operands of one command: declared by it, then read from the command line.
/// `into` must live until parse() has returned.
class Arguments {
 public:
  explicit Arguments(const Command& command);
  ~Arguments();
  Arguments(const Arguments&) = delete;
  Arguments& operator=(const Arguments&) = delete;

  /// `names`: "-o,--output" style.
  void flag(const std::string& names, bool& into, const std::string& description);
  void value(const std::string& names, const std::string& placeholder,
             std::optional<std::string>& into, const std::string& description);
  /// May be given several times, with one value each.
  void values(const std::string& names, const std::string& placeholder,
              std::vector<std::string>& into, const std::string& description);
  /// Everything that is not an option. `required`: at least one.
  void operands(const std::string& placeholder, std::vector<std::string>& into, bool required);
  /// Exactly one; `required` or at most one.
  void operand(const std::string& placeholder, std::optional<std::string>& into, bool required);

  /// Throws Failure. False if help was asked for.
  [[nodiscard]] bool parse(const std::vector<std::string>& words);

  struct Described {
    std::string names;  ///< "-o FILE", "--wait"
    std::string description;
  };
  /// In the order of declaration, "-h, --help" last.
  [[nodiscard]] std::vector<Described> options() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// A size in bytes, "1048576"; throws Failure that names the option.
[[nodiscard]] std::uint64_t parse_bytes(const std::string& option, const std::string& text);

}  // namespace lh::cli
