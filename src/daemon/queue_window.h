#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/policy/scheduler.h"

namespace lh {

/// The front of the queue, in memory: every queued operation whose key is not beyond `end()`. What
/// lies behind is rows of the store. A value without I/O; TransferManager fills it.
class QueueWindow {
 public:
  struct Item {
    QueueKey key;
    TransferId id;
    friend auto operator<=>(const Item&, const Item&) = default;
  };

  explicit QueueWindow(std::size_t high_mark) : high_mark_(high_mark) {}

  /// Whether an operation with this key belongs into memory.
  [[nodiscard]] bool covers(QueueKey key) const { return complete_ || key <= end_; }
  void add(QueueKey key, const TransferId& id, const std::string& origin);
  void remove(QueueKey key, const TransferId& id);

  /// After a page of the store behind end(): `last` is the key of its last row, `more` whether rows
  /// may follow.
  void extend(std::optional<QueueKey> last, bool more);
  /// Cuts the tail beyond the high mark and returns it; it is found in the store again.
  [[nodiscard]] std::vector<TransferId> shed();

  /// Rows with this key and greater ones were queued in the store alone: no longer covers them, and
  /// returns what it had of their kind, which is found in the store too.
  [[nodiscard]] std::vector<TransferId> uncover(QueueKey from);

  [[nodiscard]] QueueKey end() const { return end_; }
  [[nodiscard]] bool complete() const { return complete_; }
  [[nodiscard]] std::size_t size() const { return items_.size(); }

  using ByOrigin = std::map<std::string, std::set<Item>>;
  /// What waits for each origin, in the queue's order. No origin without items.
  [[nodiscard]] const ByOrigin& by_origin() const { return by_origin_; }

 private:
  using Items = std::map<Item, ByOrigin::iterator>;
  void erase(Items::iterator item);
  [[nodiscard]] std::vector<TransferId> cut(Items::iterator from);

  std::size_t high_mark_;
  Items items_;
  ByOrigin by_origin_;
  QueueKey end_{0, 0};
  bool complete_ = false;
};

}  // namespace lh
