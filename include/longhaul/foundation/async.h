#pragma once

/// @file
/// Asynchronous objects: wait for them with get() or wait_for(), watch them with handlers, or
/// co_await them. Handlers of transfers run on a thread of the library, one at a time; an exception
/// that leaves one ends the program. Once get() has returned, no progress handler of that object
/// runs any more. Dropping an object cancels nothing (R33).

#include <chrono>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <utility>

#include "longhaul/foundation/async_state.h"
#include "longhaul/foundation/date_time.h"
#include "longhaul/foundation/delegate.h"
#include "longhaul/foundation/hresult.h"

namespace longhaul {

/// What every asynchronous object can do. A handle: copies share it, and it may be null.
class IAsyncInfo {
 public:
  IAsyncInfo(std::nullptr_t = nullptr) noexcept {}

  [[nodiscard]] std::uint32_t Id() const { return state().id(); }
  [[nodiscard]] AsyncStatus Status() const { return state().status(); }
  /// 0 unless it has failed or was canceled.
  [[nodiscard]] hresult ErrorCode() const { return state().error_code(); }
  /// Asks for cancellation; the end is told as usual. For a transfer: cancels the transfer (R32).
  void Cancel() const { state().cancel(); }
  /// Frees it; not before it has ended. No use afterwards.
  void Close() const { state().close(); }

  explicit operator bool() const noexcept { return state_ != nullptr; }
  friend bool operator==(const IAsyncInfo& a, std::nullptr_t) noexcept { return !a.state_; }
  friend bool operator==(const IAsyncInfo&, const IAsyncInfo&) noexcept = default;

 protected:
  explicit IAsyncInfo(std::shared_ptr<detail::AsyncStateBase> state) : state_(std::move(state)) {}
  [[nodiscard]] detail::AsyncStateBase& state() const {
    if (!state_) throw_hresult(hresult(0x80004003U), L"the asynchronous object is null");
    return *state_;
  }
  [[nodiscard]] const std::shared_ptr<detail::AsyncStateBase>& shared_state() const {
    return state_;
  }

 private:
  std::shared_ptr<detail::AsyncStateBase> state_;
};

namespace detail {

/// The members that all kinds have, for the kind `Self` with the result `T`.
template <typename Self, typename T, typename State>
class AsyncHandle : public IAsyncInfo {
 public:
  using CompletedHandler = Delegate<const Self&, AsyncStatus>;

  AsyncHandle(std::nullptr_t = nullptr) noexcept {}
  explicit AsyncHandle(std::shared_ptr<State> state) : IAsyncInfo(std::move(state)) {}

  /// Handler `(async, AsyncStatus)`; can be set once. If it has ended already it is called at once,
  /// possibly before this returns.
  void Completed(CompletedHandler handler) const {
    const Self self = static_cast<const Self&>(*this);
    state().set_completed([self, handler = std::move(handler)] {
      if (handler) handler(self, self.Status());
    });
  }
  /// The result; throws if it failed, was canceled or has not ended.
  T GetResults() const { return typed().result(); }
  /// Waits for it.
  T get() const {
    state().wait();
    return typed().result();
  }
  /// Waits, not longer than `timeout`: `Started` if it has not ended by then.
  AsyncStatus wait_for(const TimeSpan& timeout) const {
    constexpr TimeSpan kLongest = std::chrono::hours(24 * 365);  // more may be no nanoseconds
    return state().wait_for(timeout < kLongest ? timeout : kLongest);
  }

  /// Goes on where the handlers run.
  [[nodiscard]] auto operator co_await() const {
    struct Awaiter {
      Self async;
      bool await_ready() const { return async.state().has_ended(); }
      void await_suspend(std::coroutine_handle<> waiting) const {
        // The coroutine may end, and this awaiter with it, before `then` returns.
        const auto keep = async.shared_state();
        keep->then([waiting] { waiting.resume(); });
      }
      T await_resume() const { return async.GetResults(); }
    };
    return Awaiter{static_cast<const Self&>(*this)};
  }

  using IAsyncInfo::shared_state;
  using IAsyncInfo::state;

 protected:
  [[nodiscard]] State& typed() const { return static_cast<State&>(state()); }
};

template <typename T, typename P>
class AsyncProgressState;

}  // namespace detail

/// Without result.
class IAsyncAction : public detail::AsyncHandle<IAsyncAction, void, detail::AsyncState<void>> {
 public:
  using AsyncHandle::AsyncHandle;
};
using AsyncActionCompletedHandler = IAsyncAction::CompletedHandler;

/// With a result.
template <typename T>
class IAsyncOperation : public detail::AsyncHandle<IAsyncOperation<T>, T, detail::AsyncState<T>> {
 public:
  using detail::AsyncHandle<IAsyncOperation<T>, T, detail::AsyncState<T>>::AsyncHandle;
};
template <typename T>
using AsyncOperationCompletedHandler = typename IAsyncOperation<T>::CompletedHandler;

/// With a result and progress reports.
template <typename T, typename P>
class IAsyncOperationWithProgress : public detail::AsyncHandle<IAsyncOperationWithProgress<T, P>, T,
                                                               detail::AsyncProgressState<T, P>> {
 public:
  using detail::AsyncHandle<IAsyncOperationWithProgress<T, P>, T,
                            detail::AsyncProgressState<T, P>>::AsyncHandle;
  using ProgressHandler = detail::Delegate<const IAsyncOperationWithProgress&, const P&>;

  /// Handler `(async, progress)`, from now on; replaces the earlier one.
  void Progress(ProgressHandler handler) const { this->typed().set_progress(std::move(handler)); }
};
template <typename T, typename P>
using AsyncOperationProgressHandler = typename IAsyncOperationWithProgress<T, P>::ProgressHandler;
template <typename T, typename P>
using AsyncOperationWithProgressCompletedHandler =
    typename IAsyncOperationWithProgress<T, P>::CompletedHandler;

namespace detail {

template <typename T, typename P>
class AsyncProgressState : public AsyncState<T> {
 public:
  using AsyncState<T>::AsyncState;
  using Handle = IAsyncOperationWithProgress<T, P>;

  void set_progress(typename Handle::ProgressHandler handler) {
    const std::lock_guard lock(mutex_);
    handler_ = std::move(handler);
  }
  [[nodiscard]] bool wants_progress() {
    const std::lock_guard lock(mutex_);
    return static_cast<bool>(handler_);
  }
  /// Calls the handler, if there is one, on this thread.
  void report(const P& progress) {
    typename Handle::ProgressHandler handler;
    {
      const std::lock_guard lock(mutex_);
      handler = handler_;
    }
    if (!handler) return;
    handler(Handle(std::static_pointer_cast<AsyncProgressState>(this->shared_from_this())),
            progress);
  }

 private:
  std::mutex mutex_;
  typename Handle::ProgressHandler handler_;
};

/// What a coroutine that returns an asynchronous object is made of.
template <typename Handle, typename State>
struct AsyncPromiseBase {
  std::shared_ptr<State> state = std::make_shared<State>();

  Handle get_return_object() { return Handle(state); }
  std::suspend_never initial_suspend() noexcept { return {}; }
  std::suspend_never final_suspend() noexcept { return {}; }
  void unhandled_exception() { state->end_with_current_exception(); }
};

template <typename T>
struct AsyncPromise : AsyncPromiseBase<IAsyncOperation<T>, AsyncState<T>> {
  void return_value(T value) { this->state->complete(std::move(value)); }
};

struct AsyncActionPromise : AsyncPromiseBase<IAsyncAction, AsyncState<void>> {
  void return_void() { state->complete(); }
};

}  // namespace detail

/// Return type of a coroutine that nobody waits for. An exception that leaves it ends the program.
struct fire_and_forget {
  struct promise_type {
    fire_and_forget get_return_object() noexcept { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    [[noreturn]] void unhandled_exception() noexcept { std::terminate(); }
  };
};

}  // namespace longhaul

template <typename... Args>
struct std::coroutine_traits<longhaul::IAsyncAction, Args...> {
  using promise_type = longhaul::detail::AsyncActionPromise;
};
template <typename T, typename... Args>
struct std::coroutine_traits<longhaul::IAsyncOperation<T>, Args...> {
  using promise_type = longhaul::detail::AsyncPromise<T>;
};
