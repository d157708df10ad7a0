#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "core/base/result.h"
#include "longhaul/storage/storage_file.h"
#include "longhaul/storage/storage_types.h"

namespace longhaul::detail {

/// What the handles of one file share.
struct FileEntry {
  explicit FileEntry(std::string absolute_path) : path_(std::move(absolute_path)) {}

  [[nodiscard]] std::string path() const {
    const std::lock_guard lock(mutex_);
    return path_;
  }
  void moved_to(std::string path) {
    const std::lock_guard lock(mutex_);
    path_ = std::move(path);
  }

 private:
  mutable std::mutex mutex_;
  std::string path_;
};

}  // namespace longhaul::detail

namespace lh {

struct FolderAndName {
  std::string folder;
  std::string name;
};
/// "/a/b" → "/a" and "b".
[[nodiscard]] FolderAndName split_path(const std::string& path);
[[nodiscard]] std::string join_path(const std::string& folder, const std::string& name);

/// "name (n).ext"; n from 2 on.
[[nodiscard]] std::string numbered_name(const std::string& name, unsigned number);

/// An empty file in `folder`; its path.
[[nodiscard]] Result<std::string> create_file(const std::string& folder, const std::string& name,
                                              longhaul::CreationCollisionOption option);
/// Renames within the folder; the new path.
[[nodiscard]] Result<std::string> rename_file(const std::string& path, const std::string& name,
                                              longhaul::NameCollisionOption option);

[[nodiscard]] inline longhaul::StorageFile make_storage_file(std::string path) {
  return longhaul::StorageFile(std::make_shared<longhaul::detail::FileEntry>(std::move(path)));
}

/// An asynchronous object that ends with what `work` returns or throws, before this returns.
template <typename T, typename Work>
[[nodiscard]] longhaul::IAsyncOperation<T> done_at_once(Work work) {
  auto state = std::make_shared<longhaul::detail::AsyncState<T>>();
  try {
    state->complete(work());
  } catch (...) {
    state->end_with_current_exception();
  }
  return longhaul::IAsyncOperation<T>(std::move(state));
}
template <typename Work>
[[nodiscard]] longhaul::IAsyncAction action_done_at_once(Work work) {
  auto state = std::make_shared<longhaul::detail::AsyncState<void>>();
  try {
    work();
    state->complete();
  } catch (...) {
    state->end_with_current_exception();
  }
  return longhaul::IAsyncAction(std::move(state));
}

}  // namespace lh
