#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/policy/transfer_plan.h"
#include "files/partial_file.h"

namespace lh {

class BodyFile;

/// Joins the small pieces in which libcurl hands bytes over into large writes. One for all attempts
/// of a thread: it holds bytes of one file at a time.
class WriteBuffer {
 public:
  explicit WriteBuffer(std::size_t capacity) : capacity_(capacity) {}

  void add(BodyFile& file, std::span<const char> data);
  /// Writes what it holds of `file`. A failure stays with the file.
  void flush(const BodyFile& file);
  void forget(const BodyFile& file);
  [[nodiscard]] std::size_t held_of(const BodyFile& file) const {
    return owner_ == &file ? bytes_.size() : 0;
  }

 private:
  void flush();

  std::size_t capacity_;
  std::vector<char> bytes_;
  BodyFile* owner_ = nullptr;
};

/// The file side of an attempt: the bytes that are there, those that are due, and those that come.
/// Network thread.
class BodyFile {
 public:
  BodyFile(FileOps& ops, WriteBuffer& buffer, std::string folder, TransferId id)
      : ops_(ops), buffer_(buffer), folder_(std::move(folder)), id_(id) {}
  ~BodyFile() { buffer_.forget(*this); }
  BodyFile(const BodyFile&) = delete;
  BodyFile& operator=(const BodyFile&) = delete;

  /// A partial file of an earlier attempt, opened elsewhere; null if there is none.
  void adopt(std::shared_ptr<PartialFile> file);
  /// The body is the whole file. `total`: its length if known. After an error file() is null if the
  /// file there is none of this body.
  [[nodiscard]] Result<void> begin_anew(std::optional<ByteCount> total);
  /// The body goes on where the file ends, after `skip` bytes that are there already, and up to
  /// `end`: a part may end before the file does.
  [[nodiscard]] Result<void> go_on(ByteCount skip, ByteCount end, std::optional<ByteCount> total);

  enum class Taken { Yes, Differs, TooMany, Failed };
  /// Bytes of the body, in order. Differs: those that are there already are others, so it is
  /// another file. TooMany: more than was announced. Failed: see failure().
  [[nodiscard]] Taken take(std::span<const char> data);
  /// Everything taken is in the file afterwards, or there is a failure().
  void flush() { buffer_.flush(*this); }
  /// A failure() unless what was written is still there, under its name.
  void check_in_place();

  /// Bytes taken, written or not.
  [[nodiscard]] ByteCount received() const;
  [[nodiscard]] std::optional<ByteCount> total() const { return total_; }
  void set_total(std::optional<ByteCount> total) { total_ = total; }
  [[nodiscard]] const std::optional<Error>& failure() const { return failure_; }

  /// begin_anew() has thrown away bytes that were there.
  [[nodiscard]] bool has_replaced() const { return has_replaced_; }

  /// Null as long as nothing had to be stored.
  [[nodiscard]] const std::shared_ptr<PartialFile>& file() const { return file_; }
  void close();

 private:
  friend class WriteBuffer;
  void write(std::span<const char> data);
  void fail(Error error);

  FileOps& ops_;
  WriteBuffer& buffer_;
  std::string folder_;
  TransferId id_;
  std::shared_ptr<PartialFile> file_;
  std::optional<ByteCount> total_;
  std::optional<ByteCount> end_;  ///< of the part; none: that of the file
  ByteCount skip_ = 0;
  bool has_replaced_ = false;
  std::optional<Error> failure_;
};

/// Opens what earlier attempts have left, for a request that may continue it; null if there is
/// nothing. Slow where much has to be synced.
[[nodiscard]] Result<std::shared_ptr<PartialFile>> open_leftover(FileOps& ops,
                                                                 const TransferPlan& plan);

}  // namespace lh
