#pragma once

#include <memory>

#include "client/callback_thread.h"
#include "longhaul/foundation/async.h"

namespace longhaul::detail {

class OperationCore;

/// One asynchronous object of StartAsync or AttachAsync, whichever kind of operation it is of.
class OperationAsync {
 public:
  OperationAsync() = default;
  virtual ~OperationAsync() = default;
  OperationAsync(const OperationAsync&) = delete;
  OperationAsync& operator=(const OperationAsync&) = delete;

  [[nodiscard]] virtual AsyncStateBase& state() = 0;
  [[nodiscard]] virtual bool wants_progress() = 0;
  /// On the callback thread.
  virtual void report(std::shared_ptr<OperationCore> core) = 0;
  virtual void complete(std::shared_ptr<OperationCore> core) = 0;
  virtual void drop_handler() = 0;
};
using AsyncPtr = std::shared_ptr<OperationAsync>;

/// The one of a DownloadOperation or an UploadOperation.
template <typename Operation>
class AsyncOf final : public OperationAsync {
 public:
  using Handle = IAsyncOperationWithProgress<Operation, Operation>;

  [[nodiscard]] Handle handle() const { return Handle(state_); }

  AsyncStateBase& state() override { return *state_; }
  bool wants_progress() override { return state_->wants_progress(); }
  void report(std::shared_ptr<OperationCore> core) override {
    state_->report(Operation(std::move(core)));
  }
  void complete(std::shared_ptr<OperationCore> core) override {
    state_->complete(Operation(std::move(core)));
  }
  void drop_handler() override { state_->set_progress(nullptr); }

 private:
  using State = AsyncProgressState<Operation, Operation>;

  const std::shared_ptr<State> state_ = std::make_shared<State>(lh::run_on_callback_thread);
};

/// StartAsync and AttachAsync of an operation of that kind; defined where the core is known.
template <typename Operation, typename Core>
[[nodiscard]] typename AsyncOf<Operation>::Handle start(Core& core) {
  const auto async = std::make_shared<AsyncOf<Operation>>();
  core.start(async);
  return async->handle();
}
template <typename Operation, typename Core>
[[nodiscard]] typename AsyncOf<Operation>::Handle attach(Core& core) {
  const auto async = std::make_shared<AsyncOf<Operation>>();
  core.attach(async);
  return async->handle();
}

}  // namespace longhaul::detail
