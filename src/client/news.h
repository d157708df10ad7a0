#pragma once

#include "core/model/snapshot.h"
#include "core/model/transfer_error.h"

namespace lh {

/// Hears of the operations that it attached to, or of all. Called on the connection's thread, which
/// must not be held up.
class NewsListener {
 public:
  virtual ~NewsListener() = default;
  virtual void on_news(const Change& change) = 0;
  /// There will be no more news of it: it is unknown to the service, or that cannot be reached.
  virtual void on_lost(const TransferId& id, const TransferError& why) = 0;
};

}  // namespace lh
