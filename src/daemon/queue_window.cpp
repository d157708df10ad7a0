#include "daemon/queue_window.h"

#include <iterator>

namespace lh {

void QueueWindow::add(QueueKey key, const TransferId& id, const std::string& origin) {
  const auto of_origin = by_origin_.try_emplace(origin).first;
  const Item item{key, id};
  of_origin->second.insert(item);
  items_.emplace(item, of_origin);
}

void QueueWindow::remove(QueueKey key, const TransferId& id) {
  const auto item = items_.find({key, id});
  if (item != items_.end()) erase(item);
}

void QueueWindow::erase(Items::iterator item) {
  const auto of_origin = item->second;
  of_origin->second.erase(item->first);
  if (of_origin->second.empty()) by_origin_.erase(of_origin);
  items_.erase(item);
}

void QueueWindow::extend(std::optional<QueueKey> last, bool more) {
  if (last && *last > end_) end_ = *last;
  complete_ = !more;
}

std::vector<TransferId> QueueWindow::shed() {
  std::vector<TransferId> tail;
  if (items_.size() <= high_mark_) return tail;
  const auto keep = std::next(items_.begin(), static_cast<std::ptrdiff_t>(high_mark_ / 2));
  end_ = std::prev(keep)->first.key;
  complete_ = false;
  for (auto it = keep; it != items_.end();) {
    tail.push_back(it->first.id);
    erase(it++);
  }
  return tail;
}

}  // namespace lh
