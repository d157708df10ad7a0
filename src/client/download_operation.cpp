#include "longhaul/download_operation.h"

#include <string>
#include <utility>

#include "client/guid_convert.h"
#include "client/operation_core.h"
#include "client/result_stream.h"
#include "core/model/spec_check.h"

namespace longhaul {

detail::OperationCore& DownloadOperation::core() const {
  if (!core_) throw_hresult(hresult(0x80004003U), L"the operation is null");
  return *core_;
}

IAsyncOperationWithProgress<DownloadOperation, DownloadOperation> DownloadOperation::StartAsync()
    const {
  return core().start();
}

IAsyncOperationWithProgress<DownloadOperation, DownloadOperation> DownloadOperation::AttachAsync()
    const {
  return core().attach();
}

void DownloadOperation::Pause() const {
  core().pause();
}

void DownloadOperation::Resume() const {
  core().resume();
}

BackgroundDownloadProgress DownloadOperation::Progress() const {
  return core().progress();
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
  return core().result_file();
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
  lh::ChangeRequest request;
  request.priority = value;
  core().change(std::move(request));
}

BackgroundTransferCostPolicy DownloadOperation::CostPolicy() const {
  return core().snapshot().cost_policy;
}

void DownloadOperation::CostPolicy(BackgroundTransferCostPolicy value) const {
  lh::ChangeRequest request;
  request.cost_policy = value;
  core().change(std::move(request));
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
  return lh::open_result_stream(core().connection(), core().snapshot(), position);
}

void DownloadOperation::SetRequestHeader(const hstring& headerName,
                                         const hstring& headerValue) const {
  lh::ChangeRequest request;
  request.set_headers.push_back({to_string(headerName), to_string(headerValue)});
  const lh::HeaderField& field = request.set_headers.front();
  if (const auto checked = lh::check_request_header(field.name, field.value); !checked) {
    lh::throw_error(checked.error());
  }
  core().change(std::move(request));
}

void DownloadOperation::RemoveRequestHeader(const hstring& headerName) const {
  lh::ChangeRequest request;
  request.remove_headers.push_back(to_string(headerName));
  core().change(std::move(request));
}

}  // namespace longhaul
