#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "files/file_service.h"

namespace lh {

/// Compares the checksums of synced partial files, each answered with FileSynced or FileFailed.
/// Reading all of a large file again takes minutes, for which neither the checkpoints nor the
/// renames of others should wait: so on a thread of its own.
class Verifier {
 public:
  Verifier(FileOps& ops, FileService::EventSink sink);
  /// Stops in the middle of a file. What is not verified then is not answered.
  ~Verifier();

  /// `synced`: what the file was when it was synced.
  void add(FileService::Job job, CommitIntent synced);

 private:
  struct Task {
    FileService::Job job;
    CommitIntent synced;
  };
  void run();
  void verify_all(const std::vector<Task>& tasks);

  FileOps& ops_;
  FileService::EventSink sink_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Task> waiting_;
  std::atomic<bool> leaving_ = false;
  std::thread thread_;  ///< last: uses all the others
};

}  // namespace lh
