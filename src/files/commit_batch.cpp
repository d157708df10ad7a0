#include <fcntl.h>

#include <cerrno>
#include <map>
#include <optional>
#include <vector>

#include "core/http/content_disposition.h"
#include "files/file_batch.h"

namespace lh {

namespace {

/// Where the search for a free name, and for a file that an earlier commit had named, ends.
constexpr unsigned kMaxNumber = 10000;
/// Of so many, gaps do not end the search for a committed file: somebody may have removed one.
constexpr unsigned kSearchPastGaps = 100;

/// What became of one job before its folder was synced.
struct Renamed {
  const FileService::Job* job = nullptr;
  int folder = -1;
  std::string name;
  std::optional<event::FileFailed> failed;
};

class Committer {
 public:
  Committer(FileOps& ops, const FileService::Job& job, int folder, mode_t new_file_mode)
      : ops_(ops),
        job_(job),
        folder_(folder),
        mode_(new_file_mode),
        partial_(partial_file_name(job.id)) {}

  /// The name the file has now, or why it is not there.
  Result<std::string> rename(bool& bytes_lost) {
    auto present = open_partial(bytes_lost);
    if (!present) return std::move(present).error();
    if (!*present) return find_committed(bytes_lost);
    return job_.target.collision == Collision::Replace ? rename_replacing() : rename_unique();
  }

 private:
  [[nodiscard]] Error error(int errno_value, const std::string& name) const {
    return file_error(
        errno_value, "rename",
        job_.target.folder + "/" + partial_ + " to " + job_.target.folder + "/" + name);
  }
  [[nodiscard]] Error never_replaced() const {
    Error refusal = error(EINVAL, job_.file_name);
    refusal.detail = "a device, a pipe or a socket has this name, and none of them is replaced";
    return refusal;
  }
  [[nodiscard]] std::string numbered(unsigned n) const {
    return n == 1 ? job_.file_name : numbered_file_name(job_.file_name, n);
  }

  /// False if there is none. A size other than the one that was synced means lost bytes; the
  /// device and inode may rightly change (a restored or newly mounted file system).
  Result<bool> open_partial(bool& bytes_lost) {
    auto opened =
        open_regular(ops_, {.folder = folder_, .path = job_.target.folder}, partial_, O_RDONLY);
    if (!opened && opened.error().code == ENOENT) return false;
    if (!opened) return std::move(opened).error();
    file_ = std::move(opened->handle);
    if (job_.intent && static_cast<ByteCount>(opened->info.st_size) != job_.intent->size) {
      bytes_lost = true;
      return error(EIO, job_.file_name);
    }
    return true;
  }

  void set_mode(mode_t mode) {
    // Some file systems have no modes; the content is what counts.
    [[maybe_unused]] const int changed = ops_.chmod(file_->get(), mode);
  }

  Result<std::string> rename_replacing() {
    struct ::stat info{};
    if (ops_.stat_at(folder_, job_.file_name.c_str(), &info) == 0) {
      if (S_ISDIR(info.st_mode)) return error(EISDIR, job_.file_name);
      if (!S_ISREG(info.st_mode) && !S_ISLNK(info.st_mode)) return never_replaced();
      if (S_ISREG(info.st_mode)) mode_ = info.st_mode & 0777U;
    }
    set_mode(mode_);
    if (ops_.rename_at(folder_, partial_.c_str(), job_.file_name.c_str(), true) != 0) {
      return error(errno, job_.file_name);
    }
    return job_.file_name;
  }

  Result<std::string> rename_unique() {
    set_mode(mode_);
    for (unsigned n = 1; n <= kMaxNumber; ++n) {
      std::string name = numbered(n);
      const int reason = rename_if_free(name);
      if (reason == 0) return name;
      if (reason != EEXIST) return error(reason, name);
    }
    return error(EEXIST, job_.file_name);
  }

  /// 0 or errno; EEXIST if the name is taken.
  int rename_if_free(const std::string& name) {
    if (ops_.rename_at(folder_, partial_.c_str(), name.c_str(), false) == 0) return 0;
    if (errno != EINVAL && errno != ENOSYS) return errno;
    // A file system that cannot refuse to replace: look first, the next best thing.
    struct ::stat info{};
    if (ops_.stat_at(folder_, name.c_str(), &info) == 0) return EEXIST;
    if (errno != ENOENT) return errno;
    return ops_.rename_at(folder_, partial_.c_str(), name.c_str(), true) == 0 ? 0 : errno;
  }

  /// The partial file is gone: an earlier commit may have succeeded without being recorded.
  Result<std::string> find_committed(bool& bytes_lost) {
    const unsigned last = job_.target.collision == Collision::MakeUnique ? kMaxNumber : 1;
    for (unsigned n = 1; job_.intent && n <= last; ++n) {
      std::string name = numbered(n);
      struct ::stat info{};
      const bool exists = ops_.stat_at(folder_, name.c_str(), &info) == 0;
      if (exists && is_ours(info)) return name;
      if (!exists && n > kSearchPastGaps) break;
    }
    bytes_lost = true;
    return error(ENOENT, job_.file_name);
  }

  [[nodiscard]] bool is_ours(const struct ::stat& info) const {
    return S_ISREG(info.st_mode) &&
           CommitIntent{.device = info.st_dev,
                        .inode = info.st_ino,
                        .size = static_cast<ByteCount>(info.st_size)} == *job_.intent;
  }

  FileOps& ops_;
  const FileService::Job& job_;
  int folder_;
  mode_t mode_;
  std::string partial_;
  std::shared_ptr<FileHandle> file_;
};

Renamed rename_one(FileOps& ops, FolderCache& folders, const FileService::Job& job, mode_t mode) {
  Renamed result{.job = &job, .folder = -1, .name = {}, .failed = {}};
  const auto folder = folders.open(job.target.folder);
  if (!folder) {
    result.failed = file_failed(folder.error(), false);
    return result;
  }
  bool bytes_lost = false;
  auto name = Committer(ops, job, *folder, mode).rename(bytes_lost);
  if (!name) {
    result.failed = file_failed(name.error(), bytes_lost);
    return result;
  }
  result.folder = *folder;
  result.name = std::move(name).value();
  return result;
}

/// errno of a folder's sync, 0 if it succeeded.
int sync_folder(FileOps& ops, int folder) {
  while (ops.fsync(folder) != 0) {
    if (errno == EINVAL) return 0;  // a file system whose folders cannot be synced
    if (errno != EINTR) return errno;
  }
  return 0;
}

}  // namespace

void commit_partial_files(FileOps& ops, FileJobs jobs, mode_t new_file_mode,
                          const FileService::EventSink& sink) {
  FolderCache folders(ops);
  std::vector<Renamed> all;
  all.reserve(jobs.size());
  std::map<int, int> folder_errno;
  for (const auto& job : jobs) {
    all.push_back(rename_one(ops, folders, job, new_file_mode));
    if (!all.back().failed) folder_errno[all.back().folder] = 0;
  }
  for (auto& [folder, reason] : folder_errno) reason = sync_folder(ops, folder);
  Events events;
  for (Renamed& renamed : all) {
    if (!renamed.failed && folder_errno[renamed.folder] != 0) {
      renamed.failed = file_failed(
          file_error(folder_errno[renamed.folder], "sync the folder", renamed.job->target.folder),
          false);
    }
    if (renamed.failed) {
      events.emplace_back(renamed.job->id, *renamed.failed);
    } else {
      events.emplace_back(renamed.job->id, event::FileCommitted{renamed.name});
    }
  }
  sink(std::move(events));
}

}  // namespace lh
