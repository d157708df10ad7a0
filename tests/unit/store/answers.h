#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <utility>

#include "store/store_thread.h"

namespace lh::test {

/// The thread that the answers belong to: the test's own, which runs them when it wants to.
class Answers {
 public:
  StoreThread::Executor executor() {
    return [this](std::function<void()> batch) {
      const std::lock_guard lock(mutex_);
      batches_.push_back(std::move(batch));
      arrived_.notify_one();
    };
  }
  /// Runs the next batch; false if none comes.
  bool run_one() {
    std::function<void()> batch;
    {
      std::unique_lock lock(mutex_);
      if (!arrived_.wait_for(lock, std::chrono::seconds(30), [&] { return !batches_.empty(); })) {
        return false;
      }
      batch = std::move(batches_.front());
      batches_.pop_front();
    }
    batch();
    return true;
  }
  /// Asks for something, and waits for its answer.
  template <typename T, typename Ask>
  T of(Ask ask) {
    std::optional<T> result;
    ask([&](T value) { result.emplace(std::move(value)); });
    while (!result) {
      if (!run_one()) throw std::runtime_error("no answer");
    }
    return std::move(*result);
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<std::function<void()>> batches_;
};

}  // namespace lh::test
