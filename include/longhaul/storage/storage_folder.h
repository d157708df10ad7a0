#pragma once

/// @file
/// A folder by its path.

#include <cstddef>
#include <memory>
#include <string>

#include "longhaul/export.h"
#include "longhaul/foundation/async.h"
#include "longhaul/foundation/hstring.h"
#include "longhaul/storage/storage_file.h"

namespace longhaul {

/// Where files are made and found. A handle: copies share it, and it may be null. Any thread.
/// Errors as in storage_file.h.
class LONGHAUL_EXPORT StorageFolder {
 public:
  StorageFolder(std::nullptr_t = nullptr) noexcept {}

  /// An existing folder, by absolute path.
  [[nodiscard]] static IAsyncOperation<StorageFolder> GetFolderFromPathAsync(const hstring& path);

  /// A new, empty file.
  [[nodiscard]] IAsyncOperation<StorageFile> CreateFileAsync(
      const hstring& desiredName,
      CreationCollisionOption option = CreationCollisionOption::FailIfExists) const;
  [[nodiscard]] IAsyncOperation<StorageFile> GetFileAsync(const hstring& name) const;
  [[nodiscard]] IAsyncOperation<StorageFolder> CreateFolderAsync(
      const hstring& desiredName,
      CreationCollisionOption option = CreationCollisionOption::FailIfExists) const;

  [[nodiscard]] hstring Name() const;
  [[nodiscard]] hstring Path() const;

  explicit operator bool() const noexcept { return path_ != nullptr; }
  friend bool operator==(const StorageFolder& a, std::nullptr_t) noexcept { return !a.path_; }
  friend bool operator==(const StorageFolder&, const StorageFolder&) noexcept = default;

 private:
  explicit StorageFolder(std::string path)
      : path_(std::make_shared<const std::string>(std::move(path))) {}
  [[nodiscard]] const std::string& path() const;

  std::shared_ptr<const std::string> path_;
};

}  // namespace longhaul
