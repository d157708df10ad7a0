#pragma once

/// @file
/// One upload.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "longhaul/background_transfer_types.h"
#include "longhaul/export.h"
#include "longhaul/foundation/async.h"
#include "longhaul/foundation/guid.h"
#include "longhaul/foundation/hstring.h"
#include "longhaul/foundation/uri.h"
#include "longhaul/response_information.h"
#include "longhaul/storage/input_stream.h"
#include "longhaul/storage/storage_file.h"

namespace longhaul {

namespace detail {
class OperationCore;
}

/// An upload that the service carries out, whether or not this program goes on (R1, R2). Made by
/// BackgroundUploader. A handle: copies share it, and it may be null. Any thread. What is asked is
/// answered from the last news; nothing but the calls that change something waits for the service.
/// It cannot be paused by the app (R36); a request that is made again sends everything anew (R85).
class LONGHAUL_EXPORT UploadOperation {
 public:
  UploadOperation(std::nullptr_t = nullptr) noexcept {}
  explicit UploadOperation(std::shared_ptr<detail::OperationCore> core) : core_(std::move(core)) {}

  /// Starts it. When this returns the request is with the service and durable. The object reports
  /// progress and the end, which is an error also for a status of 400 or above (R100); cancelling
  /// it cancels the upload (R22, R32). Throws hresult_illegal_method_call if it was started before.
  [[nodiscard]] IAsyncOperationWithProgress<UploadOperation, UploadOperation> StartAsync() const;
  /// Watches an upload that was started earlier, also in another run or process of the app (R10 to
  /// R12); one that has ended completes at once. A POST that broke while nobody was attached has
  /// ended as canceled: it is not sent twice unseen (R86). Throws hresult_illegal_method_call if it
  /// was never started (R13).
  [[nodiscard]] IAsyncOperationWithProgress<UploadOperation, UploadOperation> AttachAsync() const;

  /// A consistent copy of the latest counts. In a progress handler the flags are those of the
  /// report. An upload that nobody watches is watched from the first call on.
  [[nodiscard]] BackgroundUploadProgress Progress() const;
  [[nodiscard]] guid Guid() const;
  [[nodiscard]] Uri RequestedUri() const;
  /// The file given at creation, the same object each time; null for streams and parts.
  [[nodiscard]] IStorageFile SourceFile() const;
  [[nodiscard]] hstring Method() const;
  [[nodiscard]] hstring Group() const;  ///< empty: none
  [[nodiscard]] BackgroundTransferPriority Priority() const;
  void Priority(BackgroundTransferPriority value) const;
  [[nodiscard]] BackgroundTransferCostPolicy CostPolicy() const;
  void CostPolicy(BackgroundTransferCostPolicy value) const;

  /// The server's current answer: the same object until there is a newer one; null before the first
  /// (R77, R78).
  [[nodiscard]] ResponseInformation GetResponseInformation() const;
  /// Reads the body of that answer from `position` on, while it arrives, also that of an error
  /// status (R99). When this program has seen the upload end, as long as a handle of it is there.
  /// Fails as that of a download does.
  [[nodiscard]] IInputStream GetResultStreamAt(std::uint64_t position) const;

  /// For the next request; values of one name concatenate (R58, R60).
  void SetRequestHeader(const hstring& headerName, const hstring& headerValue) const;
  void RemoveRequestHeader(const hstring& headerName) const;

  explicit operator bool() const noexcept { return core_ != nullptr; }
  friend bool operator==(const UploadOperation& a, std::nullptr_t) noexcept { return !a.core_; }
  friend bool operator==(const UploadOperation&, const UploadOperation&) noexcept = default;

 private:
  [[nodiscard]] detail::OperationCore& core() const;

  std::shared_ptr<detail::OperationCore> core_;
};

}  // namespace longhaul
