#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <fstream>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <variant>

#include <pthread.h>

#include "files/file_batch.h"
#include "files/file_service.h"
#include "files/folder_work.h"
#include "files/verifier.h"

namespace lh {

namespace {

/// A batch of so many jobs is taken as a part of a stream of them …
constexpr std::size_t kStream = 8;
/// … in which batches begin so far apart, unless so many jobs wait.
constexpr std::chrono::milliseconds kGather{15};
constexpr std::size_t kFullBatch = 512;

struct SyncJob {
  FileService::Job job;
};
struct CommitJob {
  FileService::Job job;
};
struct DiscardJob {
  FileService::Job job;
};
struct WriteBehindJob {
  std::shared_ptr<PartialFile> file;
};
struct CheckpointJob {
  std::shared_ptr<PartialFile> file;
  std::function<void(Result<ByteCount>)> done;
};
struct FolderCheckJob {
  std::vector<std::string> folders;
  std::function<void(std::vector<FolderCheck>)> done;
};
/// Done alone: neither earlier nor later jobs are moved past it.
struct OrderedJob {
  std::function<void()> work;
};
using AnyJob = std::variant<SyncJob, CommitJob, DiscardJob, WriteBehindJob, CheckpointJob,
                            FolderCheckJob, OrderedJob>;

/// Of those that come when many small files are completed.
bool is_of_a_stream(const AnyJob& job) {
  return std::holds_alternative<SyncJob>(job) || std::holds_alternative<CommitJob>(job);
}

/// Permission bits of a new file: 0666 without those that the user's umask takes away. Read from
/// /proc, because asking umask() means changing it for a moment in all threads.
mode_t new_file_mode() {
  constexpr mode_t kAll = 0666;
  constexpr mode_t kUsualMask = 022;
  std::ifstream status("/proc/self/status");
  std::string key;
  while (status >> key) {
    unsigned mask = 0;
    if (key == "Umask:" && status >> std::oct >> mask) return kAll & ~static_cast<mode_t>(mask);
  }
  return kAll & ~kUsualMask;
}

/// Jobs that may be done in any order, sorted by what they have in common.
class Round {
 public:
  void add(SyncJob job) { syncs_.push_back(std::move(job.job)); }
  void add(CommitJob job) { commits_.push_back(std::move(job.job)); }
  void add(DiscardJob job) { discards_.push_back(std::move(job.job)); }

  void perform(FileOps& ops, mode_t mode, Verifier& verifier,
               const FileService::EventSink& sink) const {
    if (!discards_.empty()) discard_partial_files(ops, discards_, sink);
    if (!commits_.empty()) commit_partial_files(ops, commits_, mode, sink);
    if (!syncs_.empty()) sync_partial_files(ops, syncs_, verifier, sink);
  }

 private:
  std::vector<FileService::Job> syncs_;
  std::vector<FileService::Job> commits_;
  std::vector<FileService::Job> discards_;
};

/// What waits, sorted into rounds such that the jobs of one transfer stay in order.
class Batch {
 public:
  template <typename TransferJob>
  void add(TransferJob job) {
    const std::size_t round = next_round_[job.job.id]++;
    if (rounds_.size() <= round) rounds_.resize(round + 1);
    rounds_[round].add(std::move(job));
  }
  void add(WriteBehindJob job) { write_behinds_.push_back(std::move(job)); }
  void add(CheckpointJob job) { checkpoints_.push_back(std::move(job)); }

  void perform(FileOps& ops, mode_t mode, Verifier& verifier, const FileService::EventSink& sink) {
    for (const auto& job : write_behinds_) job.file->start_writeback();
    for (auto& job : checkpoints_) {
      auto synced = job.file->sync_prefix();
      job.file.reset();
      job.done(std::move(synced));
    }
    for (const Round& round : rounds_) round.perform(ops, mode, verifier, sink);
    *this = Batch();
  }

 private:
  std::vector<WriteBehindJob> write_behinds_;
  std::vector<CheckpointJob> checkpoints_;
  std::vector<Round> rounds_;
  std::unordered_map<TransferId, std::size_t> next_round_;
};

}  // namespace

class FileThread::Impl {
 public:
  Impl(FileOps& ops, EventSink sink)
      : ops_(ops),
        sink_(std::move(sink)),
        mode_(new_file_mode()),
        verifier_(ops, sink_),
        thread_([this] { run(); }) {}

  ~Impl() {
    {
      const std::lock_guard lock(mutex_);
      leaving_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }

  [[nodiscard]] FileOps& file_ops() { return ops_; }

  void push(AnyJob job) {
    {
      const std::lock_guard lock(mutex_);
      waiting_.push_back(std::move(job));
    }
    wake_.notify_one();
  }

 private:
  void run() {
    ::pthread_setname_np(::pthread_self(), "lh-files");
    for (;;) {
      std::vector<AnyJob> jobs;
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [this] { return leaving_ || !waiting_.empty(); });
        if (waiting_.empty()) return;
        gather(lock);
        jobs = std::exchange(waiting_, {});
      }
      last_begin_ = std::chrono::steady_clock::now();
      last_count_ = static_cast<std::size_t>(std::ranges::count_if(jobs, is_of_a_stream));
      perform(std::move(jobs));
    }
  }

  /// Syncing many files costs little more than syncing one. While they come in a stream, the next
  /// batch is let grow, unless something else waits.
  void gather(std::unique_lock<std::mutex>& lock) {
    if (last_count_ < kStream) return;
    wake_.wait_until(lock, last_begin_ + kGather, [this] {
      return leaving_ || waiting_.size() >= kFullBatch ||
             !std::ranges::all_of(waiting_, is_of_a_stream);
    });
  }

  void perform(std::vector<AnyJob> jobs) {
    // Somebody waits for these, and they change nothing.
    for (auto& any : jobs) {
      if (auto* check = std::get_if<FolderCheckJob>(&any)) answer(*check);
    }
    Batch batch;
    for (auto& any : jobs) {
      std::visit([&](auto& job) { take(batch, std::move(job)); }, any);
    }
    batch.perform(ops_, mode_, verifier_, sink_);
  }

  template <typename BatchJob>
  void take(Batch& batch, BatchJob job) {
    batch.add(std::move(job));
  }
  void take(Batch& batch, OrderedJob job) {
    batch.perform(ops_, mode_, verifier_, sink_);
    job.work();
  }
  void take(Batch& /*batch*/, FolderCheckJob /*job*/) {}  // answered before

  void answer(FolderCheckJob& job) {
    std::vector<FolderCheck> checks;
    checks.reserve(job.folders.size());
    for (const auto& folder : job.folders) checks.push_back(check_folder(ops_, folder));
    job.done(std::move(checks));
  }

  FileOps& ops_;
  EventSink sink_;
  mode_t mode_;
  Verifier verifier_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<AnyJob> waiting_;
  bool leaving_ = false;
  std::chrono::steady_clock::time_point last_begin_{};  ///< of a batch
  std::size_t last_count_ = 0;                          ///< of its jobs
  std::thread thread_;                                  ///< last: uses all the others
};

FileThread::FileThread(FileOps& ops, EventSink sink)
    : impl_(std::make_unique<Impl>(ops, std::move(sink))) {}
FileThread::~FileThread() = default;

void FileThread::sync(Job job) {
  impl_->push(SyncJob{std::move(job)});
}
void FileThread::commit(Job job) {
  impl_->push(CommitJob{std::move(job)});
}
void FileThread::discard(Job job) {
  impl_->push(DiscardJob{std::move(job)});
}
void FileThread::checkpoint(std::shared_ptr<PartialFile> file,
                            std::function<void(Result<ByteCount>)> done) {
  impl_->push(CheckpointJob{std::move(file), std::move(done)});
}
void FileThread::write_behind(std::shared_ptr<PartialFile> file) {
  impl_->push(WriteBehindJob{std::move(file)});
}
void FileThread::check_folders(std::vector<std::string> folders,
                               std::function<void(std::vector<FolderCheck>)> done) {
  impl_->push(FolderCheckJob{std::move(folders), std::move(done)});
}
void FileThread::sweep(std::string folder, std::function<bool(const TransferId&)> is_live) {
  run([&ops = impl_->file_ops(), folder = std::move(folder), is_live = std::move(is_live)] {
    sweep_folder(ops, folder, is_live);
  });
}
void FileThread::run(std::function<void()> work) {
  impl_->push(OrderedJob{std::move(work)});
}

}  // namespace lh
