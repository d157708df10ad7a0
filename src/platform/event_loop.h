#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "core/base/time.h"
#include "platform/clock.h"

namespace lh {

/// The main loop: epoll, timers, and work posted from other threads. Belongs to the thread that
/// calls run(); only post() and quit() may be called from any thread. Does not wake up while there
/// is nothing to do.
class EventLoop {
 public:
  /// Destroying it ends the watch or timer; safe inside its own callback.
  class Source {
   public:
    virtual ~Source() = default;
  };
  using Slot = std::unique_ptr<Source>;
  using Callback = std::function<void()>;

  explicit EventLoop(const Clock& clock);
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  /// `events` as for epoll (EPOLLIN …). The descriptor stays the caller's, and may have several
  /// watches. Null with errno if the kernel refuses it (a regular file, for example).
  [[nodiscard]] Slot watch(int fd, std::uint32_t events,
                           std::function<void(std::uint32_t)> callback);
  /// Once, not before `when`.
  [[nodiscard]] Slot at(TimePoint when, Callback callback);
  /// A signal that is blocked in all threads of the process (signalfd).
  [[nodiscard]] Slot on_signal(int signal_number, Callback callback);
  /// Called before each sleep; may do work; the sleep ends no later than the returned point of
  /// CLOCK_MONOTONIC (absent: never). For foreign event sources such as a bus connection.
  [[nodiscard]] Slot before_sleep(
      std::function<std::optional<std::chrono::microseconds>()> callback);
  /// Runs `work` on the loop's thread, in order of posting. Any thread. What was posted when the
  /// loop ends is not run.
  void post(Callback work);

  void run();
  void quit();

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;  ///< sources know it weakly, so they may outlive the loop
};

}  // namespace lh
