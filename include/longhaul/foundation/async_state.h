#pragma once

/// @file
/// What stands behind the asynchronous objects. Programs use async.h.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "longhaul/export.h"
#include "longhaul/foundation/hresult.h"

namespace longhaul {

/// State of an asynchronous object.
enum class AsyncStatus : std::int32_t { Started = 0, Completed = 1, Canceled = 2, Error = 3 };

namespace detail {

/// One asynchronous operation, shared by its handles and by whoever carries it out. It ends once;
/// what is set or asked for afterwards is answered at once. Any thread.
class LONGHAUL_EXPORT AsyncStateBase : public std::enable_shared_from_this<AsyncStateBase> {
 public:
  using Task = std::function<void()>;
  /// Runs a task, now or later, on the thread that handlers and coroutines belong to.
  using Executor = std::function<void(Task)>;

  /// Without executor handlers run where the operation ends, or where they are set.
  explicit AsyncStateBase(Executor executor = {});
  virtual ~AsyncStateBase();
  AsyncStateBase(const AsyncStateBase&) = delete;
  AsyncStateBase& operator=(const AsyncStateBase&) = delete;

  // For handles.
  [[nodiscard]] std::uint32_t id() const;
  [[nodiscard]] AsyncStatus status();
  [[nodiscard]] hresult error_code();
  void cancel();
  void close();
  void wait();
  AsyncStatus wait_for(std::chrono::nanoseconds limit);  ///< a year at most
  /// Throws unless it has completed: illegal method call while it runs, else its error.
  void check_completed();
  [[nodiscard]] bool has_ended() const;
  /// Runs `task` once it has ended.
  void then(Task task);
  /// The one completion handler; throws if there was one.
  void set_completed(Task task);

  // For whoever carries it out.
  /// The end is seen only behind what the executor was given before it, so that no progress handler
  /// runs once get() has returned; but at once by a handler that waits for it. Needs an executor
  /// with one thread, for which `is_handler_thread` is true.
  void end_behind_handlers(bool (*is_handler_thread)());
  /// What Cancel does; without it, cancelling ends the object as canceled.
  void on_cancel(Task task);
  /// Called once, when somebody has seen that it ended.
  void on_observed(Task task);
  bool end_completed();
  bool end_canceled();
  bool end_failed(hresult code, const hstring& message);
  /// The exception that is being handled.
  bool end_with_current_exception();

 protected:
  /// Runs `prepare` (to store the result) and ends it, unless it has ended.
  bool end(AsyncStatus status, hresult code, const hstring& message, const Task& prepare);
  void run_where_handlers_belong(Task task);
  void tell_completed(Task task);
  void check_not_closed() const;

 private:
  void observed();
  void reveal_end();
  void notice_end_in_handler();

  class Impl;
  std::unique_ptr<Impl> impl_;
};

template <typename T>
class AsyncState : public AsyncStateBase {
 public:
  using AsyncStateBase::AsyncStateBase;

  bool complete(T value) {
    return end(AsyncStatus::Completed, hresult(0), {}, [&] { result_ = std::move(value); });
  }
  [[nodiscard]] T result() {
    check_completed();
    return *result_;
  }

 private:
  std::optional<T> result_;
};

template <>
class AsyncState<void> : public AsyncStateBase {
 public:
  using AsyncStateBase::AsyncStateBase;

  bool complete() { return end_completed(); }
  void result() { check_completed(); }
};

}  // namespace detail
}  // namespace longhaul
