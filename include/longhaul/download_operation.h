#pragma once

/// @file
/// One download.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "longhaul/background_transfer_types.h"
#include "longhaul/export.h"
#include "longhaul/foundation/async.h"
#include "longhaul/foundation/collections.h"
#include "longhaul/foundation/guid.h"
#include "longhaul/foundation/hstring.h"
#include "longhaul/foundation/reference.h"
#include "longhaul/foundation/uri.h"
#include "longhaul/response_information.h"
#include "longhaul/storage/input_stream.h"
#include "longhaul/storage/storage_file.h"
#include "longhaul/web_error_status.h"

namespace longhaul {

namespace detail {
class OperationCore;
}

/// A download that the service carries out, whether or not this program goes on (R1, R2). Made by
/// BackgroundDownloader. A handle: copies share it, and it may be null. Any thread. What is asked
/// is answered from the last news; nothing but the calls that change something waits for the
/// service.
class LONGHAUL_EXPORT DownloadOperation {
 public:
  DownloadOperation(std::nullptr_t = nullptr) noexcept {}
  explicit DownloadOperation(std::shared_ptr<detail::OperationCore> core)
      : core_(std::move(core)) {}

  /// Starts it. When this returns the request is with the service and durable. The object reports
  /// progress and the end; cancelling it cancels the download (R22, R32). Throws
  /// hresult_illegal_method_call if it was started before.
  [[nodiscard]] IAsyncOperationWithProgress<DownloadOperation, DownloadOperation> StartAsync()
      const;
  /// Watches a download that was started earlier, also in another run or process of the app (R10
  /// to R12); one that has ended completes at once. Throws hresult_illegal_method_call if it was
  /// never started (R13).
  [[nodiscard]] IAsyncOperationWithProgress<DownloadOperation, DownloadOperation> AttachAsync()
      const;
  /// Aborts the request and keeps what was received; not instantaneous (R29). Throws
  /// hresult_illegal_method_call if it was not started, is paused, has ended or is a POST.
  void Pause() const;
  /// Goes on with what the app paused (R31); else throws hresult_illegal_method_call.
  void Resume() const;

  /// A consistent copy of the latest counts. In a progress handler the flags are those of the
  /// report. A download that nobody watches is watched from the first call on.
  [[nodiscard]] BackgroundDownloadProgress Progress() const;
  [[nodiscard]] guid Guid() const;
  [[nodiscard]] Uri RequestedUri() const;
  /// Where the file is now; Resume must follow. What was received is kept if the new answer proves
  /// to be the rest of it, and what was meant for the old server does not go to a new one. Throws
  /// hresult_illegal_method_call unless it is paused by the app or by a recoverable error (R158 to
  /// R160).
  void RequestedUri(const Uri& value) const;
  /// The file given at creation, the same object each time.
  [[nodiscard]] IStorageFile ResultFile() const;
  [[nodiscard]] hstring Method() const;
  [[nodiscard]] hstring Group() const;  ///< empty: none
  [[nodiscard]] BackgroundTransferPriority Priority() const;
  void Priority(BackgroundTransferPriority value) const;
  [[nodiscard]] BackgroundTransferCostPolicy CostPolicy() const;
  void CostPolicy(BackgroundTransferCostPolicy value) const;
  /// The errors that the app can handle: they pause the download as
  /// PausedRecoverableWebErrorStatus instead of ending it (R155, R156). Empty at first. A change is
  /// durable when the call that makes it returns.
  [[nodiscard]] IVector<WebErrorStatus> RecoverableWebErrorStatuses() const;
  /// The error the transfer is at now; null if none (R164).
  [[nodiscard]] IReference<WebErrorStatus> CurrentWebErrorStatus() const;

  /// The current response: the same object until there is a newer one; null before the first (R77,
  /// R78).
  [[nodiscard]] ResponseInformation GetResponseInformation() const;
  /// Reads what is downloaded from `position` on, while it arrives (R81). A read past the present
  /// bytes waits for them; it fails with the operation's error if that fails, and with 0x800710DD
  /// after a restart from the beginning (R82).
  [[nodiscard]] IInputStream GetResultStreamAt(std::uint64_t position) const;

  /// For the next request; values of one name concatenate (R58, R60).
  void SetRequestHeader(const hstring& headerName, const hstring& headerValue) const;
  void RemoveRequestHeader(const hstring& headerName) const;

  explicit operator bool() const noexcept { return core_ != nullptr; }
  friend bool operator==(const DownloadOperation& a, std::nullptr_t) noexcept { return !a.core_; }
  friend bool operator==(const DownloadOperation&, const DownloadOperation&) noexcept = default;

 private:
  [[nodiscard]] detail::OperationCore& core() const;

  std::shared_ptr<detail::OperationCore> core_;
};

}  // namespace longhaul
