#pragma once

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
  void add(QueueKey key, const TransferId& id);
  void remove(QueueKey key, const TransferId& id);

  /// After a page of the store behind end(): `last` is the key of its last row, `more` whether rows
  /// may follow.
  void extend(std::optional<QueueKey> last, bool more);
  /// Cuts the tail beyond the high mark and returns it; it is found in the store again.
  [[nodiscard]] std::vector<TransferId> shed();

  [[nodiscard]] QueueKey end() const { return end_; }
  [[nodiscard]] bool complete() const { return complete_; }
  [[nodiscard]] const std::set<Item>& items() const { return items_; }

 private:
  std::size_t high_mark_;
  std::set<Item> items_;
  QueueKey end_{0, 0};
  bool complete_ = false;
};

}  // namespace lh
