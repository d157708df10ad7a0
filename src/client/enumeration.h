#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "client/callback_thread.h"
#include "client/client_error.h"
#include "client/operation_core.h"
#include "longhaul/foundation/async.h"
#include "longhaul/foundation/collections.h"

namespace longhaul::detail {

using Cores = std::vector<std::shared_ptr<OperationCore>>;

/// All of this app that are of that kind and in no group, each with its response (R6, R7). `done`
/// is called on the connection's thread.
void enumerate(lh::TransferKind kind, std::function<void(lh::Answer<Cores>)> done);

/// The same as the API gives them.
template <typename Operation>
[[nodiscard]] IAsyncOperation<IVectorView<Operation>> enumerate(lh::TransferKind kind) {
  using State = AsyncState<IVectorView<Operation>>;
  auto async = std::make_shared<State>(lh::run_on_callback_thread);
  enumerate(kind, [async](lh::Answer<Cores> found) {
    if (!found) {
      async->end_failed(hresult(found.error.hresult), hstring(found.error.message));
      return;
    }
    std::vector<Operation> operations;
    operations.reserve(found.value->size());
    for (auto& core : *found.value) operations.emplace_back(std::move(core));
    async->complete(IVectorView<Operation>(std::move(operations)));
  });
  return IAsyncOperation<IVectorView<Operation>>(std::move(async));
}

}  // namespace longhaul::detail
