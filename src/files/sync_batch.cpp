#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <optional>
#include <vector>

#include "core/model/web_error.h"
#include "files/file_batch.h"
#include "files/stream_checksum.h"

namespace lh {

namespace {

/// So many files of one file system cost more one by one than the whole file system does.
constexpr std::size_t kSyncTogether = 8;
/// Files open at once.
constexpr std::size_t kChunk = 256;
constexpr std::size_t kReadSize = 256_KiB;

/// One job on its way.
struct Item {
  const FileService::Job* job = nullptr;
  std::unique_ptr<FileHandle> file;
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
  const int fd = ops.open_at(*folder, partial_file_name(item.job->id).c_str(),
                             O_RDONLY | O_CLOEXEC | O_NOFOLLOW, 0);
  if (fd < 0) {
    const int reason = errno;
    return item.fail(file_error(reason, "open", item.path()), reason == ENOENT);
  }
  item.file = std::make_unique<FileHandle>(ops, fd);
  if (ops.fstat(fd, &item.info) != 0) {
    return item.fail(file_error(errno, "look at", item.path()), false);
  }
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

Result<std::string> digest_of(FileOps& ops, const Item& item) {
  auto checksum = StreamChecksum::create(item.job->checksum->algorithm);
  if (!checksum) return std::move(checksum).error();
  std::vector<char> buffer(kReadSize);
  ByteOffset offset = 0;
  for (;;) {
    const ssize_t got = ops.pread(item.file->get(), buffer.data(), buffer.size(), offset);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return file_error(errno, "read", item.path());
    if (got == 0) return checksum->finish();
    const std::span data(buffer.data(), static_cast<std::size_t>(got));
    if (auto added = checksum->add(data); !added) return std::move(added).error();
    offset += data.size();
  }
}

void verify_checksum(FileOps& ops, Item& item) {
  const Checksum& wanted = *item.job->checksum;
  const auto digest = digest_of(ops, item);
  if (!digest) return item.fail(digest.error(), false);
  if (*digest == wanted.hex) return;
  const Error mismatch{
      .kind = ErrorKind::Checksum,
      .operation = "verify",
      .subject = item.path(),
      .detail = "its " + wanted.algorithm + " is " + *digest +
                (item.job->checksum_is_servers ? ", but the server says " : ", not ") + wanted.hex};
  item.fail(mismatch, false);
  item.failed->error.hresult = hr::kCrc;
  item.failed->error.status = WebErrorStatus::Unknown;
}

Event answer(const Item& item) {
  if (item.failed) return *item.failed;
  return event::FileSynced{{.device = item.info.st_dev,
                            .inode = item.info.st_ino,
                            .size = static_cast<ByteCount>(item.info.st_size)}};
}

void sync_chunk(FileOps& ops, FileJobs jobs, const FileService::EventSink& sink) {
  FolderCache folders(ops);
  std::vector<Item> items(jobs.size());
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    items[i].job = &jobs[i];
    open_item(ops, folders, items[i]);
  }
  sync_all(ops, items);
  // Those that need no reading first: they should not wait for those that do.
  const auto to_verify = [](const Item& item) { return !item.failed && item.job->checksum; };
  Events events;
  for (const Item& item : items) {
    if (!to_verify(item)) events.emplace_back(item.job->id, answer(item));
  }
  sink(std::move(events));
  for (Item& item : items) {
    if (!to_verify(item)) continue;
    verify_checksum(ops, item);
    sink({{item.job->id, answer(item)}});
  }
}

}  // namespace

void sync_partial_files(FileOps& ops, FileJobs jobs, const FileService::EventSink& sink) {
  while (!jobs.empty()) {
    const FileJobs chunk = jobs.first(std::min(jobs.size(), kChunk));
    sync_chunk(ops, chunk, sink);
    jobs = jobs.subspan(chunk.size());
  }
}

}  // namespace lh
