#include "files/spool.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

#include "files/body_source.h"
#include "files/regular_file.h"
#include "platform/xdg_paths.h"

namespace lh {
namespace {

constexpr std::string_view kSuffix = ".body";
constexpr std::size_t kPiece = 256UL * 1024;
constexpr ByteCount kMiB = 1024UL * 1024;

std::string name_of(const TransferId& id) {
  return id.to_string() + std::string(kSuffix);
}

std::optional<TransferId> id_of(std::string_view name) {
  if (!name.ends_with(kSuffix)) return std::nullopt;
  name.remove_suffix(kSuffix.size());
  return TransferId::parse(name);
}

std::string in_mib(ByteCount size) {
  return std::to_string((size + kMiB - 1) / kMiB) + " MiB";
}

Error is_full(ByteCount size, ByteCount used, ByteCount limit) {
  return {ErrorKind::Quota,
          0,
          "keep the request's body",
          {},
          "it has " + in_mib(size) + ", and of the " + in_mib(limit) +
              " that such bodies may take, " + in_mib(used) +
              " are in use; raise limits.spool_max_mib, or send a file"};
}

Error is_leaving() {
  return {ErrorKind::Unavailable, 0, "keep the request's body", {}, "the service is leaving"};
}

/// Calls `use` with the name of each entry of `folder`; one that is not there has none.
template <typename Use>
void for_each_name(const std::string& folder, Use use) {
  std::error_code error;
  std::filesystem::directory_iterator entry(folder, error);
  while (!error && entry != std::filesystem::directory_iterator()) {
    use(*entry);
    entry.increment(error);
  }
}

}  // namespace

Spool::Spool(FileOps& ops, std::string folder, ByteCount limit)
    : ops_(ops), folder_(std::move(folder)), limit_(limit) {}

Result<RequestBody> Spool::take(int from, const TransferId& id) {
  struct ::stat info{};
  const bool is_file = ops_.fstat(from, &info) == 0 && S_ISREG(info.st_mode);
  if (!is_file) {
    return invalid_argument("the descriptor of the request's body is not that of a regular file");
  }
  const auto size = static_cast<ByteCount>(info.st_size);
  if (size == 0 && !is_empty(ops_, from)) {
    return invalid_argument("the file of the request's body does not tell its length");
  }
  return keep(size, id, [this, from, size](int to, const std::string& path) {
    return copy_bytes(from, to, size, path);
  });
}

Result<RequestBody> Spool::lay_out(const MultipartBody& body, const TransferId& id) {
  const auto parts = inspect_parts(body);
  if (!parts) return parts.error();
  const auto length = length_of(*parts);
  if (!length) return length.error();
  auto layout = keep(layout_size(*parts), id, [this, &parts](int to, const std::string& path) {
    return write_layout(ops_, to, path, *parts);
  });
  if (!layout) return layout;
  layout->is_layout = true;
  layout->length = *length;
  return layout;
}

Result<std::vector<LayoutPart>> Spool::inspect_parts(const MultipartBody& body) const {
  std::vector<LayoutPart> parts;
  parts.reserve(body.segments.size());
  for (const BodySegment& segment : body.segments) {
    if (leaving_) return is_leaving();
    if (segment.file.empty()) {
      if (!segment.bytes.empty()) parts.emplace_back(std::string_view(segment.bytes));
      continue;
    }
    auto file = inspect_body(ops_, segment.file);
    if (!file) return std::move(file).error();
    parts.emplace_back(std::move(file).value());
  }
  return parts;
}

Result<RequestBody> Spool::keep(ByteCount size, const TransferId& id, const Fill& fill) {
  const ByteCount in_use = used();
  if (size > limit_ || in_use > limit_ - size) return is_full(size, in_use, limit_);
  if (auto made = make_folder(); !made) return std::move(made).error();
  return create(id, fill);
}

Result<RequestBody> Spool::create(const TransferId& id, const Fill& fill) {
  const std::string name = name_of(id);
  const std::string path = folder_ + "/" + name;
  const int folder = ops_.open_folder(folder_);
  if (folder < 0) return file_error(errno, "open the folder", folder_);
  const FileHandle folder_handle(ops_, folder);
  // O_EXCL: it is a new regular file, or there is one, which is not ours.
  const int to = ops_.open_at(folder, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (to < 0) return file_error(errno, "create", path);
  const FileHandle to_handle(ops_, to);
  auto filled = fill_and_sync(to, path, fill);
  if (filled && ops_.fsync(folder) != 0) filled = file_error(errno, "write", path);
  if (!filled) {
    erase(id);
    return std::move(filled).error();
  }
  return RequestBody{.file = path, .is_spooled = true, .stamp = *filled, .length = filled->size};
}

Result<FileStamp> Spool::fill_and_sync(int to, const std::string& path, const Fill& fill) const {
  if (auto filled = fill(to, path); !filled) return std::move(filled).error();
  if (ops_.fsync(to) != 0) return file_error(errno, "write", path);
  struct ::stat info{};
  if (ops_.fstat(to, &info) != 0) return file_error(errno, "look at", path);
  return stamp_of(info);
}

Result<void> Spool::copy_bytes(int from, int to, ByteCount size, const std::string& path) const {
  std::vector<char> buffer(kPiece);
  ByteOffset read = 0;
  while (read < size) {
    if (leaving_) return is_leaving();
    const auto wanted = std::min<ByteCount>(buffer.size(), size - read);
    const ssize_t got = ops_.pread(from, buffer.data(), wanted, read);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return file_error(errno, "read", "the request's body");
    if (got == 0) return invalid_argument("the request's body became shorter while it was read");
    std::span<const char> piece(buffer.data(), static_cast<std::size_t>(got));
    while (!piece.empty()) {
      const ssize_t written = ops_.pwrite(to, piece.data(), piece.size(), read);
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return file_error(written < 0 ? errno : ENOSPC, "write", path);
      read += static_cast<ByteCount>(written);
      piece = piece.subspan(static_cast<std::size_t>(written));
    }
  }
  return {};
}

/// Its name is as durable as what it will hold.
Result<void> Spool::make_folder() {
  if (auto made = ensure_private_folder(folder_); !made) return std::move(made).error();
  if (is_durable_) return {};
  const std::string parent = folder_.substr(0, folder_.rfind('/'));
  const int fd = ops_.open_folder(parent);
  if (fd < 0) return file_error(errno, "open the folder", parent);
  const FileHandle handle(ops_, fd);
  if (ops_.fsync(fd) != 0) return file_error(errno, "sync the folder", parent);
  is_durable_ = true;
  return {};
}

void Spool::erase(const TransferId& id) {
  const int folder = ops_.open_folder(folder_);
  if (folder < 0) return;
  const FileHandle handle(ops_, folder);
  // One that stays costs room, nothing else; the next start tries again.
  [[maybe_unused]] const int removed = ops_.unlink_at(folder, name_of(id).c_str());
}

std::vector<TransferId> Spool::list() const {
  std::vector<TransferId> ids;
  for_each_name(folder_, [&ids](const std::filesystem::directory_entry& entry) {
    if (const auto id = id_of(entry.path().filename().string())) ids.push_back(*id);
  });
  return ids;
}

ByteCount Spool::used() const {
  ByteCount sum = 0;
  for_each_name(folder_, [&sum](const std::filesystem::directory_entry& entry) {
    std::error_code error;
    const auto size = entry.file_size(error);
    if (!error) sum += size;
  });
  return sum;
}

}  // namespace lh
