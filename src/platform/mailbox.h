#pragma once

#include <sys/eventfd.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <mutex>
#include <utility>
#include <vector>

#include "platform/unique_fd.h"

namespace lh {

/// Hands values to another thread; that thread waits on fd() and takes all at once, so that what
/// arrives together is handled together. push() from any thread; take_all() from the receiver's.
template <typename T>
class Mailbox {
 public:
  Mailbox() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

  [[nodiscard]] int fd() const { return event_.get(); }

  void push(T value) {
    bool first = false;
    {
      const std::lock_guard lock(mutex_);
      first = values_.empty();
      values_.push_back(std::move(value));
    }
    if (first) wake();
  }

  /// The same, and the receiver finds none of them without the others.
  void push_all(std::vector<T> values) {
    if (values.empty()) return;
    bool first = false;
    {
      const std::lock_guard lock(mutex_);
      first = values_.empty();
      if (first) {
        values_ = std::move(values);
      } else {
        std::ranges::move(values, std::back_inserter(values_));
      }
    }
    if (first) wake();
  }

  [[nodiscard]] std::vector<T> take_all() {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto got = ::read(event_.get(), &count, sizeof count);
    const std::lock_guard lock(mutex_);
    return std::exchange(values_, {});
  }

 private:
  void wake() {
    const std::uint64_t one = 1;
    // A full counter still wakes the receiver, so the result does not matter.
    [[maybe_unused]] const auto written = ::write(event_.get(), &one, sizeof one);
  }

  UniqueFd event_;
  std::mutex mutex_;
  std::vector<T> values_;
};

}  // namespace lh
