#pragma once

#include <optional>

#include "core/model/snapshot.h"
#include "core/model/transfer_error.h"

namespace lh {

[[nodiscard]] constexpr bool has_ended(BackgroundTransferStatus status) {
  return status == BackgroundTransferStatus::Completed ||
         status == BackgroundTransferStatus::Canceled || status == BackgroundTransferStatus::Error;
}

/// Hears of the operations that it attached to, or of all. Called on the connection's thread, which
/// must not be held up.
class NewsListener {
 public:
  virtual ~NewsListener() = default;
  virtual void on_news(const Change& change) = 0;
  /// There will be no more news of it: it is unknown to the service, or that cannot be reached.
  virtual void on_lost(const TransferId& id, const TransferError& why) = 0;
};

/// What a listener missed while there was no service: the one piece of news that leads from
/// `before` to `after`; nothing if they show the same.
[[nodiscard]] std::optional<Change> news_between(const Snapshot& before, const Snapshot& after,
                                                 TimePoint now);

}  // namespace lh
