#include "files/body_layout.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <string_view>
#include <utility>

namespace lh {
namespace {

constexpr std::string_view kMagic = "longhaul body 1\n";
constexpr char kBytes = 'B';
constexpr char kFile = 'F';
constexpr char kEnd = 'E';
constexpr std::size_t kNumber = 8;
constexpr std::size_t kStamp = 5 * kNumber;
constexpr std::size_t kPathLength = 4;
constexpr std::size_t kMaxPath = 8UL * 1024;  ///< what can be opened is shorter
constexpr std::size_t kPiece = 64UL * 1024;

Error is_damaged(const std::string& path, std::string_view what) {
  return {ErrorKind::File, 0, "read the layout of the request's body", path,
          std::string(what) + "; create the transfer again"};
}

void append_number(std::string& out, std::uint64_t number, std::size_t bytes = kNumber) {
  for (std::size_t i = 0; i < bytes; ++i) {
    out += static_cast<char>(number & 0xFFU);
    number >>= 8U;
  }
}

std::uint64_t take_number(std::string_view& text, std::size_t bytes = kNumber) {
  std::uint64_t number = 0;
  for (std::size_t i = bytes; i-- > 0;) {
    number = number << 8U | static_cast<unsigned char>(text[i]);
  }
  text.remove_prefix(bytes);
  return number;
}

std::string head_of(const RequestBody& file) {
  std::string head(1, kFile);
  const FileStamp& stamp = file.stamp;
  for (const std::uint64_t number :
       {stamp.device, stamp.inode, stamp.size, static_cast<std::uint64_t>(stamp.modified_ns),
        static_cast<std::uint64_t>(stamp.changed_ns)}) {
    append_number(head, number);
  }
  append_number(head, file.file.size(), kPathLength);
  return head;
}

/// Calls `use` with all that write_layout() writes, piece by piece.
template <typename Use>
Result<void> for_each_piece(std::span<const LayoutPart> parts, ByteCount length, Use use) {
  if (Result<void> done = use(kMagic); !done) return done;
  for (const LayoutPart& part : parts) {
    const auto* file = std::get_if<RequestBody>(&part);
    const std::string_view content =
        file != nullptr ? std::string_view(file->file) : std::get<std::string_view>(part);
    std::string head;
    if (file != nullptr) {
      head = head_of(*file);
    } else {
      append_number(head += kBytes, content.size());
    }
    if (Result<void> done = use(head); !done) return done;
    if (Result<void> done = use(content); !done) return done;
  }
  std::string end(1, kEnd);
  append_number(end, length);
  return use(end);
}

Result<void> write_all(FileOps& ops, int fd, const std::string& path, std::string_view bytes,
                       ByteOffset at) {
  while (!bytes.empty()) {
    const ssize_t written = ops.pwrite(fd, bytes.data(), bytes.size(), at);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return file_error(written < 0 ? errno : ENOSPC, "write", path);
    bytes.remove_prefix(static_cast<std::size_t>(written));
    at += static_cast<ByteCount>(written);
  }
  return {};
}

/// Fewer than `size` bytes only at the end of the file.
Result<std::size_t> read_at(FileOps& ops, int fd, const std::string& path, std::span<char> into,
                            ByteOffset at) {
  std::size_t filled = 0;
  while (filled < into.size()) {
    const ssize_t got = ops.pread(fd, into.data() + filled, into.size() - filled, at + filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return file_error(errno, "read", path);
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  return filled;
}

/// Goes through a file once, from its beginning. Asks for nothing beyond what the file has.
class Reader {
 public:
  Reader(FileOps& ops, int fd, const std::string& path, ByteCount size)
      : ops_(ops), fd_(fd), path_(path), size_(size) {}

  [[nodiscard]] ByteOffset place() const { return place_; }
  [[nodiscard]] bool is_at_end() const { return place_ == size_; }
  [[nodiscard]] Error damaged(std::string_view what) const {
    return is_damaged(path_, std::string(what) + " at byte " + std::to_string(place_));
  }
  [[nodiscard]] Result<void> skip(ByteCount count) {
    if (count > size_ - place_) return damaged("it ends too early,");
    place_ += count;
    return {};
  }
  /// `count` is at most kPiece; valid until the next call.
  [[nodiscard]] Result<std::string_view> take(std::size_t count) {
    const ByteOffset at = place_;
    if (auto skipped = skip(count); !skipped) return std::move(skipped).error();
    if (at < begin_ || place_ > begin_ + filled_) {
      begin_ = at;
      const auto wanted = std::min<ByteCount>(buffer_.size(), size_ - at);
      auto got = read_at(ops_, fd_, path_, std::span(buffer_).first(wanted), at);
      if (!got) return std::move(got).error();
      filled_ = *got;
      if (filled_ < count) return damaged("it has become shorter,");
    }
    return std::string_view(buffer_).substr(at - begin_, count);
  }

 private:
  FileOps& ops_;
  const int fd_;
  const std::string& path_;
  const ByteCount size_;
  ByteOffset place_ = 0;
  std::string buffer_ = std::string(kPiece, '\0');
  ByteOffset begin_ = 0;  ///< of what is in the buffer
  std::size_t filled_ = 0;
};

/// Reads what stands behind the letter of a segment; its length is what it sends.
Result<ByteCount> pass_segment(Reader& reader, bool is_file) {
  auto head = reader.take(is_file ? kStamp + kPathLength : kNumber);
  if (!head) return std::move(head).error();
  if (is_file) {
    std::string_view rest = head->substr(2 * kNumber);
    const ByteCount size = take_number(rest);
    rest.remove_prefix(2 * kNumber);
    const std::uint64_t path_length = take_number(rest, kPathLength);
    if (path_length > kMaxPath) return reader.damaged("a path that is too long");
    auto path = reader.take(path_length);
    if (!path) return std::move(path).error();
    const bool is_path = path->starts_with('/') && path->find('\0') == std::string_view::npos;
    if (!is_path) return reader.damaged("a path that is none");
    return size;
  }
  const ByteCount length = take_number(*head);
  if (length == 0) return reader.damaged("a piece without bytes");
  if (auto skipped = reader.skip(length); !skipped) return std::move(skipped).error();
  return length;
}

}  // namespace

ByteCount layout_size(std::span<const LayoutPart> parts) {
  ByteCount size = 0;
  [[maybe_unused]] const auto counted =
      for_each_piece(parts, 0, [&size](std::string_view piece) -> Result<void> {
        size += piece.size();
        return {};
      });
  return size;
}

Result<ByteCount> length_of(std::span<const LayoutPart> parts) {
  ByteCount length = 0;
  for (const LayoutPart& part : parts) {
    const auto* file = std::get_if<RequestBody>(&part);
    const ByteCount more =
        file != nullptr ? file->stamp.size : std::get<std::string_view>(part).size();
    if (more > static_cast<ByteCount>(std::numeric_limits<std::int64_t>::max()) - length) {
      return invalid_argument("the request's body has more than 8 EiB");
    }
    length += more;
  }
  return length;
}

Result<void> write_layout(FileOps& ops, int fd, const std::string& path,
                          std::span<const LayoutPart> parts) {
  auto length = length_of(parts);
  if (!length) return std::move(length).error();
  std::string buffer;
  ByteOffset at = 0;
  const auto flush = [&]() -> Result<void> {
    auto written = write_all(ops, fd, path, buffer, at);
    at += buffer.size();
    buffer.clear();
    return written;
  };
  auto written = for_each_piece(parts, *length, [&](std::string_view piece) -> Result<void> {
    if (piece.size() >= kPiece) {  // is not copied once more
      if (auto flushed = flush(); !flushed) return flushed;
      const ByteOffset here = std::exchange(at, at + piece.size());
      return write_all(ops, fd, path, piece, here);
    }
    buffer.append(piece);
    return buffer.size() < kPiece ? Result<void>() : flush();
  });
  return written ? flush() : written;
}

Result<BodyLayout> BodyLayout::read(FileOps& ops, int fd, const std::string& path, ByteCount size) {
  Reader reader(ops, fd, path, size);
  const auto magic = reader.take(kMagic.size());
  if (!magic) return magic.error();
  if (*magic != kMagic) return is_damaged(path, "it is none that this version knows");
  BodyLayout layout;
  while (true) {
    const auto letter = reader.take(1);
    if (!letter) return letter.error();
    const char kind = letter->front();
    if (kind == kEnd) break;
    if (kind != kBytes && kind != kFile) return reader.damaged("something unknown");
    const bool is_file = kind == kFile;
    const ByteOffset place = reader.place() + (is_file ? 0 : kNumber);
    const auto length = pass_segment(reader, is_file);
    if (!length) return length.error();
    layout.segments_.push_back({.begin = layout.length_, .place = place, .is_file = is_file});
    // As length_of() has it; so no sum of ours can overflow.
    if (*length >
        static_cast<ByteCount>(std::numeric_limits<std::int64_t>::max()) - layout.length_) {
      return reader.damaged("a length that cannot be");
    }
    layout.length_ += *length;
  }
  auto total = reader.take(kNumber);
  if (!total) return total.error();
  if (take_number(*total) != layout.length_) return reader.damaged("another length in all");
  if (!reader.is_at_end()) return reader.damaged("something behind its end");
  return layout;
}

std::size_t BodyLayout::find(ByteOffset offset) const {
  const auto next = std::ranges::lower_bound(segments_, offset, {}, &Segment::begin);
  const auto index = static_cast<std::size_t>(next - segments_.begin());
  if (next != segments_.end() && next->begin == offset) return index;
  return offset < length_ ? index - 1 : size();
}

Result<RequestBody> read_file_of(FileOps& ops, int fd, const std::string& path,
                                 const BodyLayout& layout, std::size_t index) {
  const ByteOffset place = layout[index].place;
  std::string head(kStamp + kPathLength, '\0');
  auto got = read_at(ops, fd, path, head, place);
  if (!got) return std::move(got).error();
  if (*got < head.size()) return is_damaged(path, "it has become shorter");
  std::string_view rest = head;
  RequestBody file;
  file.stamp.device = take_number(rest);
  file.stamp.inode = take_number(rest);
  file.stamp.size = file.length = take_number(rest);
  file.stamp.modified_ns = static_cast<std::int64_t>(take_number(rest));
  file.stamp.changed_ns = static_cast<std::int64_t>(take_number(rest));
  const std::uint64_t path_length = take_number(rest, kPathLength);
  const bool is_same = file.length == layout.end_of(index) - layout[index].begin;
  if (!is_same || path_length > kMaxPath) return is_damaged(path, "it has changed");
  file.file.resize(path_length);
  got = read_at(ops, fd, path, file.file, place + head.size());
  if (!got) return std::move(got).error();
  if (*got < path_length) return is_damaged(path, "it has become shorter");
  return file;
}

}  // namespace lh
