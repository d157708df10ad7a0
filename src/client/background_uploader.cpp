#include "longhaul/background_uploader.h"

#include <string>
#include <utility>
#include <vector>

#include "client/content_part.h"
#include "client/enumeration.h"
#include "client/factory_state.h"
#include "client/operation_creation.h"
#include "core/http/multipart.h"
#include "core/model/spec_check.h"

namespace longhaul {
namespace {

/// R101: FTP has no uploads.
std::string read_address(const Uri& uri) {
  if (!uri) throw hresult_invalid_argument(L"the URI is null");
  const std::string scheme = to_string(uri.SchemeName());
  detail::require(lh::check_scheme(scheme));
  if (scheme == "ftp") throw hresult_invalid_argument(L"FTP is for downloads only");
  return to_string(uri.AbsoluteUri());
}

}  // namespace

BackgroundUploader::BackgroundUploader() : state_(std::make_shared<detail::FactoryState>("POST")) {}

detail::FactoryState& BackgroundUploader::state() const {
  if (!state_) throw_hresult(hresult(0x80004003U), L"the uploader is null");
  return *state_;
}

UploadOperation BackgroundUploader::CreateUpload(const Uri& uri,
                                                 const IStorageFile& sourceFile) const {
  const std::string address = read_address(uri);
  if (!sourceFile) throw hresult_invalid_argument(L"the source file is null");
  lh::TransferSettings settings = state().settings();
  settings.body_file = to_string(sourceFile.Path());
  return UploadOperation(detail::create_upload(address, settings));
}

IAsyncOperation<UploadOperation> BackgroundUploader::CreateUploadFromStreamAsync(
    const Uri& uri, const IInputStream& sourceStream) const {
  if (!sourceStream) throw hresult_invalid_argument(L"the source stream is null");
  auto create = [address = read_address(uri), settings = state().settings(),
                 stream = sourceStream](detail::AsyncStateBase& async) mutable {
    settings.body = detail::spool(async, stream);
    if (async.has_ended()) throw hresult_canceled();
    return detail::create_upload(address, settings);
  };
  return detail::create_in_background<UploadOperation>(std::move(create));
}

IAsyncOperation<UploadOperation> BackgroundUploader::CreateUploadAsync(
    const Uri& uri, const IIterable<BackgroundTransferContentPart>& parts) const {
  return CreateUploadAsync(uri, parts, {}, {});
}

IAsyncOperation<UploadOperation> BackgroundUploader::CreateUploadAsync(
    const Uri& uri, const IIterable<BackgroundTransferContentPart>& parts,
    const hstring& subType) const {
  return CreateUploadAsync(uri, parts, subType, {});
}

IAsyncOperation<UploadOperation> BackgroundUploader::CreateUploadAsync(
    const Uri& uri, const IIterable<BackgroundTransferContentPart>& parts, const hstring& subType,
    const hstring& boundary) const {
  std::string address = read_address(uri);
  if (!parts) throw hresult_invalid_argument(L"the list of parts is null");
  lh::TransferSettings settings = state().settings();
  for (const BackgroundTransferContentPart& part : parts) {
    if (!part) throw hresult_invalid_argument(L"a part is null");
    settings.parts.push_back(part.state().snapshot());
  }
  settings.subtype = to_string(subType);
  settings.boundary = to_string(boundary);
  detail::require(lh::check_parts(settings.parts, settings.subtype, settings.boundary));
  auto create = [address = std::move(address), settings = std::move(settings)](
                    detail::AsyncStateBase&) { return detail::create_upload(address, settings); };
  return detail::create_in_background<UploadOperation>(std::move(create));
}

IAsyncOperation<IVectorView<UploadOperation>> BackgroundUploader::GetCurrentUploadsAsync() {
  return detail::enumerate<UploadOperation>(lh::TransferKind::Upload);
}

void BackgroundUploader::SetRequestHeader(const hstring& headerName,
                                          const hstring& headerValue) const {
  state().add_request_header(headerName, headerValue);
}

hstring BackgroundUploader::Method() const {
  return state().method();
}

void BackgroundUploader::Method(const hstring& value) const {
  state().method(value);
}

BackgroundTransferCostPolicy BackgroundUploader::CostPolicy() const {
  return state().cost_policy();
}

void BackgroundUploader::CostPolicy(BackgroundTransferCostPolicy value) const {
  state().cost_policy(value);
}

PasswordCredential BackgroundUploader::ServerCredential() const {
  return state().server_credential();
}

void BackgroundUploader::ServerCredential(const PasswordCredential& value) const {
  state().server_credential(value);
}

PasswordCredential BackgroundUploader::ProxyCredential() const {
  return state().proxy_credential();
}

void BackgroundUploader::ProxyCredential(const PasswordCredential& value) const {
  state().proxy_credential(value);
}

}  // namespace longhaul
