#pragma once

#include <memory>
#include <string>

namespace lh::test {

/// SQLite's way to the disk, with faults. While one lives, every connection that is opened goes
/// through it; it must outlive them. Any thread. Syncs are remembered, not carried out.
class FaultyVfs {
 public:
  /// What strikes at the n-th call.
  enum class Fault {
    IoError,       ///< it fails; a sync that fails has written nothing
    Full,          ///< it finds no room; a write stops half-way. Only calls that need room count
    Kill,          ///< the process ends: from this call on nothing works
    PowerCut,      ///< the same, and what was not synced is lost
    TornPowerCut,  ///< the same, but some of what was not synced is kept
  };

  FaultyVfs();
  ~FaultyVfs();
  FaultyVfs(const FaultyVfs&) = delete;
  FaultyVfs& operator=(const FaultyVfs&) = delete;

  /// The n-th call from now on, the first is 0.
  void strike(Fault fault, int n);
  [[nodiscard]] bool has_struck() const;
  [[nodiscard]] bool has_struck_a_sync() const;
  /// "xSync longhaul.db-wal"; empty if none was.
  [[nodiscard]] std::string struck() const;

  /// From now on files cannot grow: ENOSPC or EDQUOT. 0: there is room again.
  void set_full(int error);
  /// Writes that have failed since for want of room.
  [[nodiscard]] int refused_writes() const;
  void fail_syncs(bool fail);

  [[nodiscard]] int open_files() const;
  /// After a power cut, when all is closed: the files become what the disk has of them.
  void lose_unsynced();

 private:
  struct Disk;
  struct File;
  struct Methods;
  std::unique_ptr<Disk> disk_;
};

}  // namespace lh::test
