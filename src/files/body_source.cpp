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
  return RequestBody{.file = resolved.get(), .is_spooled = false, .stamp = stamp_of(file->info)};
}

Result<std::shared_ptr<BodySource>> BodySource::open(FileOps& ops, const RequestBody& body) {
  auto file = open_body(ops, body.file);
  if (!file) return std::move(file).error();
  if (!is_same(stamp_of(file->info), body)) return has_changed(body.file);
  return std::make_shared<BodySource>(ops, body, std::move(file->handle));
}

BodySource::BodySource(FileOps& ops, const RequestBody& body, std::shared_ptr<FileHandle> handle)
    : ops_(ops), body_(body), handle_(std::move(handle)) {}

Result<std::size_t> BodySource::read(std::span<char> into) {
  const ByteCount left = size() - std::min<ByteCount>(offset_, size());
  into = into.first(std::min<std::size_t>(into.size(), left));
  if (into.empty()) return std::size_t{0};
  ssize_t count = 0;
  do {
    count = ops_.pread(handle_->get(), into.data(), into.size(), offset_);
  } while (count < 0 && errno == EINTR);
  if (count < 0) return file_error(errno, kSend, body_.file);
  if (count == 0) return has_changed(body_.file);
  offset_ += static_cast<ByteCount>(count);
  if (offset_ >= size()) {
    if (auto unchanged = check_unchanged(); !unchanged) return std::move(unchanged).error();
  }
  return static_cast<std::size_t>(count);
}

Result<void> BodySource::check_unchanged() const {
  struct ::stat info{};
  if (ops_.fstat(handle_->get(), &info) != 0) return file_error(errno, kSend, body_.file);
  if (!is_same(stamp_of(info), body_)) return has_changed(body_.file);
  return {};
}

}  // namespace lh
