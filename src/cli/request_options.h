#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "longhaul/service.h"

namespace lh::cli {

/// A file that can be read, as an absolute path; `what` is for the error. Throws Failure.
[[nodiscard]] std::string readable_file(const std::string& path, const std::string& what);
/// Blocks. Throws Failure.
[[nodiscard]] std::size_t read_standard_input(std::span<std::uint8_t> into);

/// Options that say how requests are made.
struct RequestOptions {
  std::optional<std::string> method;
  std::optional<std::string> body_file;
  std::vector<std::string> headers;
  std::optional<std::string> user;
  std::optional<std::string> user_file;
  std::optional<std::string> proxy;
  std::optional<std::string> proxy_user;
  std::optional<std::string> certificates;

  /// `usual_method` is for the description. Only downloads may have a body besides what they are
  /// about.
  void declare(Arguments& arguments, const std::string& usual_method);
  void declare_body(Arguments& arguments);
  /// Throws Failure. May ask for passwords.
  void apply(longhaul::RequestSettings& settings) const;
};

}  // namespace lh::cli
