#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <vector>

#include "longhaul/service.h"

namespace lh::cli {

/// Brings what the library's thread hears and the signals that end watching to the main thread.
/// One at a time: it owns the program's handlers of SIGINT, SIGTERM and SIGWINCH while it lives.
class News {
 public:
  News();
  ~News();
  News(const News&) = delete;
  News& operator=(const News&) = delete;

  /// Any thread.
  void push(const longhaul::TransferEvent& event);

  /// Waits until there is news, a signal came, or `timeout` is over.
  void wait(std::chrono::milliseconds timeout);
  [[nodiscard]] std::vector<longhaul::TransferEvent> take();
  /// The signal that asked to end, if any.
  [[nodiscard]] std::optional<int> ended_by() const;

 private:
  std::mutex mutex_;
  std::vector<longhaul::TransferEvent> pending_;  ///< guarded by mutex_
};

}  // namespace lh::cli
