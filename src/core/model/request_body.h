#pragma once

#include <cstdint>
#include <string>

#include "core/base/units.h"

namespace lh {

/// What a file was when it was looked at. As long as all of this is the same, so are its bytes; but
/// file systems get other device numbers when they are mounted again.
struct FileStamp {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  ByteCount size = 0;
  std::int64_t modified_ns = 0;  ///< since 1970 UTC
  std::int64_t changed_ns = 0;   ///< since 1970 UTC; also a new owner or mode

  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

/// The content of a request (R57, R88).
struct RequestBody {
  std::string file;         ///< absolute path
  bool is_spooled = false;  ///< the service's own: goes when the transfer ends
  bool is_layout = false;   ///< says which bytes and files to send (files/body_layout); is spooled
  FileStamp stamp;          ///< what is not this file any more is never sent
  ByteCount length = 0;     ///< of what requests send: the file's size, but for a layout

  friend bool operator==(const RequestBody&, const RequestBody&) = default;
};

}  // namespace lh
