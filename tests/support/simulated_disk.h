#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/base/units.h"
#include "core/model/transfer.h"
#include "support/random_source.h"

namespace lh::sim {

/// Identifies the bytes of one version of one file of a server; 0 is garbage.
using ContentId = std::uint32_t;

/// What a file holds, by where each byte came from.
class FileImage {
 public:
  void append(ContentId content, ByteOffset from, ByteCount length);
  void truncate(ByteCount size);
  [[nodiscard]] ByteCount size() const { return size_; }
  /// The version that the first `length` bytes belong to, each in its place; nothing if they are
  /// not there or mixed.
  [[nodiscard]] std::optional<ContentId> version_of(ByteCount length) const;
  [[nodiscard]] std::string describe() const;

 private:
  struct Run {
    ContentId content = 0;
    ByteOffset from = 0;  ///< in the server's file
    ByteCount length = 0;
  };
  std::vector<Run> runs_;
  ByteCount size_ = 0;
};

struct SimulatedFile {
  TransferId owner;
  std::uint64_t inode = 0;
  FileImage image;
  ByteCount synced = 0;
};

/// Partial files (by transfer) and result files (by path) of a file system that loses what was not
/// synced: a killed process loses nothing, a power cut loses unsynced bytes and unsynced names.
class SimulatedDisk {
 public:
  using File = std::shared_ptr<SimulatedFile>;

  // As PartialFile does it.
  /// Usable prefix of the partial file that is there, cut to it; nothing if there is none.
  [[nodiscard]] std::optional<ByteCount> open(const TransferId& id, ByteCount recorded,
                                              bool trust_size);
  void start_over(const TransferId& id);
  void append(const TransferId& id, ContentId content, ByteOffset from, ByteCount length);
  /// Makes what is written durable; returns its size.
  ByteCount sync(const TransferId& id);
  /// A sync that failed: the unsynced bytes are gone, the size tells nothing of it.
  void lose_unsynced(const TransferId& id);
  /// A sync that failed, and the file was removed for it.
  void lose(const TransferId& id);
  [[nodiscard]] bool has_lost(const TransferId& id) const { return lost_.contains(id); }
  /// False if there is no partial file.
  bool rename(const TransferId& id, const std::string& path);
  void discard(const TransferId& id);
  /// Makes all names durable.
  void sync_folder();

  /// A result file that was there before.
  void place(const std::string& path, ContentId content, ByteCount size);

  /// Names and bytes that were not synced are lost, as far as chance will have it.
  void power_cut(RandomSource& random);

  [[nodiscard]] File partial(const TransferId& id) const;
  /// The partial file that start_over() replaced last; null if there was none.
  [[nodiscard]] File replaced(const TransferId& id) const;
  [[nodiscard]] File target(const std::string& path) const;
  /// What would be under that name after a power cut right now.
  [[nodiscard]] File durable_target(const std::string& path) const;
  [[nodiscard]] std::vector<TransferId> partial_files() const;

 private:
  struct Names {
    std::unordered_map<TransferId, File> partials;
    std::unordered_map<std::string, File> targets;
  };
  /// A change of names that is visible and not yet durable.
  struct NameChange {
    enum class What { Put, Drop, Move };
    What what = What::Put;
    TransferId id;
    std::string path;
    File file;
  };
  void change(NameChange change);
  static void apply(Names& names, const NameChange& change);

  Names visible_;
  Names durable_;
  std::vector<NameChange> journal_;
  std::unordered_map<TransferId, File> replaced_;
  std::unordered_set<TransferId> lost_;
  std::uint64_t last_inode_ = 0;
};

}  // namespace lh::sim
