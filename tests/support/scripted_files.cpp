#include "support/scripted_files.h"

#include <algorithm>
#include <cerrno>

#include "core/model/web_error.h"

namespace lh::sim {

Checksum checksum_of(ContentId content) {
  return {"sha256", std::to_string(content)};
}

bool ScriptedFiles::works_on(const TransferId& id) const {
  return std::ranges::any_of(jobs_, [&id](const Task& task) { return task.job.id == id; });
}

void ScriptedFiles::fail(const Job& job, const Error& error, bool bytes_lost) {
  event::FileFailed failed;
  failed.error = to_transfer_error(error);
  failed.disk_full = error.kind == ErrorKind::DiskFull;
  failed.bytes_lost = bytes_lost;
  emit(job, std::move(failed));
}

void ScriptedFiles::run_one(Fault fault) {
  if (jobs_.empty()) return;
  Task& task = jobs_.front();
  switch (task.what) {
    case What::Sync:
      run_sync(task.job, fault);
      break;
    case What::Commit:
      if (!run_commit(task, fault)) return;
      break;
    case What::Discard:
      disk_.discard(task.job.id);
      emit(task.job, event::FileDiscarded{});
      break;
  }
  jobs_.pop_front();
}

void ScriptedFiles::run_sync(const Job& job, Fault fault) {
  const auto file = disk_.partial(job.id);
  if (!file) return fail(job, file_error(ENOENT, "open", "the partial file"), true);
  const ByteCount size = file->image.size();
  if (size != job.expected_size) {
    return fail(job, file_error(EIO, "verify", "the partial file"), true);
  }
  switch (fault) {
    case Fault::Lost:
      disk_.lose(job.id);  // its size would promise bytes that are gone
      return fail(job, file_error(EIO, "sync", "the partial file"), true);
    case Fault::Full:
      disk_.lose(job.id);
      return fail(job, file_error(ENOSPC, "sync", "the partial file"), true);
    case Fault::Refused:
      return fail(job, file_error(EACCES, "open", "the partial file"), false);
    case Fault::None:
      break;
  }
  disk_.sync(job.id);
  if (job.checksum) {
    const auto version = file->image.version_of(size);
    if (!version || checksum_of(*version) != *job.checksum) {
      Error mismatch{ErrorKind::Checksum, 0, "verify", "the partial file", "wrong checksum"};
      return fail(job, mismatch, false);
    }
  }
  emit(job, event::FileSynced{{.device = 1, .inode = file->inode, .size = size}});
}

std::string ScriptedFiles::free_name(const Job& job) const {
  const std::string folder = job.target.folder + "/";
  if (job.target.collision == Collision::Replace) return job.file_name;
  std::string name = job.file_name;
  for (unsigned n = 2; disk_.target(folder + name); ++n) {
    name = job.file_name + " (" + std::to_string(n) + ")";
  }
  return name;
}

bool ScriptedFiles::run_commit(Task& task, Fault fault) {
  const Job& job = task.job;
  const std::string folder = job.target.folder + "/";
  if (task.renamed) {
    disk_.sync_folder();
    emit(job, event::FileCommitted{*task.renamed});
    return true;
  }
  const auto file = disk_.partial(job.id);
  if (!file) {
    // An earlier commit may have succeeded without being recorded.
    std::string name = job.file_name;
    for (unsigned n = 2; const auto target = disk_.target(folder + name); ++n) {
      if (job.intent && target->inode == job.intent->inode) {
        task.renamed = name;
        return false;
      }
      if (job.target.collision == Collision::Replace) break;
      name = job.file_name + " (" + std::to_string(n) + ")";
    }
    fail(job, file_error(ENOENT, "rename", job.file_name), true);
    return true;
  }
  if (!job.intent || file->image.size() != job.intent->size) {
    fail(job, file_error(EIO, "rename", job.file_name), true);
    return true;
  }
  if (refuses_renames_ || fault == Fault::Refused) {
    fail(job, file_error(EACCES, "rename", job.file_name), false);
    return true;
  }
  if (fault == Fault::Full) {
    fail(job, file_error(ENOSPC, "rename", job.file_name), false);
    return true;
  }
  task.renamed = free_name(job);
  disk_.rename(job.id, folder + *task.renamed);
  return false;
}

}  // namespace lh::sim
