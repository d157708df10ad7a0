#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "longhaul/service.h"

namespace lh::cli {

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

  void declare(Arguments& arguments);
  /// Throws Failure. May ask for passwords.
  void apply(longhaul::DownloadSettings& settings) const;
};

}  // namespace lh::cli
