#pragma once

#include <sys/stat.h>

#include <memory>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "platform/file_ops.h"

namespace lh {

/// A descriptor that several threads may use; closed with the last of them.
class FileHandle {
 public:
  FileHandle(FileOps& ops, int fd) : ops_(ops), fd_(fd) {}
  ~FileHandle() {
    if (fd_ >= 0) ops_.close(fd_);
  }
  FileHandle(const FileHandle&) = delete;
  FileHandle& operator=(const FileHandle&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  FileOps& ops_;
  int fd_;
};

/// A file, and what it was when it was opened.
struct RegularFile {
  std::shared_ptr<FileHandle> handle;
  struct ::stat info{};
};

/// A folder that is open, and the path that led there, for errors.
struct OpenFolder {
  int folder = -1;
  std::string_view path;
};

/// Opens `name` in `in` if it is a regular file, and never waits. Whoever may write to the folder
/// can put a link, a pipe or a device there: the first must not be followed, and to open the second
/// would wait for somebody who writes to it. `flags`: how to open it, with `mode` if it is made.
[[nodiscard]] Result<RegularFile> open_regular(FileOps& ops, const OpenFolder& in,
                                               const std::string& name, int flags, mode_t mode = 0);

}  // namespace lh
