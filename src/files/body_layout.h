#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/result.h"
#include "core/model/request_body.h"
#include "platform/file_ops.h"

namespace lh {

/// A layout file says what a request sends: bytes, which it holds itself, and files. In it stand,
/// numbers with the least byte first:
///
///     "longhaul body 1\n"
///     'B'  length (8 bytes, not 0), so many bytes
///     'F'  device, inode, size, modified_ns, changed_ns (8 bytes each), length of the path (4),
///          path                                                   any number of these two
///     'E'  how many bytes are sent (8); nothing follows
using LayoutPart = std::variant<std::string_view, RequestBody>;  ///< bytes, or a file

/// What write_layout() makes of these parts.
[[nodiscard]] ByteCount layout_size(std::span<const LayoutPart> parts);

/// How many bytes they send.
[[nodiscard]] Result<ByteCount> length_of(std::span<const LayoutPart> parts);

/// Writes to the empty file behind `fd`, which is `path`.
[[nodiscard]] Result<void> write_layout(FileOps& ops, int fd, const std::string& path,
                                        std::span<const LayoutPart> parts);

/// Where the parts of a layout file are. Holds none of its bytes or paths, for there may be many.
class BodyLayout {
 public:
  struct Segment {
    ByteOffset begin = 0;  ///< in what is sent
    ByteOffset place = 0;  ///< in the layout file: of its bytes, or of what is said of the file
    bool is_file = false;
  };

  /// Of the file behind `fd`, which is `path` and has `size` bytes. What is damaged, or of another
  /// version, is an error.
  [[nodiscard]] static Result<BodyLayout> read(FileOps& ops, int fd, const std::string& path,
                                               ByteCount size);

  [[nodiscard]] ByteCount length() const { return length_; }
  [[nodiscard]] std::size_t size() const { return segments_.size(); }
  [[nodiscard]] const Segment& operator[](std::size_t index) const { return segments_[index]; }
  /// Where the next one begins.
  [[nodiscard]] ByteOffset end_of(std::size_t index) const {
    return index + 1 < segments_.size() ? segments_[index + 1].begin : length_;
  }
  /// The segment in which `offset` lies; of several that begin there, the first one, so that no
  /// empty file is passed over. size() if it lies behind all.
  [[nodiscard]] std::size_t find(ByteOffset offset) const;

 private:
  std::vector<Segment> segments_;
  ByteCount length_ = 0;
};

/// The file of a segment, from the same layout file.
[[nodiscard]] Result<RequestBody> read_file_of(FileOps& ops, int fd, const std::string& path,
                                               const BodyLayout& layout, std::size_t index);

}  // namespace lh
