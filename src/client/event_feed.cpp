#include "client/event_feed.h"

#include <chrono>
#include <utility>

#include "client/callback_thread.h"
#include "client/transfer_info.h"

namespace lh {
namespace {

TimePoint now() {
  return std::chrono::floor<Duration>(std::chrono::system_clock::now());
}

bool is_plain(const Change& change) {
  return change.what == Change::What::Progress && !change.response_changed && !change.restarted;
}

}  // namespace

void EventFeed::begin_with(const Snapshot& snapshot) {
  Change change;
  change.what = has_ended(snapshot.status) ? Change::What::Ended : Change::What::Status;
  change.time = now();
  change.snapshot = snapshot;
  if (!has_ended(snapshot.status)) live_.emplace(snapshot.id, snapshot);
  push(change);
}

void EventFeed::on_news(const Change& change) {
  const auto live = live_.find(change.snapshot.id);
  if (live != live_.end()) {
    if (change.what == Change::What::Ended || change.what == Change::What::Forgotten) {
      live_.erase(live);
    } else {
      live->second = change.snapshot;
    }
  }
  push(change);
}

void EventFeed::on_lost(const TransferId& id, const TransferError& why) {
  auto live = live_.extract(id);
  if (live.empty()) return;
  Change change;
  change.time = now();
  change.snapshot = std::move(live.mapped());
  change.what = Change::What::Forgotten;
  if (why.hresult != hr::kNotFound) {
    // Nobody can tell how it goes on: for whoever waits, that is the end.
    change.what = Change::What::Ended;
    change.snapshot.status = BackgroundTransferStatus::Error;
    change.snapshot.error = why;
  }
  push(change);
}

void EventFeed::push(const Change& change) {
  const std::lock_guard lock(mutex_);
  if (stopped_) return;
  const TransferId& id = change.snapshot.id;
  const auto earlier = mergeable_.find(id);
  if (is_plain(change) && earlier != mergeable_.end() && earlier->second >= taken_) {
    queue_[static_cast<std::size_t>(earlier->second - taken_)] = change;
    return;
  }
  if (is_plain(change)) {
    mergeable_[id] = taken_ + queue_.size();
  } else if (earlier != mergeable_.end()) {
    mergeable_.erase(earlier);
  }
  queue_.push_back(change);
  if (std::exchange(scheduled_, true)) return;
  run_on_callback_thread([self = shared_from_this()] { self->deliver(); });
}

/// One event at a time, so that the handlers of others get their turn.
void EventFeed::deliver() {
  const std::lock_guard handler_lock(handler_mutex_);
  Change change;
  bool more = false;
  {
    const std::lock_guard lock(mutex_);
    if (stopped_ || queue_.empty()) {
      scheduled_ = false;
      return;
    }
    change = std::move(queue_.front());
    queue_.pop_front();
    ++taken_;
    if (queue_.empty()) mergeable_.clear();
    more = !queue_.empty();
    scheduled_ = more;
  }
  handler_(to_event(change));
  if (more) run_on_callback_thread([self = shared_from_this()] { self->deliver(); });
}

void EventFeed::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    queue_.clear();
    mergeable_.clear();
  }
  if (is_callback_thread()) return;
  const std::lock_guard handler_lock(handler_mutex_);
}

FeedSubscription::FeedSubscription(std::shared_ptr<ServiceConnection> connection,
                                   std::shared_ptr<EventFeed> feed, std::vector<TransferId> ids)
    : connection_(std::move(connection)), feed_(std::move(feed)), ids_(std::move(ids)) {}

FeedSubscription::~FeedSubscription() {
  if (ids_.empty()) {
    connection_->unwatch(feed_.get());
  } else {
    connection_->detach(ids_, feed_.get());
  }
  feed_->stop();
}

}  // namespace lh
