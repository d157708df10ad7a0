#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <span>
#include <string>

#include "core/base/result.h"
#include "core/model/transfer.h"
#include "files/regular_file.h"
#include "files/reservation.h"
#include "platform/file_ops.h"

namespace lh {

/// Name of the hidden file beside the target that holds a download until it is complete:
/// ".longhaul-GUID.part".
[[nodiscard]] std::string partial_file_name(const TransferId& id);

/// A download's bytes while they arrive: written front to back, so that the file's size is what was
/// written (preallocation keeps the size). One writer thread at a time. Closing keeps the file.
///
/// Others can get at it, so whatever is told of it is compared with what is there. They are found
/// out if they change its size, remove it or put another file in its place. Not found out: bytes
/// written over ours, a cut that is filled up again to the same size at once, and what happens
/// while nobody has it open; there only a checksum helps.
class PartialFile {
 public:
  /// Opens the partial file of `id` in `folder`, made if missing. Usable prefix: `recorded` (synced
  /// and stored before), or with `trust_size` the file's own size (same boot: it grew only by
  /// finished writes), after a sync that proves that nothing was lost. Cuts the file there. A file
  /// that is shorter than `recorded` has lost bytes: prefix 0.
  [[nodiscard]] static Result<std::shared_ptr<PartialFile>> open(FileOps& ops,
                                                                 const std::string& folder,
                                                                 const TransferId& id,
                                                                 ByteCount recorded,
                                                                 bool trust_size);
  ~PartialFile();
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;

  /// Bytes that were there when it was opened.
  [[nodiscard]] ByteCount usable_prefix() const { return usable_prefix_; }
  /// Bytes were there, but none that could be used: it is another file now.
  [[nodiscard]] bool was_replaced() const { return was_replaced_; }
  [[nodiscard]] ByteCount size() const { return size_.load(std::memory_order_acquire); }
  [[nodiscard]] const std::string& folder() const { return folder_; }
  /// Something else has changed or removed it, which the call that failed has found out. Its bytes
  /// are void, and what had its name is removed, so that nobody goes on with it. Any thread.
  [[nodiscard]] bool has_lost_bytes() const { return lost_; }

  /// A new, empty file under the same name: readers of the old one keep the old bytes (R82).
  [[nodiscard]] Result<void> start_over();
  /// Reserves some room ahead, now and while it grows, for `total` bytes in all; the size stays.
  /// DiskFull if what is missing does not fit into what is free; a file system that cannot reserve
  /// is fine.
  [[nodiscard]] Result<void> reserve(ByteCount total);
  /// Appends at size(). All or an error; after an error size() counts what did get written.
  [[nodiscard]] Result<void> append(std::span<const char> data);
  /// Whether it holds these bytes at `offset`; not, if it cannot be read there. Writer thread.
  [[nodiscard]] bool holds(ByteOffset offset, std::span<const char> data) const;
  /// An error unless its path leads to this very file, and it holds size() bytes: before all of it
  /// is called complete. Writer thread.
  [[nodiscard]] Result<void> check_in_place();
  /// Removes it, wherever its folder is now.
  void remove();
  /// fdatasync. May be called from the file thread while another appends: covers what was appended
  /// before the call.
  [[nodiscard]] Result<void> sync();
  /// sync(), and how many bytes it has made durable, after a look that they are there. Same
  /// threads.
  [[nodiscard]] Result<ByteCount> sync_prefix();
  /// Starts writing back what was appended, without waiting, so that the next sync is short. Any
  /// thread, one at a time.
  void start_writeback();

 private:
  using Handle = std::shared_ptr<FileHandle>;

  PartialFile(FileOps& ops, Handle folder_fd, std::string folder, std::string name);
  [[nodiscard]] Result<ByteCount> open_file(int extra_flags);
  [[nodiscard]] Result<ByteCount> measure_prefix(ByteCount recorded, bool trust_size,
                                                 ByteCount on_disk);
  [[nodiscard]] Result<void> cut_to(ByteCount prefix, ByteCount on_disk);
  enum class Growth { Ended, MayGoOn };
  [[nodiscard]] Result<void> check_size(const Handle& file, ByteCount expected, Growth growth);
  [[nodiscard]] Result<void> check_kept(const Handle& file, ByteCount synced);
  [[nodiscard]] bool is_at(int folder, const std::string& name) const;
  [[nodiscard]] Error lose(std::string how);
  [[nodiscard]] std::string path() const { return folder_ + "/" + name_; }
  [[nodiscard]] Error error(int errno_value, std::string_view operation) const;
  [[nodiscard]] std::pair<Handle, ByteCount> present() const;

  FileOps& ops_;
  Handle folder_fd_;
  std::string folder_;
  std::string name_;
  mutable std::mutex mutex_;  ///< guards that these and size_ change together (start_over)
  Handle file_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
  bool is_known_by_inode_ = false;   ///< not on every file system
  std::atomic<ByteCount> size_ = 0;  ///< written by the writer thread only
  std::atomic<bool> lost_ = false;
  Reservation reservation_;
  ByteCount usable_prefix_ = 0;
  bool was_replaced_ = false;
  ByteOffset written_back_ = 0;  ///< of the file `written_back_file_`
  std::weak_ptr<FileHandle> written_back_file_;
};

}  // namespace lh
