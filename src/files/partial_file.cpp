#include "files/partial_file.h"

#include <fcntl.h>

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

PartialFile::PartialFile(FileOps& ops, Handle folder_fd, Handle file, std::string folder,
                         std::string name)
    : ops_(ops),
      folder_fd_(std::move(folder_fd)),
      folder_(std::move(folder)),
      name_(std::move(name)),
      file_(std::move(file)) {}

PartialFile::~PartialFile() = default;

Error PartialFile::error(int errno_value, std::string_view operation) const {
  return file_error(errno_value, operation, folder_ + "/" + name_);
}

Result<PartialFile::Handle> PartialFile::create(FileOps& ops, int folder_fd,
                                                const std::string& folder, const std::string& name,
                                                int extra_flags) {
  const int fd = ops.open_at(folder_fd, name.c_str(),
                             O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | extra_flags, kPartialMode);
  if (fd < 0) return file_error(errno, "create", folder + "/" + name);
  return std::make_shared<FileHandle>(ops, fd);
}

Result<std::shared_ptr<PartialFile>> PartialFile::open(FileOps& ops, const std::string& folder,
                                                       const TransferId& id, ByteCount recorded,
                                                       bool trust_size) {
  const int folder_fd = ops.open_folder(folder);
  if (folder_fd < 0) return file_error(errno, "open the folder", folder);
  auto folder_handle = std::make_shared<FileHandle>(ops, folder_fd);
  std::string name = partial_file_name(id);
  auto handle = create(ops, folder_fd, folder, name, 0);
  if (!handle) return std::move(handle).error();

  std::shared_ptr<PartialFile> file(new PartialFile(
      ops, std::move(folder_handle), std::move(handle).value(), folder, std::move(name)));
  struct ::stat info{};
  if (ops.fstat(file->file_->get(), &info) != 0) return file->error(errno, "look at");
  if (!S_ISREG(info.st_mode)) return file->error(EINVAL, "open");

  const auto on_disk = static_cast<ByteCount>(info.st_size);
  auto prefix = file->measure_prefix(recorded, trust_size, on_disk);
  if (!prefix) return std::move(prefix).error();
  if (auto cut = file->cut_to(*prefix, on_disk); !cut) return std::move(cut).error();
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
  if (ops_.unlink_at(folder_fd_->get(), name_.c_str()) != 0 && errno != ENOENT) {
    return error(errno, "remove");
  }
  auto fresh = create(ops_, folder_fd_->get(), folder_, name_, O_EXCL);
  if (!fresh) return std::move(fresh).error();
  const std::lock_guard lock(mutex_);
  file_ = std::move(fresh).value();
  size_.store(0, std::memory_order_release);
  usable_prefix_ = 0;
  return {};
}

Result<void> PartialFile::reserve(ByteCount total) {
  const ByteCount have = size();
  if (total <= kReserveAbove || total <= have) return {};
  if (ops_.fallocate_keep_size(file_->get(), have, total - have) == 0) return {};
  if (errno == EOPNOTSUPP || errno == ENOSYS) return {};
  return error(errno, "reserve " + std::to_string(total) + " bytes for");
}

Result<void> PartialFile::append(std::span<const char> data) {
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
  return size;
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
