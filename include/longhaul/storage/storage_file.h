#pragma once

/// @file
/// A file by its path.

#include <cstddef>
#include <memory>

#include "longhaul/export.h"
#include "longhaul/foundation/async.h"
#include "longhaul/foundation/hstring.h"
#include "longhaul/storage/storage_types.h"

namespace longhaul {

class StorageFile;

namespace detail {
struct FileEntry;
}

/// A file that a transfer reads or writes. A handle: copies share it, and it may be null. Any
/// thread. Errors of the asynchronous calls arrive through the object they return: 0x80070002 file
/// not found, 0x80070003 folder not found, 0x80070005 no permission, 0x80070057 not an absolute
/// path or not a file name, 0x800700B7 the name is taken.
class LONGHAUL_EXPORT IStorageFile {
 public:
  IStorageFile(std::nullptr_t = nullptr) noexcept {}
  explicit IStorageFile(std::shared_ptr<detail::FileEntry> entry) : entry_(std::move(entry)) {}

  [[nodiscard]] hstring Name() const;      ///< with extension
  [[nodiscard]] hstring Path() const;      ///< absolute; follows RenameAsync
  [[nodiscard]] hstring FileType() const;  ///< the extension with its dot; may be empty

  /// In the same folder.
  [[nodiscard]] IAsyncAction RenameAsync(
      const hstring& desiredName,
      NameCollisionOption option = NameCollisionOption::FailIfExists) const;
  [[nodiscard]] IAsyncAction DeleteAsync(
      StorageDeleteOption option = StorageDeleteOption::Default) const;

  /// The same file as `T`: StorageFile is the only kind there is.
  template <typename T = StorageFile>
  [[nodiscard]] T as() const {
    return T(shared_entry());
  }
  template <typename T = StorageFile>
  [[nodiscard]] T try_as() const noexcept {
    return T(entry_);
  }

  explicit operator bool() const noexcept { return entry_ != nullptr; }
  friend bool operator==(const IStorageFile& a, std::nullptr_t) noexcept { return !a.entry_; }
  /// Whether both are the same object.
  friend bool operator==(const IStorageFile&, const IStorageFile&) noexcept = default;

 protected:
  [[nodiscard]] const std::shared_ptr<detail::FileEntry>& shared_entry() const;

 private:
  std::shared_ptr<detail::FileEntry> entry_;
};

/// The file of the machine behind a path.
class LONGHAUL_EXPORT StorageFile : public IStorageFile {
 public:
  using IStorageFile::IStorageFile;

  /// An existing file that can be read, by absolute path (with slashes).
  [[nodiscard]] static IAsyncOperation<StorageFile> GetFileFromPathAsync(const hstring& path);

  /// Whether it is there.
  [[nodiscard]] bool IsAvailable() const;
};

}  // namespace longhaul
