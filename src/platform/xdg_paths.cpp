#include "platform/xdg_paths.h"

#include <pwd.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

namespace lh {
namespace {

constexpr std::string_view kSocketName = "/bus";
constexpr std::size_t kSocketPathMax = sizeof(sockaddr_un::sun_path) - 1;  // 107 and a NUL

Error config_error(std::string_view variable, std::string detail) {
  return {ErrorKind::Config, 0, "read the environment", std::string(variable), std::move(detail)};
}

std::string tidy(const std::string& path) {
  std::string text = std::filesystem::path(path).lexically_normal().string();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

/// The folder a variable names; nothing if it is unset or empty.
Result<std::optional<std::string>> folder_of(const char* variable) {
  const char* value = std::getenv(variable);
  if (value == nullptr || *value == '\0') return std::optional<std::string>();
  if (*value != '/') {
    return config_error(variable, "must be an absolute path, is '" + std::string(value) + "'");
  }
  return std::optional(tidy(value));
}

Result<std::string> home_folder() {
  auto home = folder_of("HOME");
  if (!home) return std::move(home).error();
  if (*home) return **home;
  std::vector<char> buffer(16 * 1024);
  passwd entry{};
  passwd* found = nullptr;
  ::getpwuid_r(::geteuid(), &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr || found->pw_dir == nullptr || *found->pw_dir != '/') {
    return config_error("HOME", "is not set, and the user has no home folder");
  }
  return tidy(found->pw_dir);
}

/// `$variable`, else `fallback` under the home folder.
Result<std::string> base_folder(const char* variable, std::string_view fallback) {
  auto folder = folder_of(variable);
  if (!folder) return std::move(folder).error();
  if (*folder) return **folder;
  auto home = home_folder();
  if (!home) return home;
  return tidy(*home + "/" + std::string(fallback));
}

std::string private_temporary_folder() {
  // Not $TMPDIR: it may differ between two logins of the user, who must find the same folder.
  return "/tmp/longhaul-" + std::to_string(::geteuid());
}

/// FNV-1a: the same in every build and on every machine.
std::string short_hash(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3U;
  }
  std::string digits;
  for (int shift = 60; shift >= 0; shift -= 4) digits += "0123456789abcdef"[(hash >> shift) & 0xfU];
  return digits;
}

Result<void> make_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return {};
  if (errno != ENOENT) return file_error(errno, "create the folder", path);
  const auto slash = path.rfind('/');
  if (slash == std::string::npos || slash == 0) {
    return file_error(errno, "create the folder", path);
  }
  if (auto parent = make_folder(path.substr(0, slash)); !parent) return parent;
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return file_error(errno, "create the folder", path);
}

Error not_private(const std::string& path, std::string detail) {
  return {ErrorKind::File, EACCES, "use the folder", path, std::move(detail)};
}

}  // namespace

Result<XdgPaths> XdgPaths::from_environment() {
  auto state = base_folder("XDG_STATE_HOME", ".local/state");
  if (!state) return std::move(state).error();
  auto config = base_folder("XDG_CONFIG_HOME", ".config");
  if (!config) return std::move(config).error();
  auto runtime = folder_of("XDG_RUNTIME_DIR");
  if (!runtime) return std::move(runtime).error();

  XdgPaths paths;
  paths.state_folder = *state + "/longhaul";
  paths.config_file = *config + "/longhaul/longhaul.toml";
  paths.runtime_folder = *runtime ? **runtime + "/longhaul" : private_temporary_folder();
  return paths;
}

std::string XdgPaths::private_bus_folder() const {
  const std::string folder = runtime_folder + "/" + short_hash(state_folder);
  if (folder.size() + kSocketName.size() <= kSocketPathMax) return folder;
  // NUL cannot be part of a path, so no two pairs read the same.
  return private_temporary_folder() + "/" + short_hash(runtime_folder + '\0' + state_folder);
}

Result<void> ensure_private_folder(const std::string& path) {
  if (auto made = make_folder(path); !made) return made;
  struct ::stat info{};
  if (::lstat(path.c_str(), &info) != 0) return file_error(errno, "look at the folder", path);
  const auto ours = [](uid_t owner) { return owner == ::geteuid(); };
  // A link of somebody else, in /tmp say, could lead into any folder of ours.
  if (S_ISLNK(info.st_mode)) {
    if (!ours(info.st_uid)) return not_private(path, "it is a symbolic link of another user");
    if (::stat(path.c_str(), &info) != 0) return file_error(errno, "look at the folder", path);
  }
  if (!S_ISDIR(info.st_mode)) return file_error(ENOTDIR, "use the folder", path);
  if (!ours(info.st_uid)) {
    return not_private(path, "it belongs to another user (uid " + std::to_string(info.st_uid) +
                                 "); remove it or set another place");
  }
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return not_private(path, "others may write to it; run: chmod go-w '" + path + "'");
  }
  return {};
}

}  // namespace lh
