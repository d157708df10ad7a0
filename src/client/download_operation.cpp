#include "longhaul/download_operation.h"

#include <string>
#include <utility>

#include "client/guid_convert.h"
#include "client/operation_core.h"

namespace longhaul {

detail::OperationCore& DownloadOperation::core() const {
  if (!core_) throw_hresult(hresult(0x80004003U), L"the operation is null");
  return *core_;
}

IAsyncOperationWithProgress<DownloadOperation, DownloadOperation> DownloadOperation::StartAsync()
    const {
  return detail::start<DownloadOperation>(core());
}

IAsyncOperationWithProgress<DownloadOperation, DownloadOperation> DownloadOperation::AttachAsync()
    const {
  return detail::attach<DownloadOperation>(core());
}

void DownloadOperation::Pause() const {
  core().pause();
}

void DownloadOperation::Resume() const {
  core().resume();
}

BackgroundDownloadProgress DownloadOperation::Progress() const {
  const BackgroundUploadProgress all = core().progress();
  return {.BytesReceived = all.BytesReceived,
          .TotalBytesToReceive = all.TotalBytesToReceive,
          .Status = all.Status,
          .HasResponseChanged = all.HasResponseChanged,
          .HasRestarted = all.HasRestarted};
}

guid DownloadOperation::Guid() const {
  return lh::to_public(core().snapshot().id);
}

Uri DownloadOperation::RequestedUri() const {
  return core().requested_uri();
}

void DownloadOperation::RequestedUri(const Uri& value) const {
  if (!value) throw hresult_invalid_argument(L"the URI is null");
  lh::ChangeRequest request;
  request.uri = to_string(value.AbsoluteUri());
  core().change(std::move(request));
}

IVector<WebErrorStatus> DownloadOperation::RecoverableWebErrorStatuses() const {
  return core().recoverable();
}

IStorageFile DownloadOperation::ResultFile() const {
  return core().file();
}

hstring DownloadOperation::Method() const {
  return hstring(core().snapshot().method);
}

hstring DownloadOperation::Group() const {
  return hstring(core().snapshot().group);
}

BackgroundTransferPriority DownloadOperation::Priority() const {
  return core().snapshot().priority;
}

void DownloadOperation::Priority(BackgroundTransferPriority value) const {
  core().priority(value);
}

BackgroundTransferCostPolicy DownloadOperation::CostPolicy() const {
  return core().snapshot().cost_policy;
}

void DownloadOperation::CostPolicy(BackgroundTransferCostPolicy value) const {
  core().cost_policy(value);
}

IReference<WebErrorStatus> DownloadOperation::CurrentWebErrorStatus() const {
  const auto error = core().snapshot().error;
  if (!error) return nullptr;
  return error->status;
}

ResponseInformation DownloadOperation::GetResponseInformation() const {
  return core().response();
}

IInputStream DownloadOperation::GetResultStreamAt(std::uint64_t position) const {
  return core().result_stream_at(position);
}

void DownloadOperation::SetRequestHeader(const hstring& headerName,
                                         const hstring& headerValue) const {
  core().set_request_header(headerName, headerValue);
}

void DownloadOperation::RemoveRequestHeader(const hstring& headerName) const {
  core().remove_request_header(headerName);
}

}  // namespace longhaul
