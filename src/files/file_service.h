#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/model/transfer.h"
#include "core/policy/transfer_machine.h"
#include "files/partial_file.h"

namespace lh {

/// Slow file work on behalf of transfers, off the main loop and off the network. Every job is
/// answered by one Event through the sink, which may be called on any thread, with what was done
/// together. Jobs of one transfer run in order. (The seam that simulations replace.)
class FileService {
 public:
  using EventSink = std::function<void(Events)>;

  struct Job {
    TransferId id;
    Target target;
    std::string file_name;               ///< final name, for commit
    std::optional<Checksum> checksum;    ///< verified by sync
    bool checksum_is_servers = false;    ///< the server told it, not the app
    ByteCount expected_size = 0;         ///< sync: what the file must hold
    std::optional<CommitIntent> intent;  ///< commit
    bool with_result = false;            ///< discard: also the file that a commit has named
  };

  virtual ~FileService() = default;

  /// Makes the complete partial file durable and verifies its checksum: FileSynced or FileFailed.
  virtual void sync(Job job) = 0;
  /// Renames it to its final name (made unique if the target says so) and syncs the folder:
  /// FileCommitted or FileFailed. If the partial file is gone and the target has the intent's
  /// identity, an earlier commit had succeeded: FileCommitted.
  virtual void commit(Job job) = 0;
  /// Removes the partial file (and, if asked, the result) if it is there: FileDiscarded.
  virtual void discard(Job job) = 0;
};

/// What the daemon asks about folders before it accepts a download.
struct FolderCheck {
  std::string folder;          ///< as given, absolute
  std::string resolved;        ///< symbolic links resolved; empty on error
  std::optional<Error> error;  ///< missing, no folder, not writable
};

/// The real one: a thread that takes all jobs that wait and does what is alike together (one sync
/// for many files, one folder sync for many renames).
class FileThread final : public FileService {
 public:
  FileThread(FileOps& ops, EventSink sink);
  ~FileThread() override;  ///< finishes the jobs it has, but for checksums

  void sync(Job job) override;
  void commit(Job job) override;
  void discard(Job job) override;

  /// Syncs what `file` holds at this moment, then calls `done` on the file thread with the durable
  /// size or the error.
  void checkpoint(std::shared_ptr<PartialFile> file, std::function<void(Result<ByteCount>)> done);
  /// Starts writing back what `file` holds at this moment; answers nothing.
  void write_behind(std::shared_ptr<PartialFile> file);
  /// Calls `done` on the file thread.
  void check_folders(std::vector<std::string> folders,
                     std::function<void(std::vector<FolderCheck>)> done);
  /// Removes partial files in `folder` whose transfer `is_live` does not know.
  void sweep(std::string folder, std::function<bool(const TransferId&)> is_live);
  /// Any other slow work, in order with the rest.
  void run(std::function<void()> work);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lh
