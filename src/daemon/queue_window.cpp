#include "daemon/queue_window.h"

#include <iterator>

namespace lh {

void QueueWindow::add(QueueKey key, const TransferId& id) {
  items_.insert({key, id});
}

void QueueWindow::remove(QueueKey key, const TransferId& id) {
  items_.erase({key, id});
}

void QueueWindow::extend(std::optional<QueueKey> last, bool more) {
  if (last && *last > end_) end_ = *last;
  complete_ = !more;
}

std::vector<TransferId> QueueWindow::shed() {
  std::vector<TransferId> tail;
  if (items_.size() <= high_mark_) return tail;
  const auto keep = std::next(items_.begin(), static_cast<std::ptrdiff_t>(high_mark_ / 2));
  end_ = std::prev(keep)->key;
  complete_ = false;
  for (auto it = keep; it != items_.end(); ++it) tail.push_back(it->id);
  items_.erase(keep, items_.end());
  return tail;
}

}  // namespace lh
