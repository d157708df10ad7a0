#include "files/partial_file.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <utility>

namespace lh {

namespace {

/// Smaller files are written before a lack of room could be noticed any earlier.
constexpr ByteCount kReserveAbove = 1_MiB;
/// Nobody else reads a file whose content is not complete; its final mode comes with its final
/// name.
constexpr mode_t kPartialMode = 0600;

}  // namespace

std::string partial_file_name(const TransferId& id) {
  return ".longhaul-" + id.to_string() + ".part";
}

PartialFile::PartialFile(FileOps& ops, Handle folder_fd, std::string folder, std::string name)
    : ops_(ops),
      folder_fd_(std::move(folder_fd)),
      folder_(std::move(folder)),
      name_(std::move(name)),
      reservation_(ops) {}

PartialFile::~PartialFile() = default;

Error PartialFile::error(int errno_value, std::string_view operation) const {
  return file_error(errno_value, operation, path());
}

/// What it holds.
Result<ByteCount> PartialFile::open_file(int extra_flags) {
  // O_APPEND: a write never leaves a hole where somebody has cut the file just before it, so that
  // what is missing stays missing at its end, where the size shows it. (On Linux this goes for
  // pwrite, too, whatever the offset.)
  auto opened = open_regular(ops_, {.folder = folder_fd_->get(), .path = folder_}, name_,
                             O_RDWR | O_CREAT | O_APPEND | extra_flags, kPartialMode);
  if (!opened) return std::move(opened).error();
  file_ = std::move(opened->handle);
  device_ = opened->info.st_dev;
  inode_ = opened->info.st_ino;
  struct ::stat named{};
  is_known_by_inode_ = ops_.stat_at(folder_fd_->get(), name_.c_str(), &named) == 0 &&
                       named.st_dev == device_ && named.st_ino == inode_;
  return static_cast<ByteCount>(opened->info.st_size);
}

Result<std::shared_ptr<PartialFile>> PartialFile::open(FileOps& ops, const std::string& folder,
                                                       const TransferId& id, ByteCount recorded,
                                                       bool trust_size) {
  const int folder_fd = ops.open_folder(folder);
  if (folder_fd < 0) return file_error(errno, "open the folder", folder);
  std::shared_ptr<PartialFile> file(new PartialFile(
      ops, std::make_shared<FileHandle>(ops, folder_fd), folder, partial_file_name(id)));
  auto on_disk = file->open_file(0);
  if (!on_disk) return std::move(on_disk).error();
  auto prefix = file->measure_prefix(recorded, trust_size, *on_disk);
  if (!prefix) return std::move(prefix).error();
  if (auto cut = file->cut_to(*prefix, *on_disk); !cut) return std::move(cut).error();
  file->usable_prefix_ = *prefix;
  return file;
}

Result<ByteCount> PartialFile::measure_prefix(ByteCount recorded, bool trust_size,
                                              ByteCount on_disk) {
  if (on_disk < recorded) return ByteCount{0};
  if (!trust_size) return recorded;
  if (on_disk == recorded) return recorded;
  // A failed write-back may have dropped pages of any part of the file.
  if (ops_.fdatasync(file_->get()) != 0) return ByteCount{0};
  return on_disk;
}

Result<void> PartialFile::cut_to(ByteCount prefix, ByteCount on_disk) {
  if (prefix == 0 && on_disk > 0) {
    was_replaced_ = true;
    return start_over();
  }
  if (prefix != on_disk && ops_.truncate(file_->get(), prefix) != 0) return error(errno, "cut");
  size_.store(prefix, std::memory_order_release);
  return {};
}

std::pair<PartialFile::Handle, ByteCount> PartialFile::present() const {
  const std::lock_guard lock(mutex_);
  return {file_, size_.load(std::memory_order_acquire)};
}

Result<void> PartialFile::start_over() {
  const std::lock_guard lock(mutex_);
  if (ops_.unlink_at(folder_fd_->get(), name_.c_str()) != 0 && errno != ENOENT) {
    return error(errno, "remove");
  }
  if (auto fresh = open_file(O_EXCL); !fresh) return std::move(fresh).error();
  size_.store(0, std::memory_order_release);
  lost_ = false;
  reservation_.forget();
  usable_prefix_ = 0;
  return {};
}

Result<void> PartialFile::reserve(ByteCount total) {
  if (total <= kReserveAbove || total <= size()) return {};
  const int reason = reservation_.begin(file_->get(), size(), total);
  if (reason == 0) return {};
  return error(reason, "reserve " + std::to_string(total) + " bytes for");
}

Result<void> PartialFile::append(std::span<const char> data) {
  // Before the bytes go to the wrong place: what is found after a crash is taken by its size.
  if (auto whole = check_size(file_, size(), Growth::Ended); !whole) return whole;
  reservation_.cover(file_->get(), size() + data.size());
  while (!data.empty()) {
    const ByteOffset offset = size();
    const ssize_t written = ops_.pwrite(file_->get(), data.data(), data.size(), offset);
    if (written < 0) {
      if (errno == EINTR) continue;
      return error(errno, "write");
    }
    // A file system that takes nothing and gives no reason has no room.
    if (written == 0) return error(ENOSPC, "write");
    data = data.subspan(static_cast<std::size_t>(written));
    size_.store(offset + static_cast<ByteCount>(written), std::memory_order_release);
  }
  return {};
}

Result<void> PartialFile::sync() {
  auto synced = sync_prefix();
  if (!synced) return std::move(synced).error();
  return {};
}

Result<ByteCount> PartialFile::sync_prefix() {
  const auto [file, size] = present();
  while (ops_.fdatasync(file->get()) != 0) {
    if (errno != EINTR) return error(errno, "sync");
  }
  if (auto kept = check_kept(file, size); !kept) return std::move(kept).error();
  return size;
}

// ---- What others may have done to it

Result<void> PartialFile::check_size(const Handle& file, ByteCount expected, Growth growth) {
  if (lost_) return lose("something else has changed it");
  const off_t end = ops_.end_of(file->get());
  if (end < 0) return error(errno, "look at");
  const auto found = static_cast<ByteCount>(end);
  if (found == expected || (found > expected && growth == Growth::MayGoOn)) return {};
  return lose("it holds " + std::to_string(found) + " bytes instead of " +
              std::to_string(expected) + ": something else has changed it");
}

/// After a sync on the file thread, while more may be appended.
Result<void> PartialFile::check_kept(const Handle& file, ByteCount synced) {
  const std::lock_guard lock(mutex_);
  if (file != file_) return {};  // begun anew meanwhile
  if (auto whole = check_size(file, synced, Growth::MayGoOn); !whole) return whole;
  if (!is_at(folder_fd_->get(), name_)) return lose("something else has removed or replaced it");
  return {};
}

bool PartialFile::holds(ByteOffset offset, std::span<const char> data) const {
  const auto [file, size] = present();
  std::array<char, 4096> piece{};
  while (!data.empty()) {
    const std::size_t wanted = std::min(piece.size(), data.size());
    const ssize_t got = ops_.pread(file->get(), piece.data(), wanted, offset);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    const auto count = static_cast<std::size_t>(got);
    if (!std::equal(piece.begin(), piece.begin() + got, data.begin())) return false;
    data = data.subspan(count);
    offset += count;
  }
  return true;
}

Result<void> PartialFile::check_in_place() {
  const std::lock_guard lock(mutex_);
  if (auto whole = check_size(file_, size(), Growth::Ended); !whole) return whole;
  // By its whole path, as it will be looked for: the folder may have moved.
  if (!is_at(AT_FDCWD, path())) return lose("something else has moved, removed or replaced it");
  return {};
}

bool PartialFile::is_at(int folder, const std::string& name) const {
  struct ::stat info{};
  if (ops_.stat_at(folder, name.c_str(), &info) != 0) {
    return errno != ENOENT && errno != ENOTDIR;  // any other reason is no proof
  }
  if (!S_ISREG(info.st_mode)) return false;
  return !is_known_by_inode_ || (info.st_dev == device_ && info.st_ino == inode_);
}

/// Nothing tells which of the bytes are still right, so none may be found by the next attempt.
Error PartialFile::lose(std::string how) {
  if (!lost_.exchange(true)) remove();
  return {.kind = ErrorKind::File,
          .code = EIO,
          .operation = "write",
          .subject = path(),
          .detail = std::move(how)};
}

void PartialFile::remove() {
  struct ::stat info{};
  const bool is_file =
      ops_.stat_at(folder_fd_->get(), name_.c_str(), &info) == 0 && S_ISREG(info.st_mode);
  // One that stays is no worse than before; what is no file is told by the next attempt.
  if (!is_file) return;
  [[maybe_unused]] const int removed = ops_.unlink_at(folder_fd_->get(), name_.c_str());
}

void PartialFile::start_writeback() {
  const auto [file, size] = present();
  if (written_back_file_.lock() != file) {
    written_back_file_ = file;
    written_back_ = usable_prefix_;
  }
  if (size <= written_back_) return;
  // Only a hint: a failure shows in the sync that follows.
  [[maybe_unused]] const int hinted =
      ops_.start_writeback(file->get(), written_back_, size - written_back_);
  written_back_ = size;
}

}  // namespace lh
