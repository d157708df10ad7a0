#pragma once

#include <deque>
#include <optional>

#include "files/file_service.h"
#include "support/scripted_engine.h"
#include "support/simulated_disk.h"

namespace lh::sim {

/// The file thread: takes its jobs in order, one stage at each run_one().
class ScriptedFiles final : public FileService {
 public:
  /// What the next stage does instead of succeeding.
  enum class Fault : std::uint8_t { None, Lost, Full, Refused };

  ScriptedFiles(SimulatedDisk& disk, Mail& mail) : disk_(disk), mail_(mail) {}

  void sync(Job job) override { jobs_.push_back({What::Sync, std::move(job), {}}); }
  void commit(Job job) override { jobs_.push_back({What::Commit, std::move(job), {}}); }
  void discard(Job job) override { jobs_.push_back({What::Discard, std::move(job), {}}); }

  void run_one(Fault fault = Fault::None);
  [[nodiscard]] std::size_t waiting() const { return jobs_.size(); }
  [[nodiscard]] bool works_on(const TransferId& id) const;
  /// The process is gone.
  void crash() { jobs_.clear(); }

  /// A disk that takes every name for taken: nothing can be renamed.
  void refuse_renames(bool refuse) { refuses_renames_ = refuse; }

 private:
  enum class What : std::uint8_t { Sync, Commit, Discard };
  struct Task {
    What what = What::Sync;
    Job job;
    std::optional<std::string> renamed;  ///< commit: the name it has now; its folder is not synced
  };

  void run_sync(const Job& job, Fault fault);
  /// True if the task is done.
  bool run_commit(Task& task, Fault fault);
  void emit(const Job& job, Event event) { mail_.emplace_back(job.id, std::move(event)); }
  void fail(const Job& job, const Error& error, bool bytes_lost);
  [[nodiscard]] std::string free_name(const Job& job) const;

  SimulatedDisk& disk_;
  Mail& mail_;
  std::deque<Task> jobs_;
  bool refuses_renames_ = false;
};

/// A checksum that only this version of a file has.
[[nodiscard]] Checksum checksum_of(ContentId content);

}  // namespace lh::sim
