#include "files/verifier.h"

#include <fcntl.h>

#include <cerrno>
#include <chrono>
#include <optional>
#include <span>
#include <utility>

#include <pthread.h>

#include "core/model/web_error.h"
#include "files/file_batch.h"
#include "files/stream_checksum.h"

namespace lh {
namespace {

constexpr std::size_t kReadSize = 256_KiB;
/// Answers of small files are gathered for so long.
constexpr std::chrono::milliseconds kGather{10};

std::string path_of(const FileService::Job& job) {
  return job.target.folder + "/" + partial_file_name(job.id);
}

Error is_another(const FileService::Job& job) {
  return {.kind = ErrorKind::File,
          .code = EIO,
          .operation = "verify",
          .subject = path_of(job),
          .detail = "it is not the file that was synced"};
}

CommitIntent identity_of(const struct ::stat& info) {
  return {info.st_dev, info.st_ino, static_cast<ByteCount>(info.st_size)};
}

/// Nothing if `leaving` was set meanwhile.
std::optional<Result<std::string>> digest_of(FileOps& ops, int fd, const FileService::Job& job,
                                             const std::atomic<bool>& leaving) {
  auto checksum = StreamChecksum::create(job.checksum->algorithm);
  if (!checksum) return std::move(checksum).error();
  std::vector<char> buffer(kReadSize);
  ByteOffset offset = 0;
  while (!leaving) {
    const ssize_t got = ops.pread(fd, buffer.data(), buffer.size(), offset);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return file_error(errno, "read", path_of(job));
    if (got == 0) return checksum->finish();
    const std::span data(buffer.data(), static_cast<std::size_t>(got));
    if (auto added = checksum->add(data); !added) return std::move(added).error();
    offset += data.size();
  }
  return std::nullopt;
}

event::FileFailed mismatch(const FileService::Job& job, const std::string& digest) {
  const Checksum& wanted = *job.checksum;
  const char* const says = job.checksum_is_servers ? ", but the server says " : ", not ";
  auto failed =
      file_failed({.kind = ErrorKind::Checksum,
                   .operation = "verify",
                   .subject = path_of(job),
                   .detail = "its " + wanted.algorithm + " is " + digest + says + wanted.hex},
                  false);
  failed.error.hresult = hr::kCrc;
  failed.error.status = WebErrorStatus::Unknown;
  return failed;
}

/// Nothing if `leaving` was set meanwhile.
std::optional<Event> verify(FileOps& ops, FolderCache& folders, const FileService::Job& job,
                            const CommitIntent& synced, const std::atomic<bool>& leaving) {
  const auto folder = folders.open(job.target.folder);
  if (!folder) return file_failed(folder.error(), false);
  const auto file = open_regular(ops, {.folder = *folder, .path = job.target.folder},
                                 partial_file_name(job.id), O_RDONLY);
  if (!file) return file_failed(file.error(), file.error().code == ENOENT);
  // What is verified must be what was synced and will be renamed, also when it has been read.
  if (identity_of(file->info) != synced) return file_failed(is_another(job), true);
  const int fd = file->handle->get();
  const auto digest = digest_of(ops, fd, job, leaving);
  if (!digest) return std::nullopt;
  if (!*digest) return file_failed(digest->error(), false);
  struct ::stat info{};
  if (ops.fstat(fd, &info) != 0) {
    return file_failed(file_error(errno, "look at", path_of(job)), false);
  }
  if (identity_of(info) != synced) return file_failed(is_another(job), true);
  if (**digest != job.checksum->hex) return mismatch(job, **digest);
  return event::FileSynced{synced};
}

}  // namespace

Verifier::Verifier(FileOps& ops, FileService::EventSink sink)
    : ops_(ops), sink_(std::move(sink)), thread_([this] { run(); }) {}

Verifier::~Verifier() {
  {
    const std::lock_guard lock(mutex_);
    leaving_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Verifier::add(FileService::Job job, CommitIntent synced) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back({std::move(job), synced});
  }
  wake_.notify_one();
}

void Verifier::run() {
  ::pthread_setname_np(::pthread_self(), "lh-verify");
  for (;;) {
    std::vector<Task> tasks;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return leaving_ || !waiting_.empty(); });
      if (leaving_) return;
      tasks = std::exchange(waiting_, {});
    }
    verify_all(tasks);
  }
}

void Verifier::verify_all(const std::vector<Task>& tasks) {
  using Clock = std::chrono::steady_clock;
  FolderCache folders(ops_);
  Events events;
  auto told = Clock::now();
  for (const Task& task : tasks) {
    auto answer = verify(ops_, folders, task.job, task.synced, leaving_);
    if (!answer) return;
    events.emplace_back(task.job.id, *std::move(answer));
    if (Clock::now() - told < kGather) continue;
    sink_(std::exchange(events, {}));
    told = Clock::now();
  }
  if (!events.empty()) sink_(std::move(events));
}

}  // namespace lh
