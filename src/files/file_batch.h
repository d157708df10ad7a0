#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "files/file_service.h"

namespace lh {

/// Folders that one batch of jobs works in, each opened once.
class FolderCache {
 public:
  explicit FolderCache(FileOps& ops) : ops_(ops) {}
  /// A descriptor that lives as long as the cache, or why the folder cannot be opened.
  [[nodiscard]] Result<int> open(const std::string& folder);

 private:
  FileOps& ops_;
  std::map<std::string, FileHandle, std::less<>> folders_;
};

using FileJobs = std::span<const FileService::Job>;

class Verifier;

/// Makes the partial files of all `jobs` durable, many at the price of few, and answers each with
/// FileSynced or FileFailed. Those that have a checksum are left to `verifier`.
void sync_partial_files(FileOps& ops, FileJobs jobs, Verifier& verifier,
                        const FileService::EventSink& sink);

/// Renames the partial files of all `jobs`, then syncs each folder once, then answers each with
/// FileCommitted or FileFailed. `new_file_mode`: of a file that replaces none.
void commit_partial_files(FileOps& ops, FileJobs jobs, mode_t new_file_mode,
                          const FileService::EventSink& sink);

/// Removes the partial files of all `jobs`: FileDiscarded, also if there was none.
void discard_partial_files(FileOps& ops, FileJobs jobs, const FileService::EventSink& sink);

/// What a failed job answers.
[[nodiscard]] event::FileFailed file_failed(const Error& error, bool bytes_lost);

}  // namespace lh
