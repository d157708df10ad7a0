#include "files/regular_file.h"

#include <fcntl.h>

#include <cerrno>
#include <utility>

namespace lh {
namespace {

constexpr int kNeverWait = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;

std::string_view kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return "a folder";
  if (S_ISFIFO(mode)) return "a pipe";
  if (S_ISLNK(mode)) return "a symbolic link";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

Error in_its_place(Error error, std::string_view what) {
  error.detail = std::string(what) + " is in its place";
  return error;
}

}  // namespace

Result<RegularFile> open_regular(FileOps& ops, const OpenFolder& in, const std::string& name,
                                 int flags, mode_t mode) {
  const std::string path = std::string(in.path) + "/" + name;
  const bool makes = (flags & O_CREAT) != 0;
  const auto failed = [&](int reason) {
    return file_error(reason, makes ? "create" : "open", path);
  };
  struct ::stat info{};
  const int fd = ops.open_at(in.folder, name.c_str(), flags | kNeverWait, mode);
  if (fd < 0) {
    const int reason = errno;
    // "Too many levels of symbolic links" says nothing about what to do.
    const bool is_known = reason != ENOENT && reason != EEXIST &&
                          ops.stat_at(in.folder, name.c_str(), &info) == 0 &&
                          !S_ISREG(info.st_mode);
    return is_known ? in_its_place(failed(reason), kind_of(info.st_mode)) : failed(reason);
  }
  auto handle = std::make_shared<FileHandle>(ops, fd);
  if (ops.fstat(fd, &info) != 0) return file_error(errno, "look at", path);
  if (!S_ISREG(info.st_mode)) return in_its_place(failed(EINVAL), kind_of(info.st_mode));
  return RegularFile{.handle = std::move(handle), .info = info};
}

}  // namespace lh
