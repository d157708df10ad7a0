#pragma once

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "core/base/units.h"

namespace lh {

/// The file calls that bytes at rest depend on; the seam where tests make the n-th of them fail.
/// Each returns like the system call of its name: -1 and errno on failure. Any thread.
class FileOps {
 public:
  virtual ~FileOps() = default;
  virtual int open_folder(const std::string& path) = 0;  ///< O_DIRECTORY | O_RDONLY | O_CLOEXEC
  virtual int open_at(int folder, const char* name, int flags, mode_t mode) = 0;
  virtual int close(int fd) = 0;
  virtual ssize_t pwrite(int fd, const void* data, std::size_t size, ByteOffset offset) = 0;
  virtual ssize_t pread(int fd, void* data, std::size_t size, ByteOffset offset) = 0;
  virtual int fallocate_keep_size(int fd, ByteOffset offset, ByteCount length) = 0;
  virtual int truncate(int fd, ByteCount length) = 0;
  virtual int fdatasync(int fd) = 0;
  virtual int fsync(int fd) = 0;
  virtual int syncfs(int fd) = 0;
  virtual int start_writeback(int fd, ByteOffset offset,
                              ByteCount length) = 0;  ///< sync_file_range(WRITE)
  virtual int check_writeback(int fd) = 0;  ///< sync_file_range(WAIT_BEFORE | WAIT_AFTER): waits,
                                            ///< reports errors nobody saw yet
  virtual int fstat(int fd, struct ::stat* out) = 0;
  virtual off_t end_of(int fd) = 0;  ///< lseek to the end: the size. On a network file system
                                     ///< fstat would wait for write-back first
  virtual int fstatvfs(int fd, struct ::statvfs* out) = 0;
  virtual int check_size(int fd, ByteCount size) = 0;  ///< EFBIG if the file system has no files of
                                                       ///< this size; changes nothing
  virtual int stat_at(int folder, const char* name,
                      struct ::stat* out) = 0;  ///< does not follow a link
  virtual int chmod(int fd, mode_t mode) = 0;
  virtual int rename_at(int folder, const char* from, const char* to,
                        bool replace) = 0;  ///< renameat2, RENAME_NOREPLACE if !replace
  virtual int unlink_at(int folder, const char* name) = 0;
  virtual int access(const std::string& path, int mode) = 0;
};

/// The real thing.
[[nodiscard]] FileOps& system_file_ops();

}  // namespace lh
