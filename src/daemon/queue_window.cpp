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
  if (items_.size() <= high_mark_) return {};
  return cut(std::next(items_.begin(), static_cast<std::ptrdiff_t>(high_mark_ / 2)));
}

std::vector<TransferId> QueueWindow::uncover(QueueKey from) {
  if (!covers(from)) return {};
  return cut(items_.lower_bound({from, TransferId()}));
}

std::vector<TransferId> QueueWindow::cut(Items::iterator from) {
  end_ = from == items_.begin() ? QueueKey{0, 0} : std::prev(from)->first.key;
  complete_ = false;
  std::vector<TransferId> tail;
  while (from != items_.end()) {
    tail.push_back(from->first.id);
    erase(from++);
  }
  return tail;
}

}  // namespace lh
