#pragma once

#include <sys/eventfd.h>

#include <cstdint>
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
    if (first) {
      const std::uint64_t one = 1;
      // A full counter still wakes the reader, so the result does not matter.
      [[maybe_unused]] const auto written = ::write(event_.get(), &one, sizeof one);
    }
  }

  [[nodiscard]] std::vector<T> take_all() {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto got = ::read(event_.get(), &count, sizeof count);
    const std::lock_guard lock(mutex_);
    return std::exchange(values_, {});
  }

 private:
  UniqueFd event_;
  std::mutex mutex_;
  std::vector<T> values_;
};

}  // namespace lh
