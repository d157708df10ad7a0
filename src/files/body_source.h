#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "core/base/result.h"
#include "core/model/request_body.h"
#include "files/regular_file.h"
#include "platform/file_ops.h"

namespace lh {

/// Opens the regular file at `path`, whose last part is no link.
[[nodiscard]] Result<RegularFile> open_body(FileOps& ops, const std::string& path);

/// Whether there is nothing to read: the system's own files have a length of 0 and contents.
[[nodiscard]] bool is_empty(FileOps& ops, int fd);

[[nodiscard]] FileStamp stamp_of(const struct ::stat& info);

/// A file as the content of requests. InvalidArgument if `path` is not absolute. May wait for the
/// disk.
[[nodiscard]] Result<RequestBody> inspect_body(FileOps& ops, const std::string& path);

/// Reads what a request sends, from its file. Never gives the last of it if the file is not what it
/// was when the transfer was created: no server takes a mixture for the whole. One thread at a
/// time.
class BodySource {
 public:
  /// Fails if the file is gone or another one. May wait for the disk.
  [[nodiscard]] static Result<std::shared_ptr<BodySource>> open(FileOps& ops,
                                                                const RequestBody& body);
  BodySource(FileOps& ops, const RequestBody& body, std::shared_ptr<FileHandle> handle);

  [[nodiscard]] ByteCount size() const { return body_.stamp.size; }
  /// Where the next read begins.
  void go_to(ByteOffset offset) { offset_ = offset; }
  /// How many bytes it has put into `into`; 0 at the end.
  [[nodiscard]] Result<std::size_t> read(std::span<char> into);

 private:
  [[nodiscard]] Result<void> check_unchanged() const;

  FileOps& ops_;
  const RequestBody body_;
  const std::shared_ptr<FileHandle> handle_;
  ByteOffset offset_ = 0;
};

}  // namespace lh
