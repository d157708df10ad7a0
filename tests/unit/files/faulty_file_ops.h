#pragma once

#include <atomic>
#include <cerrno>
#include <limits>

#include "platform/file_ops.h"

namespace lh::test {

/// The real file calls, of which some can be made to fail, all of them counted.
class FaultyFileOps : public FileOps {
 public:
  // 0: works.
  std::atomic<int> pwrite_errno = 0;
  std::atomic<ByteOffset> room = std::numeric_limits<ByteOffset>::max();  ///< then ENOSPC
  std::atomic<int> fallocate_errno = 0;
  std::atomic<int> check_size_errno = 0;
  std::atomic<ByteCount> disk_size = 0;  ///< 0: the real one, else also what `disk_free` is of
  std::atomic<ByteCount> disk_free = 0;  ///< becomes less by what is reserved
  std::atomic<int> fdatasync_errno = 0;
  std::atomic<int> fsync_errno = 0;
  std::atomic<int> syncfs_errno = 0;
  std::atomic<int> check_writeback_errno = 0;
  std::atomic<int> access_errno = 0;
  std::atomic<int> unlink_errno = 0;
  std::atomic<int> rename_errno = 0;
  std::atomic<int> no_replace_errno = 0;  ///< of renames that must not replace

  std::atomic<int> fdatasyncs = 0;
  std::atomic<int> fsyncs = 0;
  std::atomic<int> syncfss = 0;
  std::atomic<int> fallocates = 0;
  std::atomic<ByteCount> reserved = 0;  ///< by all of them
  std::atomic<int> open_files = 0;      ///< now

  int open_folder(const std::string& path) override { return opened(real_.open_folder(path)); }
  int open_at(int folder, const char* name, int flags, mode_t mode) override {
    return opened(real_.open_at(folder, name, flags, mode));
  }
  int close(int fd) override {
    --open_files;
    return real_.close(fd);
  }
  ssize_t pwrite(int fd, const void* data, std::size_t size, ByteOffset offset) override {
    if (fails(pwrite_errno)) return -1;
    const ByteOffset limit = room;
    if (offset >= limit) {
      errno = ENOSPC;
      return -1;
    }
    if (size > limit - offset) size = limit - offset;
    return real_.pwrite(fd, data, size, offset);
  }
  ssize_t pread(int fd, void* data, std::size_t size, ByteOffset offset) override {
    return real_.pread(fd, data, size, offset);
  }
  int fallocate_keep_size(int fd, ByteOffset offset, ByteCount length) override {
    ++fallocates;
    if (fails(fallocate_errno)) return -1;
    reserved += length;
    if (disk_size == 0) return real_.fallocate_keep_size(fd, offset, length);
    disk_free -= length;
    return 0;
  }
  int truncate(int fd, ByteCount length) override { return real_.truncate(fd, length); }
  int fdatasync(int fd) override {
    ++fdatasyncs;
    return fails(fdatasync_errno) ? -1 : real_.fdatasync(fd);
  }
  int fsync(int fd) override {
    ++fsyncs;
    return fails(fsync_errno) ? -1 : real_.fsync(fd);
  }
  int syncfs(int fd) override {
    ++syncfss;
    return fails(syncfs_errno) ? -1 : real_.syncfs(fd);
  }
  int start_writeback(int fd, ByteOffset offset, ByteCount length) override {
    return real_.start_writeback(fd, offset, length);
  }
  int check_writeback(int fd) override {
    return fails(check_writeback_errno) ? -1 : real_.check_writeback(fd);
  }
  int fstat(int fd, struct ::stat* out) override { return real_.fstat(fd, out); }
  off_t end_of(int fd) override { return real_.end_of(fd); }
  int fstatvfs(int fd, struct ::statvfs* out) override {
    const int result = real_.fstatvfs(fd, out);
    if (result != 0 || disk_size == 0) return result;
    out->f_frsize = 1;
    out->f_blocks = disk_size;
    out->f_bavail = disk_free;
    return 0;
  }
  int check_size(int fd, ByteCount size) override {
    return fails(check_size_errno) ? -1 : real_.check_size(fd, size);
  }
  int stat_at(int folder, const char* name, struct ::stat* out) override {
    return real_.stat_at(folder, name, out);
  }
  int chmod(int fd, mode_t mode) override { return real_.chmod(fd, mode); }
  int rename_at(int folder, const char* from, const char* to, bool replace) override {
    if (fails(rename_errno)) return -1;
    if (!replace && fails(no_replace_errno)) return -1;
    return real_.rename_at(folder, from, to, replace);
  }
  int unlink_at(int folder, const char* name) override {
    return fails(unlink_errno) ? -1 : real_.unlink_at(folder, name);
  }
  int access(const std::string& path, int mode) override {
    return fails(access_errno) ? -1 : real_.access(path, mode);
  }

 private:
  static bool fails(int reason) {
    if (reason != 0) errno = reason;
    return reason != 0;
  }
  int opened(int fd) {
    if (fd >= 0) ++open_files;
    return fd;
  }

  FileOps& real_ = system_file_ops();
};

}  // namespace lh::test
