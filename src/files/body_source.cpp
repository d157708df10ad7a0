#include "files/body_source.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <utility>

namespace lh {
namespace {

constexpr std::string_view kSend = "send";

std::int64_t nanoseconds(const struct ::timespec& time) {
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

Error has_changed(const std::string& path) {
  return {ErrorKind::File, 0, std::string(kSend), path,
          "the file has changed since the transfer was created; create a new one"};
}

/// Also after a restart of the computer. Nobody else writes to a copy of our own, but a backup may
/// have linked it, and a restored one is another file.
bool is_same(FileStamp now, const RequestBody& body) {
  now.device = body.stamp.device;
  if (body.is_spooled) {
    now.inode = body.stamp.inode;
    now.changed_ns = body.stamp.changed_ns;
  }
  return now == body.stamp;
}

}  // namespace

bool is_empty(FileOps& ops, int fd) {
  char first = 0;
  return ops.pread(fd, &first, 1, 0) <= 0;
}

Result<RegularFile> open_body(FileOps& ops, const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return invalid_argument("\"" + path + "\" is not absolute");
  const std::string folder = path.substr(0, std::max<std::size_t>(slash, 1));
  const int fd = ops.open_folder(folder);
  if (fd < 0) return file_error(errno, "open the folder", folder);
  const FileHandle handle(ops, fd);
  return open_regular(ops, {fd, slash == 0 ? std::string_view() : folder}, path.substr(slash + 1),
                      O_RDONLY);
}

FileStamp stamp_of(const struct ::stat& info) {
  return {.device = info.st_dev,
          .inode = info.st_ino,
          .size = static_cast<ByteCount>(info.st_size),
          .modified_ns = nanoseconds(info.st_mtim),
          .changed_ns = nanoseconds(info.st_ctim)};
}

Result<RequestBody> inspect_body(FileOps& ops, const std::string& path) {
  if (!path.starts_with('/')) {
    return invalid_argument("the path of the request's body, \"" + path + "\", is not absolute");
  }
  const std::unique_ptr<char, decltype(&std::free)> resolved(::realpath(path.c_str(), nullptr),
                                                             &std::free);
  if (!resolved) return file_error(errno, kSend, path);
  struct ::stat info{};
  if (::stat(resolved.get(), &info) == 0 && !S_ISREG(info.st_mode)) {
    return Error{ErrorKind::InvalidArgument, 0, std::string(kSend), path, "it is no regular file"};
  }
  auto file = open_body(ops, resolved.get());
  if (!file) return std::move(file).error();
  if (file->info.st_size == 0 && !is_empty(ops, file->handle->get())) {
    return Error{ErrorKind::InvalidArgument, 0, std::string(kSend), path,
                 "its length is not known; give it as a stream"};
  }
  return RequestBody{.file = resolved.get(),
                     .stamp = stamp_of(file->info),
                     .length = static_cast<ByteCount>(file->info.st_size)};
}

Result<SentFile> SentFile::open(FileOps& ops, const RequestBody& body) {
  auto file = open_body(ops, body.file);
  if (!file) return std::move(file).error();
  if (!is_same(stamp_of(file->info), body)) return has_changed(body.file);
  return SentFile(ops, body, std::move(file->handle));
}

SentFile::SentFile(FileOps& ops, const RequestBody& body, std::shared_ptr<FileHandle> handle)
    : ops_(&ops), body_(body), handle_(std::move(handle)) {}

Result<std::size_t> SentFile::read(ByteOffset offset, std::span<char> into) const {
  const ByteCount left = size() - std::min<ByteCount>(offset, size());
  into = into.first(std::min<std::size_t>(into.size(), left));
  if (into.empty()) return std::size_t{0};
  ssize_t count = 0;
  do {
    count = ops_->pread(fd(), into.data(), into.size(), offset);
  } while (count < 0 && errno == EINTR);
  if (count < 0) return file_error(errno, kSend, body_.file);
  if (count == 0) return has_changed(body_.file);
  if (static_cast<ByteCount>(count) == left) {
    if (auto unchanged = check_unchanged(); !unchanged) return std::move(unchanged).error();
  }
  return static_cast<std::size_t>(count);
}

Result<void> SentFile::check_unchanged() const {
  struct ::stat info{};
  if (ops_->fstat(fd(), &info) != 0) return file_error(errno, kSend, body_.file);
  if (!is_same(stamp_of(info), body_)) return has_changed(body_.file);
  return {};
}

Result<std::shared_ptr<BodySource>> BodySource::open(FileOps& ops, const RequestBody& body) {
  auto file = SentFile::open(ops, body);
  if (!file) return std::move(file).error();
  if (!body.is_layout) {
    return std::make_shared<BodySource>(ops, body, std::move(file).value(), std::nullopt);
  }
  auto layout = BodyLayout::read(ops, file->fd(), body.file, file->size());
  if (!layout) return std::move(layout).error();
  if (layout->length() != body.length) return has_changed(body.file);
  auto source =
      std::make_shared<BodySource>(ops, body, std::move(file).value(), std::move(layout).value());
  if (auto checked = source->check_files(); !checked) return std::move(checked).error();
  return source;
}

BodySource::BodySource(FileOps& ops, const RequestBody& body, SentFile file,
                       std::optional<BodyLayout> layout)
    : ops_(ops), path_(body.file), file_(std::move(file)), layout_(std::move(layout)) {}

void BodySource::go_to(ByteOffset offset) {
  offset_ = offset;
  part_.reset();
  if (layout_) segment_ = layout_->find(offset);
}

Result<std::size_t> BodySource::read(std::span<char> into) {
  std::size_t filled = 0;
  if (!layout_) {
    auto count = file_.read(offset_, into);
    if (count) offset_ += *count;
    return count;
  }
  // Parts may be small and many: one call fills up from several.
  while (filled < into.size() && segment_ < layout_->size()) {
    auto count = read_segment(into.subspan(filled));
    if (!count) return count;
    filled += *count;
    offset_ += *count;
    if (offset_ < layout_->end_of(segment_)) continue;
    part_.reset();
    if (++segment_ < layout_->size()) continue;
    if (auto unchanged = file_.check_unchanged(); !unchanged) return std::move(unchanged).error();
  }
  return filled;
}

Result<std::size_t> BodySource::read_segment(std::span<char> into) {
  const BodyLayout::Segment& segment = (*layout_)[segment_];
  const ByteOffset begin = offset_ - segment.begin;
  if (!segment.is_file) {
    into = into.first(std::min<std::size_t>(into.size(), layout_->end_of(segment_) - offset_));
    return file_.read(segment.place + begin, into);
  }
  if (!part_) {
    auto part = open_part(segment_);
    if (!part) return std::move(part).error();
    part_ = std::move(part).value();
  }
  return part_->read(begin, into);
}

Result<SentFile> BodySource::open_part(std::size_t index) const {
  auto part = read_file_of(ops_, file_.fd(), path_, *layout_, index);
  if (!part) return std::move(part).error();
  return SentFile::open(ops_, *part);
}

/// What can be refused is refused before anything is sent.
Result<void> BodySource::check_files() const {
  for (std::size_t i = 0; i < layout_->size(); ++i) {
    if (!(*layout_)[i].is_file) continue;
    if (auto part = open_part(i); !part) return std::move(part).error();
  }
  return {};
}

}  // namespace lh
