#include "longhaul/foundation/async_state.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <vector>

namespace longhaul::detail {
namespace {

constexpr hresult kCanceled(0x800704C7U);
constexpr hresult kClosed(0x80000013U);

std::uint32_t next_id() {
  static std::atomic<std::uint32_t> last{0};
  return ++last;
}

}  // namespace

class AsyncStateBase::Impl {
 public:
  explicit Impl(Executor given) : executor(std::move(given)) {}

  const std::uint32_t id = next_id();
  const Executor executor;

  mutable std::mutex mutex;
  std::condition_variable ended;
  AsyncStatus status = AsyncStatus::Started;
  hresult error;
  hstring message;
  bool hidden = false;  ///< it has ended, but what was given to the executor before comes first
  bool (*is_handler_thread)() = nullptr;
  AsyncStatus hidden_status = AsyncStatus::Started;
  bool closed = false;
  bool has_completed_handler = false;
  bool seen = false;
  Task completed;
  std::vector<Task> continuations;
  Task cancel;
  Task observed;

  [[nodiscard]] bool has_ended() const { return status != AsyncStatus::Started; }
  /// A handler that waits would otherwise wait for itself.
  [[nodiscard]] bool may_see_end() const {
    return has_ended() || (hidden && is_handler_thread != nullptr && is_handler_thread());
  }
};

AsyncStateBase::AsyncStateBase(Executor executor)
    : impl_(std::make_unique<Impl>(std::move(executor))) {}

AsyncStateBase::~AsyncStateBase() = default;

std::uint32_t AsyncStateBase::id() const {
  return impl_->id;
}

AsyncStatus AsyncStateBase::status() {
  notice_end_in_handler();
  AsyncStatus status{};
  {
    const std::lock_guard lock(impl_->mutex);
    status = impl_->status;
  }
  if (status != AsyncStatus::Started) observed();
  return status;
}

hresult AsyncStateBase::error_code() {
  const std::lock_guard lock(impl_->mutex);
  return impl_->has_ended() ? impl_->error : hresult(0);
}

bool AsyncStateBase::has_ended() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->has_ended();
}

void AsyncStateBase::check_not_closed() const {
  const std::lock_guard lock(impl_->mutex);
  if (impl_->closed) throw_hresult(kClosed, L"the asynchronous object is closed");
}

void AsyncStateBase::cancel() {
  Task task;
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->has_ended() || impl_->hidden) return;
    task = impl_->cancel;
  }
  if (task) {
    task();
  } else {
    end_canceled();
  }
}

void AsyncStateBase::close() {
  const std::lock_guard lock(impl_->mutex);
  if (!impl_->has_ended()) {
    throw hresult_illegal_state_change(L"an asynchronous object cannot be closed before it ended");
  }
  impl_->closed = true;
}

void AsyncStateBase::wait() {
  {
    std::unique_lock lock(impl_->mutex);
    impl_->ended.wait(lock, [this] { return impl_->may_see_end(); });
  }
  notice_end_in_handler();
  observed();
}

AsyncStatus AsyncStateBase::wait_for(std::chrono::nanoseconds limit) {
  AsyncStatus status{};
  {
    std::unique_lock lock(impl_->mutex);
    impl_->ended.wait_for(lock, limit, [this] { return impl_->may_see_end(); });
  }
  notice_end_in_handler();
  {
    const std::lock_guard lock(impl_->mutex);
    status = impl_->status;
  }
  if (status != AsyncStatus::Started) observed();
  return status;
}

void AsyncStateBase::check_completed() {
  check_not_closed();
  notice_end_in_handler();
  AsyncStatus status{};
  hresult error;
  hstring message;
  {
    const std::lock_guard lock(impl_->mutex);
    status = impl_->status;
    error = impl_->error;
    message = impl_->message;
  }
  if (status == AsyncStatus::Started) {
    throw hresult_illegal_method_call(L"the asynchronous object has not ended yet");
  }
  observed();
  if (status != AsyncStatus::Completed) throw_hresult(error, message);
}

void AsyncStateBase::then(Task task) {
  {
    const std::lock_guard lock(impl_->mutex);
    if (!impl_->has_ended()) {
      impl_->continuations.push_back(std::move(task));
      return;
    }
  }
  run_where_handlers_belong(std::move(task));
}

void AsyncStateBase::set_completed(Task task) {
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->has_completed_handler) {
      throw hresult_illegal_delegate_assignment(L"Completed can be set only once");
    }
    impl_->has_completed_handler = true;
    if (!impl_->has_ended()) {
      impl_->completed = std::move(task);
      return;
    }
  }
  tell_completed(std::move(task));
}

/// Whoever is told has seen it.
void AsyncStateBase::tell_completed(Task task) {
  run_where_handlers_belong([self = shared_from_this(), task = std::move(task)] {
    task();
    self->observed();
  });
}

void AsyncStateBase::on_cancel(Task task) {
  const std::lock_guard lock(impl_->mutex);
  if (!impl_->has_ended()) impl_->cancel = std::move(task);
}

void AsyncStateBase::on_observed(Task task) {
  const std::lock_guard lock(impl_->mutex);
  impl_->observed = std::move(task);
}

void AsyncStateBase::observed() {
  Task task;
  {
    const std::lock_guard lock(impl_->mutex);
    if (!impl_->has_ended() || impl_->seen) return;
    impl_->seen = true;
    task = std::exchange(impl_->observed, nullptr);
  }
  if (task) task();
}

bool AsyncStateBase::end_completed() {
  return end(AsyncStatus::Completed, hresult(0), {}, {});
}

bool AsyncStateBase::end_canceled() {
  return end(AsyncStatus::Canceled, kCanceled, L"the operation was canceled", {});
}

bool AsyncStateBase::end_failed(hresult code, const hstring& message) {
  return end(AsyncStatus::Error, code, message, {});
}

bool AsyncStateBase::end_with_current_exception() {
  const hresult code = to_hresult();
  return code == kCanceled ? end_canceled() : end_failed(code, to_message());
}

void AsyncStateBase::end_behind_handlers(bool (*is_handler_thread)()) {
  const std::lock_guard lock(impl_->mutex);
  impl_->is_handler_thread = is_handler_thread;
}

bool AsyncStateBase::end(AsyncStatus status, hresult code, const hstring& message,
                         const Task& prepare) {
  Task cancel;  // destroyed after the lock: what it owns may be anything
  bool behind_handlers = false;
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->has_ended() || impl_->hidden) return false;
    if (prepare) prepare();
    impl_->hidden = true;
    impl_->hidden_status = status;
    impl_->error = code;
    impl_->message = message;
    cancel = std::exchange(impl_->cancel, nullptr);
    behind_handlers = impl_->is_handler_thread != nullptr;
  }
  if (!behind_handlers) {
    reveal_end();
    return true;
  }
  impl_->ended.notify_all();
  run_where_handlers_belong([self = shared_from_this()] { self->reveal_end(); });
  return true;
}

/// From here on everybody sees it.
void AsyncStateBase::reveal_end() {
  Task completed;
  std::vector<Task> continuations;
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->has_ended()) return;
    impl_->status = impl_->hidden_status;
    completed = std::exchange(impl_->completed, nullptr);
    continuations = std::exchange(impl_->continuations, {});
  }
  impl_->ended.notify_all();
  if (completed) tell_completed(std::move(completed));
  for (Task& task : continuations) run_where_handlers_belong(std::move(task));
}

void AsyncStateBase::notice_end_in_handler() {
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->has_ended() || !impl_->may_see_end()) return;
  }
  reveal_end();
}

void AsyncStateBase::run_where_handlers_belong(Task task) {
  if (impl_->executor) {
    impl_->executor(std::move(task));
  } else {
    task();
  }
}

}  // namespace longhaul::detail
