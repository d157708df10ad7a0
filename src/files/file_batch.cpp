#include "files/file_batch.h"

#include <cerrno>

#include "core/model/web_error.h"

namespace lh {

Result<int> FolderCache::open(const std::string& folder) {
  if (const auto found = folders_.find(folder); found != folders_.end()) {
    return found->second.get();
  }
  const int fd = ops_.open_folder(folder);
  if (fd < 0) return file_error(errno, "open the folder", folder);
  folders_.try_emplace(folder, ops_, fd);
  return fd;
}

event::FileFailed file_failed(const Error& error, bool bytes_lost) {
  return {.error = to_transfer_error(error),
          .disk_full = error.kind == ErrorKind::DiskFull,
          .bytes_lost = bytes_lost};
}

void discard_partial_files(FileOps& ops, FileJobs jobs, const FileService::EventSink& sink) {
  FolderCache folders(ops);
  Events events;
  for (const auto& job : jobs) {
    // What cannot be removed now is left to the sweep at the next start: nobody waits for it.
    if (const auto folder = folders.open(job.target.folder)) {
      [[maybe_unused]] const int removed =
          ops.unlink_at(*folder, partial_file_name(job.id).c_str());
      if (job.with_result && !job.file_name.empty()) {
        [[maybe_unused]] const int gone = ops.unlink_at(*folder, job.file_name.c_str());
      }
    }
    events.emplace_back(job.id, event::FileDiscarded{});
  }
  sink(std::move(events));
}

}  // namespace lh
