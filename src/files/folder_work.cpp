#include "files/folder_work.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>
#include <vector>

namespace lh {

namespace {

constexpr std::string_view kPrefix = ".longhaul-";
constexpr std::string_view kSuffix = ".part";

std::optional<TransferId> id_of_partial(std::string_view name) {
  if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix)) return std::nullopt;
  if (name.size() < kPrefix.size() + kSuffix.size()) return std::nullopt;
  name.remove_prefix(kPrefix.size());
  name.remove_suffix(kSuffix.size());
  return TransferId::parse(name);
}

std::optional<Error> why_unusable(FileOps& ops, const std::string& resolved,
                                  const std::string& folder) {
  struct ::stat info{};
  if (::stat(resolved.c_str(), &info) != 0) return file_error(errno, "open the folder", folder);
  if (!S_ISDIR(info.st_mode)) return file_error(ENOTDIR, "open the folder", folder);
  if (ops.access(resolved, W_OK | X_OK) != 0) {
    return file_error(errno, "write to the folder", folder);
  }
  return std::nullopt;
}

}  // namespace

FolderCheck check_folder(FileOps& ops, const std::string& folder) {
  FolderCheck check{.folder = folder, .resolved = {}, .error = {}};
  if (!folder.starts_with('/')) {
    check.error = invalid_argument("the folder \"" + folder + "\" is not an absolute path");
    return check;
  }
  const std::unique_ptr<char, decltype(&std::free)> resolved(::realpath(folder.c_str(), nullptr),
                                                             &std::free);
  if (!resolved) {
    check.error = file_error(errno, "open the folder", folder);
    return check;
  }
  check.error = why_unusable(ops, resolved.get(), folder);
  if (!check.error) check.resolved = resolved.get();
  return check;
}

std::vector<TransferId> list_ids(const std::string& folder) {
  std::vector<TransferId> ids;
  std::error_code error;
  std::filesystem::directory_iterator entry(folder, error);
  while (!error && entry != std::filesystem::directory_iterator()) {
    const std::string name = entry->path().filename().string();
    const auto partial = id_of_partial(name);
    if (const auto id = partial ? partial : TransferId::parse(name)) ids.push_back(*id);
    entry.increment(error);
  }
  return ids;
}

void sweep_folder(FileOps& ops, const std::string& folder,
                  const std::function<bool(const TransferId&)>& is_live) {
  std::vector<std::string> dead;
  std::error_code error;
  std::filesystem::directory_iterator entry(folder, error);
  while (!error && entry != std::filesystem::directory_iterator()) {
    std::string name = entry->path().filename().string();
    const auto id = id_of_partial(name);
    if (id && !is_live(*id)) dead.push_back(std::move(name));
    entry.increment(error);
  }
  if (dead.empty()) return;
  const int fd = ops.open_folder(folder);
  if (fd < 0) return;
  const FileHandle handle(ops, fd);
  for (const std::string& name : dead) {
    // One that stays costs room, nothing else; the next start tries again.
    [[maybe_unused]] const int removed = ops.unlink_at(fd, name.c_str());
  }
}

}  // namespace lh
