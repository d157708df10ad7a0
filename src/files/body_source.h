#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "core/base/result.h"
#include "core/model/request_body.h"
#include "files/body_layout.h"
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

/// A file whose bytes are sent, open. Never gives the last of it if the file is not what it was.
class SentFile {
 public:
  [[nodiscard]] static Result<SentFile> open(FileOps& ops, const RequestBody& body);

  [[nodiscard]] int fd() const { return handle_->get(); }
  [[nodiscard]] ByteCount size() const { return body_.stamp.size; }
  /// Nothing only if `into` is empty or `offset` at the end.
  [[nodiscard]] Result<std::size_t> read(ByteOffset offset, std::span<char> into) const;
  [[nodiscard]] Result<void> check_unchanged() const;

 private:
  SentFile(FileOps& ops, const RequestBody& body, std::shared_ptr<FileHandle> handle);

  FileOps* ops_;
  RequestBody body_;
  std::shared_ptr<FileHandle> handle_;
};

/// Reads what a request sends: a file, or the bytes and files of a layout, of which it has one open
/// at a time. Never gives the last of a file that is not what it was when the transfer was created:
/// no server takes a mixture for the whole. One thread at a time.
class BodySource {
 public:
  /// Fails if a file is gone or another one (R98). May wait for the disk.
  [[nodiscard]] static Result<std::shared_ptr<BodySource>> open(FileOps& ops,
                                                                const RequestBody& body);
  /// Without a layout the file itself is sent.
  BodySource(FileOps& ops, const RequestBody& body, SentFile file,
             std::optional<BodyLayout> layout);

  [[nodiscard]] ByteCount size() const { return layout_ ? layout_->length() : file_.size(); }
  /// Where the next read begins.
  void go_to(ByteOffset offset);
  /// How many bytes it has put into `into`; 0 at the end.
  [[nodiscard]] Result<std::size_t> read(std::span<char> into);

 private:
  [[nodiscard]] Result<void> check_files() const;
  [[nodiscard]] Result<SentFile> open_part(std::size_t index) const;
  [[nodiscard]] Result<std::size_t> read_segment(std::span<char> into);

  FileOps& ops_;
  const std::string path_;
  const SentFile file_;  ///< the body's: what is sent, or the layout
  const std::optional<BodyLayout> layout_;
  ByteOffset offset_ = 0;
  std::size_t segment_ = 0;       ///< of the layout, in which `offset_` lies
  std::optional<SentFile> part_;  ///< its file, once it is read
};

}  // namespace lh
