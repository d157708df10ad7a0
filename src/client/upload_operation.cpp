#include "longhaul/upload_operation.h"

#include "client/guid_convert.h"
#include "client/operation_core.h"

namespace longhaul {

detail::OperationCore& UploadOperation::core() const {
  if (!core_) throw_hresult(hresult(0x80004003U), L"the operation is null");
  return *core_;
}

IAsyncOperationWithProgress<UploadOperation, UploadOperation> UploadOperation::StartAsync() const {
  return detail::start<UploadOperation>(core());
}

IAsyncOperationWithProgress<UploadOperation, UploadOperation> UploadOperation::AttachAsync() const {
  return detail::attach<UploadOperation>(core());
}

BackgroundUploadProgress UploadOperation::Progress() const {
  return core().progress();
}

guid UploadOperation::Guid() const {
  return lh::to_public(core().snapshot().id);
}

Uri UploadOperation::RequestedUri() const {
  return core().requested_uri();
}

IStorageFile UploadOperation::SourceFile() const {
  return core().file();
}

hstring UploadOperation::Method() const {
  return hstring(core().snapshot().method);
}

hstring UploadOperation::Group() const {
  return hstring(core().snapshot().group);
}

BackgroundTransferPriority UploadOperation::Priority() const {
  return core().snapshot().priority;
}

void UploadOperation::Priority(BackgroundTransferPriority value) const {
  core().priority(value);
}

BackgroundTransferCostPolicy UploadOperation::CostPolicy() const {
  return core().snapshot().cost_policy;
}

void UploadOperation::CostPolicy(BackgroundTransferCostPolicy value) const {
  core().cost_policy(value);
}

ResponseInformation UploadOperation::GetResponseInformation() const {
  return core().response();
}

IInputStream UploadOperation::GetResultStreamAt(std::uint64_t position) const {
  return core().result_stream_at(position);
}

void UploadOperation::SetRequestHeader(const hstring& headerName,
                                       const hstring& headerValue) const {
  core().set_request_header(headerName, headerValue);
}

void UploadOperation::RemoveRequestHeader(const hstring& headerName) const {
  core().remove_request_header(headerName);
}

}  // namespace longhaul
