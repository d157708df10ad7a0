#include "reach/secret_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <optional>

#include "platform/unique_fd.h"
#include "platform/xdg_paths.h"

namespace lh {
namespace {

constexpr std::string_view kUnfinished = ".new";
/// More is no entry of ours.
constexpr off_t kLargest = 1024L * 1024;

Result<void> write_all(int file, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return file_error(errno, "write", path);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> sync_folder(const std::string& folder) {
  const UniqueFd open(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!open || ::fsync(open.get()) != 0) return file_error(errno, "sync the folder", folder);
  return {};
}

Result<void> write_durably(const std::string& path, std::string_view text) {
  const UniqueFd file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) return file_error(errno, "create", path);
  if (::fchmod(file.get(), 0600) != 0) return file_error(errno, "protect", path);
  if (auto written = write_all(file.get(), text, path); !written) return written;
  if (::fsync(file.get()) != 0) return file_error(errno, "sync", path);
  return {};
}

/// Not the entry's fault, and perhaps over in a moment.
bool is_passing(int failure) {
  switch (failure) {
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EIO:
    case ESTALE:
    case ETIMEDOUT:
      return true;
    default:
      return false;
  }
}

Error read_error(int failure, const std::string& path) {
  Error error = file_error(failure, "read", path);
  if (is_passing(failure)) error.kind = ErrorKind::Unavailable;
  return error;
}

}  // namespace

std::string SecretFiles::path_of(const Guid& id) const {
  return folder_ + "/" + id.to_string();
}

bool SecretFiles::has(const Guid& id) const {
  return ::access(path_of(id).c_str(), F_OK) == 0;
}

Result<void> SecretFiles::put(const Guid& id, std::string_view text) const {
  if (auto made = ensure_private_folder(folder_); !made) return made;
  const std::string path = path_of(id);
  const std::string unfinished = path + std::string(kUnfinished);
  auto stored = write_durably(unfinished, text);
  if (stored && ::rename(unfinished.c_str(), path.c_str()) != 0) {
    stored = file_error(errno, "rename", unfinished);
  }
  if (stored) stored = sync_folder(folder_);
  if (!stored) {
    ::unlink(unfinished.c_str());
    ::unlink(path.c_str());
  }
  return stored;
}

Result<std::string> SecretFiles::load(const Guid& id) const {
  const std::string path = path_of(id);
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!file && errno == ENOENT) return Error{ErrorKind::NotFound, ENOENT, "open", path, {}};
  struct ::stat info{};
  if (!file || ::fstat(file.get(), &info) != 0) return read_error(errno, path);
  if (info.st_size > kLargest) return read_error(EFBIG, path);
  std::string text(static_cast<std::size_t>(info.st_size), '\0');
  std::size_t have = 0;
  while (have < text.size()) {
    const ssize_t got = ::read(file.get(), text.data() + have, text.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return read_error(errno, path);
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  text.resize(have);
  return text;
}

Result<void> SecretFiles::erase(const Guid& id) const {
  const std::string path = path_of(id);
  if (::unlink(path.c_str()) == 0) return {};
  if (errno == ENOENT) return Error{ErrorKind::NotFound, ENOENT, "remove", path, {}};
  return file_error(errno, "remove", path);
}

std::vector<Guid> SecretFiles::list() const {
  std::vector<Guid> ids;
  struct CloseFolder {
    void operator()(DIR* folder) const { ::closedir(folder); }
  };
  const std::unique_ptr<DIR, CloseFolder> folder(::opendir(folder_.c_str()));
  while (folder) {
    const dirent* const entry = ::readdir(folder.get());
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name.ends_with(kUnfinished)) {
      ::unlink((folder_ + "/" + std::string(name)).c_str());
    } else if (const std::optional<Guid> id = Guid::parse(name)) {
      ids.push_back(*id);
    }
  }
  return ids;
}

}  // namespace lh
