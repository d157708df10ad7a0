#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <optional>
#include <vector>

#include "core/model/web_error.h"
#include "files/file_batch.h"
#include "files/verifier.h"

namespace lh {

namespace {

/// So many files of one file system cost more one by one than the whole file system does.
constexpr std::size_t kSyncTogether = 8;
/// Files open at once.
constexpr std::size_t kChunk = 256;

/// One job on its way.
struct Item {
  const FileService::Job* job = nullptr;
  std::shared_ptr<FileHandle> file;
  struct ::stat info{};
  std::optional<event::FileFailed> failed;

  [[nodiscard]] std::string path() const {
    return job->target.folder + "/" + partial_file_name(job->id);
  }
  void fail(const Error& error, bool bytes_lost) { failed = file_failed(error, bytes_lost); }
};

void open_item(FileOps& ops, FolderCache& folders, Item& item) {
  const auto folder = folders.open(item.job->target.folder);
  if (!folder) return item.fail(folder.error(), false);
  auto opened = open_regular(ops, {.folder = *folder, .path = item.job->target.folder},
                             partial_file_name(item.job->id), O_RDONLY);
  if (!opened) return item.fail(opened.error(), opened.error().code == ENOENT);
  item.file = std::move(opened->handle);
  item.info = opened->info;
  const auto size = static_cast<ByteCount>(item.info.st_size);
  if (size != item.job->expected_size) {
    item.fail(Error{.kind = ErrorKind::File,
                    .code = EIO,
                    .operation = "verify",
                    .subject = item.path(),
                    .detail = "it holds " + std::to_string(size) + " bytes instead of " +
                              std::to_string(item.job->expected_size)},
              true);
  }
}

/// After a failed sync the kernel may have dropped any of the file's dirty pages.
void sync_one(FileOps& ops, Item& item) {
  while (ops.fdatasync(item.file->get()) != 0) {
    if (errno != EINTR) return item.fail(file_error(errno, "sync", item.path()), true);
  }
}

/// One syncfs for many files of one file system. Errors that write-back had met before belong to
/// single files; check_writeback finds them.
void sync_together(FileOps& ops, std::span<Item* const> items) {
  for (const Item* item : items) {
    // Only a hint: a failure shows below.
    [[maybe_unused]] const int hinted =
        ops.start_writeback(item->file->get(), 0, static_cast<ByteCount>(item->info.st_size));
  }
  if (ops.syncfs(items.front()->file->get()) != 0) {
    for (Item* item : items) sync_one(ops, *item);
    return;
  }
  for (Item* item : items) {
    if (ops.check_writeback(item->file->get()) != 0) {
      item->fail(file_error(errno, "sync", item->path()), true);
    }
  }
}

void sync_all(FileOps& ops, std::span<Item> items) {
  std::map<dev_t, std::vector<Item*>> by_file_system;
  for (Item& item : items) {
    if (!item.failed) by_file_system[item.info.st_dev].push_back(&item);
  }
  for (const auto& [device, group] : by_file_system) {
    if (group.size() >= kSyncTogether) {
      sync_together(ops, group);
    } else {
      for (Item* item : group) sync_one(ops, *item);
    }
  }
}

CommitIntent identity_of(const Item& item) {
  return {.device = item.info.st_dev,
          .inode = item.info.st_ino,
          .size = static_cast<ByteCount>(item.info.st_size)};
}

void sync_chunk(FileOps& ops, FileJobs jobs, Verifier& verifier,
                const FileService::EventSink& sink) {
  FolderCache folders(ops);
  std::vector<Item> items(jobs.size());
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    items[i].job = &jobs[i];
    open_item(ops, folders, items[i]);
  }
  sync_all(ops, items);
  Events events;
  for (const Item& item : items) {
    if (item.failed) {
      events.emplace_back(item.job->id, *item.failed);
    } else if (item.job->checksum) {
      verifier.add(*item.job, identity_of(item));
    } else {
      events.emplace_back(item.job->id, event::FileSynced{identity_of(item)});
    }
  }
  if (!events.empty()) sink(std::move(events));
}

}  // namespace

void sync_partial_files(FileOps& ops, FileJobs jobs, Verifier& verifier,
                        const FileService::EventSink& sink) {
  while (!jobs.empty()) {
    const FileJobs chunk = jobs.first(std::min(jobs.size(), kChunk));
    sync_chunk(ops, chunk, verifier, sink);
    jobs = jobs.subspan(chunk.size());
  }
}

}  // namespace lh
