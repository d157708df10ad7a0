#include "client/daemon_finder.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <vector>

#include <dlfcn.h>

namespace lh {
namespace {

/// Folder of this library, symbolic links resolved.
std::filesystem::path library_folder() {
  Dl_info info{};
  static const int anchor = 0;
  if (::dladdr(&anchor, &info) == 0 || info.dli_fname == nullptr) return {};
  std::error_code failure;
  const auto path = std::filesystem::canonical(info.dli_fname, failure);
  return failure ? std::filesystem::path() : path.parent_path();
}

std::vector<std::string> candidates() {
  const char* const given = std::getenv("LONGHAUL_DAEMON");
  if (given != nullptr && *given != '\0') return {given};
  std::vector<std::string> paths;
  const std::filesystem::path folder = library_folder();
  if (!folder.empty()) {
    paths.push_back(folder / "longhauld");
    // lib or lib64, with or without a folder for the architecture.
    for (auto up = folder.parent_path(); up.has_relative_path(); up = up.parent_path()) {
      paths.push_back(up / LONGHAUL_DAEMON_FROM_LIBRARY);
      if (up.parent_path() == up || paths.size() == 3) break;
    }
  }
  paths.emplace_back(LONGHAUL_INSTALLED_DAEMON);
  return paths;
}

}  // namespace

std::string find_daemon() {
  for (const std::string& path : candidates()) {
    if (path.starts_with('/') && ::access(path.c_str(), X_OK) == 0) return path;
  }
  return {};
}

std::string daemon_places() {
  std::string text;
  for (const std::string& path : candidates()) text += (text.empty() ? "" : ", ") + path;
  return text;
}

}  // namespace lh
