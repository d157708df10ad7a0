#pragma once

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <functional>
#include <limits>

#include "platform/file_ops.h"

namespace lh::test {

/// The real file calls, of which some can be made to fail, all of them counted.
class FaultyFileOps : public FileOps {
 public:
  // 0: works.
  std::atomic<int> failing_call = 0;   ///< counts down: the one that makes it 0 fails with EIO
  std::atomic<int> interruptions = 0;  ///< so many reads and writes end with EINTR
  std::atomic<int> pread_errno = 0;
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

  /// What one call reads or writes at most.
  std::atomic<std::size_t> most_at_once = std::numeric_limits<std::size_t>::max();
  /// Called before each read; set before threads use this.
  std::function<void()> before_pread = [] {};

  std::atomic<int> fdatasyncs = 0;
  std::atomic<int> fsyncs = 0;
  std::atomic<int> syncfss = 0;
  std::atomic<int> fallocates = 0;
  std::atomic<ByteCount> reserved = 0;  ///< by all of them
  std::atomic<int> open_files = 0;      ///< now

  int open_folder(const std::string& path) override {
    return fails() ? -1 : opened(real_.open_folder(path));
  }
  int open_at(int folder, const char* name, int flags, mode_t mode) override {
    return fails() ? -1 : opened(real_.open_at(folder, name, flags, mode));
  }
  int close(int fd) override {
    --open_files;
    return real_.close(fd);
  }
  ssize_t pwrite(int fd, const void* data, std::size_t size, ByteOffset offset) override {
    if (is_interrupted() || fails(pwrite_errno)) return -1;
    size = std::min<std::size_t>(size, most_at_once);
    const ByteOffset limit = room;
    if (offset >= limit) {
      errno = ENOSPC;
      return -1;
    }
    if (size > limit - offset) size = limit - offset;
    return real_.pwrite(fd, data, size, offset);
  }
  ssize_t pread(int fd, void* data, std::size_t size, ByteOffset offset) override {
    before_pread();
    if (is_interrupted() || fails(pread_errno)) return -1;
    return real_.pread(fd, data, std::min<std::size_t>(size, most_at_once), offset);
  }
  int fallocate_keep_size(int fd, ByteOffset offset, ByteCount length) override {
    ++fallocates;
    if (fails(fallocate_errno)) return -1;
    reserved += length;
    if (disk_size == 0) return real_.fallocate_keep_size(fd, offset, length);
    disk_free -= length;
    return 0;
  }
  int truncate(int fd, ByteCount length) override {
    return fails() ? -1 : real_.truncate(fd, length);
  }
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
    return fails() ? -1 : real_.start_writeback(fd, offset, length);
  }
  int check_writeback(int fd) override {
    return fails(check_writeback_errno) ? -1 : real_.check_writeback(fd);
  }
  int fstat(int fd, struct ::stat* out) override { return fails() ? -1 : real_.fstat(fd, out); }
  off_t end_of(int fd) override { return fails() ? -1 : real_.end_of(fd); }
  int fstatvfs(int fd, struct ::statvfs* out) override {
    const int result = fails() ? -1 : real_.fstatvfs(fd, out);
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
    return fails() ? -1 : real_.stat_at(folder, name, out);
  }
  int chmod(int fd, mode_t mode) override { return fails() ? -1 : real_.chmod(fd, mode); }
  int rename_at(int folder, const char* from, const char* to, bool replace) override {
    const int reason = rename_errno;
    if (fails(reason == 0 && !replace ? no_replace_errno.load() : reason)) return -1;
    return real_.rename_at(folder, from, to, replace);
  }
  int unlink_at(int folder, const char* name) override {
    return fails(unlink_errno) ? -1 : real_.unlink_at(folder, name);
  }
  int access(const std::string& path, int mode) override {
    return fails(access_errno) ? -1 : real_.access(path, mode);
  }

 private:
  /// Asked once by every call but close, after which the descriptor is gone in any case.
  bool fails(int reason = 0) {
    const bool is_the_one = failing_call > 0 && --failing_call == 0;
    if (reason == 0 && is_the_one) reason = EIO;
    if (reason != 0) errno = reason;
    return reason != 0;
  }
  bool is_interrupted() {
    if (interruptions <= 0) return false;
    --interruptions;
    errno = EINTR;
    return true;
  }
  int opened(int fd) {
    if (fd >= 0) ++open_files;
    return fd;
  }

  FileOps& real_ = system_file_ops();
};

}  // namespace lh::test
