#pragma once

#include <memory>
#include <span>
#include <string>

#include "core/base/result.h"
#include "core/model/transfer.h"
#include "platform/file_ops.h"

namespace lh {

/// Name of the hidden file beside the target that holds a download until it is complete:
/// ".longhaul-GUID.part".
[[nodiscard]] std::string partial_file_name(const TransferId& id);

/// A download's bytes while they arrive: written front to back, so that the file's size is what was
/// written (preallocation keeps the size). One writer thread at a time. Closing keeps the file.
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
  [[nodiscard]] ByteCount size() const { return size_; }
  [[nodiscard]] const std::string& folder() const { return folder_; }

  /// A new, empty file under the same name: readers of the old one keep the old bytes (R82).
  [[nodiscard]] Result<void> start_over();
  /// Reserves room for `total` bytes without changing the size. DiskFull if there is none; a file
  /// system that cannot reserve is fine.
  [[nodiscard]] Result<void> reserve(ByteCount total);
  /// Appends at size(). All or an error.
  [[nodiscard]] Result<void> append(std::span<const char> data);
  /// fdatasync. May be called from the file thread while another appends: covers what was appended
  /// before the call.
  [[nodiscard]] Result<void> sync();
  /// Starts writing back what was appended, without waiting, so that the next sync is short.
  void start_writeback();

 private:
  PartialFile(FileOps& ops, int folder_fd, int fd, std::string folder, std::string name,
              ByteCount size);
  FileOps& ops_;
  int folder_fd_;
  int fd_;
  std::string folder_;
  std::string name_;
  ByteCount size_ = 0;
  ByteCount usable_prefix_ = 0;
  ByteCount written_back_ = 0;
};

}  // namespace lh
