#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "client/news.h"
#include "client/service_connection.h"
#include "longhaul/service.h"

namespace lh {

/// News for one handler of service.h, in order, on the callback thread. While the handler is slow,
/// byte counts of one transfer are merged; nothing else is dropped.
class EventFeed final : public NewsListener, public std::enable_shared_from_this<EventFeed> {
 public:
  using Handler = std::function<void(const longhaul::TransferEvent&)>;

  explicit EventFeed(Handler handler) : handler_(std::move(handler)) {}

  /// The present state of one that is watched by id.
  void begin_with(const Snapshot& snapshot);
  /// No handler runs when this returns, unless it is called by the handler itself.
  void stop();

  void on_news(const Change& change) override;
  void on_lost(const TransferId& id, const TransferError& why) override;

 private:
  void push(const Change& change);
  void deliver();

  const Handler handler_;
  std::mutex handler_mutex_;  ///< held while the handler runs

  std::mutex mutex_;
  bool stopped_ = false;
  bool scheduled_ = false;
  std::deque<Change> queue_;
  std::uint64_t taken_ = 0;  ///< how many have left the queue
  /// Place (counted from the first ever) of byte counts that nothing of that transfer follows.
  std::unordered_map<TransferId, std::uint64_t> mergeable_;

  // On the connection's thread: the last state of those that are watched by id and have not ended.
  std::unordered_map<TransferId, Snapshot> live_;
};

/// The object that apps hold: ends the feed when it is destroyed.
class FeedSubscription final : public longhaul::TransferSubscription {
 public:
  FeedSubscription(std::shared_ptr<ServiceConnection> connection, std::shared_ptr<EventFeed> feed,
                   std::vector<TransferId> ids);
  ~FeedSubscription() override;

 private:
  std::shared_ptr<ServiceConnection> connection_;
  std::shared_ptr<EventFeed> feed_;
  std::vector<TransferId> ids_;  ///< empty: it watches all
};

}  // namespace lh
