#pragma once

#include "platform/file_ops.h"

namespace lh {

/// Room on the disk for what a file is going to hold, taken in steps ahead of what is written: a
/// length is only what a server says, and must not take the disk away from everybody else. So it
/// gets about as much ahead as it has sent, and never the last of what is free. Writing may use
/// that; it finds by itself when the disk is full. One thread.
class Reservation {
 public:
  explicit Reservation(FileOps& ops) : ops_(ops) {}

  /// Takes the first step for `fd`, which holds `have` of `total` bytes. 0, or errno: EFBIG if the
  /// file system has no such large files, ENOSPC if what is missing does not fit into what is free
  /// at all. A file system that cannot reserve is fine.
  [[nodiscard]] int begin(int fd, ByteCount have, ByteCount total);
  /// `fd` is about to grow to `end`: takes the next step if that is beyond the last one.
  void cover(int fd, ByteCount end) {
    if (end > taken_to_ && taken_to_ < total_) take_next(fd, end);
  }
  /// The file is another one now, of which nothing is known.
  void forget() { taken_to_ = total_ = 0; }

 private:
  void take_next(int fd, ByteCount end);
  [[nodiscard]] int take(int fd, ByteCount from, ByteCount to);

  FileOps& ops_;
  ByteCount total_ = 0;
  ByteCount taken_to_ = 0;  ///< the end of the last step, whether there was room for it or not
};

}  // namespace lh
