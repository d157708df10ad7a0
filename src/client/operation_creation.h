#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "client/callback_thread.h"
#include "client/operation_core.h"
#include "client/quiet_thread.h"
#include "ipc/codec.h"
#include "longhaul/foundation/async.h"
#include "longhaul/foundation/uri.h"
#include "longhaul/storage/input_stream.h"
#include "longhaul/storage/storage_file.h"

namespace longhaul::detail {

/// Throws what `checked` refuses.
void require(const lh::Result<void>& checked);

/// Where a download goes to, checked. Throws.
struct DownloadTarget {
  std::string folder;  ///< without links
  std::string name;
};
[[nodiscard]] DownloadTarget read_target(const IStorageFile& result_file);

/// What is asked for is durable when these return. They wait for the service, and throw what it
/// says.
[[nodiscard]] std::shared_ptr<OperationCore> create_download(const std::string& address,
                                                             const DownloadTarget& target,
                                                             const lh::TransferSettings& settings);
[[nodiscard]] std::shared_ptr<OperationCore> create_upload(const std::string& address,
                                                           const lh::TransferSettings& settings);

/// Reads `stream` to its end, or until nobody waits for `async` any more.
[[nodiscard]] std::shared_ptr<lh::UniqueFd> spool(AsyncStateBase& async,
                                                  const IInputStream& stream);
/// Cancels what nobody will ever start.
void take_back(const OperationCore& core);

/// Creates on a thread of its own, for `create` may wait long, also for handlers of the app.
template <typename Operation>
[[nodiscard]] IAsyncOperation<Operation> create_in_background(
    std::function<std::shared_ptr<OperationCore>(AsyncStateBase&)> create) {
  auto async = std::make_shared<AsyncState<Operation>>(lh::run_on_callback_thread);
  lh::start_quiet_thread("lh-create", [async, create = std::move(create)] {
    try {
      const std::shared_ptr<OperationCore> created = create(*async);
      if (!async->complete(Operation(created))) take_back(*created);  // canceled meanwhile
    } catch (...) {
      async->end_with_current_exception();
    }
  });
  return IAsyncOperation<Operation>(std::move(async));
}

}  // namespace longhaul::detail
