#include "client/file_entry.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include <stdio.h>

#include "core/model/spec_check.h"
#include "platform/unique_fd.h"

namespace lh {
namespace {

using longhaul::CreationCollisionOption;
using longhaul::NameCollisionOption;

constexpr unsigned kMostNames = 10'000;

/// Descriptor of the file, or -1 and errno.
int open_new(const std::string& path, int more) {
  return ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | more, 0666);
}

/// Calls `attempt` with name, "name (2)", … while it fails with EEXIST.
template <typename Attempt>
Result<std::string> with_unique_name(const std::string& folder, const std::string& name,
                                     Attempt attempt, const char* operation) {
  for (unsigned number = 1; number < kMostNames; ++number) {
    const std::string path = join_path(folder, number == 1 ? name : numbered_name(name, number));
    if (attempt(path)) return path;
    if (errno != EEXIST) return file_error(errno, operation, path);
  }
  return file_error(EEXIST, operation, join_path(folder, name));
}

}  // namespace

FolderAndName split_path(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {{}, path};
  return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1)};
}

std::string join_path(const std::string& folder, const std::string& name) {
  return folder == "/" ? "/" + name : folder + "/" + name;
}

std::string numbered_name(const std::string& name, unsigned number) {
  const std::size_t dot = name.rfind('.');
  const std::size_t end = dot == std::string::npos || dot == 0 ? name.size() : dot;
  return name.substr(0, end) + " (" + std::to_string(number) + ")" + name.substr(end);
}

Result<std::string> create_file(const std::string& folder, const std::string& name,
                                CreationCollisionOption option) {
  if (Result<void> checked = check_file_name(name); !checked) return std::move(checked).error();
  const std::string path = join_path(folder, name);
  int how = 0;
  switch (option) {
    case CreationCollisionOption::GenerateUniqueName:
      return with_unique_name(
          folder, name,
          [](const std::string& candidate) {
            return static_cast<bool>(UniqueFd(open_new(candidate, O_EXCL)));
          },
          "create");
    case CreationCollisionOption::ReplaceExisting:
      how = O_TRUNC;
      break;
    case CreationCollisionOption::FailIfExists:
      how = O_EXCL;
      break;
    case CreationCollisionOption::OpenIfExists:
      break;
  }
  if (!UniqueFd(open_new(path, how))) return file_error(errno, "create", path);
  return path;
}

Result<std::string> rename_file(const std::string& path, const std::string& name,
                                NameCollisionOption option) {
  if (Result<void> checked = check_file_name(name); !checked) return std::move(checked).error();
  const std::string folder = split_path(path).folder;
  const auto rename_to = [&path](const std::string& target, unsigned flags) {
    return ::renameat2(AT_FDCWD, path.c_str(), AT_FDCWD, target.c_str(), flags) == 0;
  };
  const std::string target = join_path(folder, name);
  if (target == path) return path;
  switch (option) {
    case NameCollisionOption::GenerateUniqueName:
      return with_unique_name(
          folder, name,
          [&](const std::string& candidate) { return rename_to(candidate, RENAME_NOREPLACE); },
          "rename to");
    case NameCollisionOption::ReplaceExisting:
      if (!rename_to(target, 0)) return file_error(errno, "rename to", target);
      break;
    case NameCollisionOption::FailIfExists:
      if (!rename_to(target, RENAME_NOREPLACE)) return file_error(errno, "rename to", target);
      break;
  }
  return target;
}

}  // namespace lh
