#include "platform/file_ops.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <limits>

namespace lh {
namespace {

int rename_over_placeholder(int folder, const char* from, const char* to) {
  // Claims the name first: an empty file of ours is the only thing the rename can replace.
  const int placeholder =
      ::openat(folder, to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (placeholder < 0) return -1;
  ::close(placeholder);
  if (::renameat(folder, from, folder, to) == 0) return 0;
  const int reason = errno;
  ::unlinkat(folder, to, 0);
  errno = reason;
  return -1;
}

// For file systems without RENAME_NOREPLACE (some network and FUSE ones).
int rename_without_replacing(int folder, const char* from, const char* to) {
  if (::linkat(folder, from, folder, to, 0) == 0) return ::unlinkat(folder, from, 0);
  const bool no_hard_links =
      errno == EPERM || errno == EOPNOTSUPP || errno == ENOSYS || errno == EMLINK;
  return no_hard_links ? rename_over_placeholder(folder, from, to) : -1;
}

constexpr auto kMost = static_cast<ByteCount>(std::numeric_limits<off_t>::max());

bool unsupported(int reason) {
  return reason == ENOSYS || reason == EINVAL || reason == ESPIPE || reason == EOPNOTSUPP;
}

class SystemFileOps final : public FileOps {
 public:
  int open_folder(const std::string& path) override {
    return ::open(path.c_str(), O_DIRECTORY | O_RDONLY | O_CLOEXEC);
  }
  int open_at(int folder, const char* name, int flags, mode_t mode) override {
    return ::openat(folder, name, flags, mode);
  }
  int close(int fd) override { return ::close(fd); }
  ssize_t pwrite(int fd, const void* data, std::size_t size, ByteOffset offset) override {
    return ::pwrite(fd, data, size, static_cast<off_t>(offset));
  }
  ssize_t pread(int fd, void* data, std::size_t size, ByteOffset offset) override {
    return ::pread(fd, data, size, static_cast<off_t>(offset));
  }
  int fallocate_keep_size(int fd, ByteOffset offset, ByteCount length) override {
    if (offset > kMost || length > kMost - offset) {
      errno = EFBIG;
      return -1;
    }
    return ::fallocate(fd, FALLOC_FL_KEEP_SIZE, static_cast<off_t>(offset),
                       static_cast<off_t>(length));
  }
  int truncate(int fd, ByteCount length) override {
    return ::ftruncate(fd, static_cast<off_t>(length));
  }
  int fdatasync(int fd) override { return ::fdatasync(fd); }
  int fsync(int fd) override { return ::fsync(fd); }
  int syncfs(int fd) override { return ::syncfs(fd); }
  int start_writeback(int fd, ByteOffset offset, ByteCount length) override {
    const int result = ::sync_file_range(fd, static_cast<off_t>(offset), static_cast<off_t>(length),
                                         SYNC_FILE_RANGE_WRITE);
    // Only a hint to start early: where it is not known, the sync does all the work.
    return result < 0 && unsupported(errno) ? 0 : result;
  }
  int check_writeback(int fd) override {
    const int result =
        ::sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WAIT_AFTER);
    // The answer matters here, so what cannot be asked cheaply is asked expensively.
    return result < 0 && unsupported(errno) ? ::fdatasync(fd) : result;
  }
  int fstat(int fd, struct ::stat* out) override { return ::fstat(fd, out); }
  off_t end_of(int fd) override { return ::lseek(fd, 0, SEEK_END); }
  int fstatvfs(int fd, struct ::statvfs* out) override { return ::fstatvfs(fd, out); }
  int check_size(int fd, ByteCount size) override {
    if (size == 0) return 0;
    if (size > kMost) {
      errno = EFBIG;
      return -1;
    }
    // A hole of one byte where nothing is yet: the kernel compares its end with the largest size
    // before it asks the file system, which then finds nothing to do, or knows no holes.
    const int result = ::fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                                   static_cast<off_t>(size - 1), 1);
    return result < 0 && errno == EFBIG ? -1 : 0;
  }
  int stat_at(int folder, const char* name, struct ::stat* out) override {
    return ::fstatat(folder, name, out, AT_SYMLINK_NOFOLLOW);
  }
  int chmod(int fd, mode_t mode) override { return ::fchmod(fd, mode); }
  int rename_at(int folder, const char* from, const char* to, bool replace) override {
    if (replace) return ::renameat(folder, from, folder, to);
    if (::renameat2(folder, from, folder, to, RENAME_NOREPLACE) == 0) return 0;
    const bool unknown_flag = errno == EINVAL || errno == ENOSYS;
    return unknown_flag ? rename_without_replacing(folder, from, to) : -1;
  }
  int unlink_at(int folder, const char* name) override { return ::unlinkat(folder, name, 0); }
  int access(const std::string& path, int mode) override { return ::access(path.c_str(), mode); }
};

}  // namespace

FileOps& system_file_ops() {
  static SystemFileOps ops;
  return ops;
}

}  // namespace lh
