#include "longhaul/background_downloader.h"

#include <utility>

#include "client/enumeration.h"
#include "client/factory_state.h"
#include "client/operation_creation.h"
#include "core/model/spec_check.h"

namespace longhaul {
namespace {

/// What one call asks for, checked.
struct Wish {
  std::string address;
  detail::DownloadTarget target;
};

Wish read_wish(const Uri& uri, const IStorageFile& result_file) {
  if (!uri) throw hresult_invalid_argument(L"the URI is null");
  detail::require(lh::check_scheme(to_string(uri.SchemeName())));
  return {to_string(uri.AbsoluteUri()), detail::read_target(result_file)};
}

DownloadOperation create(const Wish& wish, const lh::TransferSettings& settings) {
  return DownloadOperation(detail::create_download(wish.address, wish.target, settings));
}

}  // namespace

BackgroundDownloader::BackgroundDownloader()
    : state_(std::make_shared<detail::FactoryState>("GET")) {}

detail::FactoryState& BackgroundDownloader::state() const {
  if (!state_) throw_hresult(hresult(0x80004003U), L"the downloader is null");
  return *state_;
}

DownloadOperation BackgroundDownloader::CreateDownload(const Uri& uri,
                                                       const IStorageFile& resultFile) const {
  return create(read_wish(uri, resultFile), state().settings());
}

DownloadOperation BackgroundDownloader::CreateDownload(const Uri& uri,
                                                       const IStorageFile& resultFile,
                                                       const IStorageFile& requestBodyFile) const {
  if (!requestBodyFile) return CreateDownload(uri, resultFile);
  const Wish wish = read_wish(uri, resultFile);
  lh::TransferSettings settings = state().settings();
  settings.body_file = to_string(requestBodyFile.Path());
  return create(wish, settings);
}

IAsyncOperation<DownloadOperation> BackgroundDownloader::CreateDownloadAsync(
    const Uri& uri, const IStorageFile& resultFile, const IInputStream& requestBodyStream) const {
  auto create = [wish = read_wish(uri, resultFile), settings = state().settings(),
                 stream = requestBodyStream](detail::AsyncStateBase& async) mutable {
    if (stream) settings.body = detail::spool(async, stream);
    if (async.has_ended()) throw hresult_canceled();
    return detail::create_download(wish.address, wish.target, settings);
  };
  return detail::create_in_background<DownloadOperation>(std::move(create));
}

IAsyncOperation<IVectorView<DownloadOperation>> BackgroundDownloader::GetCurrentDownloadsAsync() {
  return detail::enumerate<DownloadOperation>(lh::TransferKind::Download);
}

void BackgroundDownloader::SetRequestHeader(const hstring& headerName,
                                            const hstring& headerValue) const {
  state().add_request_header(headerName, headerValue);
}

hstring BackgroundDownloader::Method() const {
  return state().method();
}

void BackgroundDownloader::Method(const hstring& value) const {
  state().method(value);
}

BackgroundTransferCostPolicy BackgroundDownloader::CostPolicy() const {
  return state().cost_policy();
}

void BackgroundDownloader::CostPolicy(BackgroundTransferCostPolicy value) const {
  state().cost_policy(value);
}

PasswordCredential BackgroundDownloader::ServerCredential() const {
  return state().server_credential();
}

void BackgroundDownloader::ServerCredential(const PasswordCredential& value) const {
  state().server_credential(value);
}

PasswordCredential BackgroundDownloader::ProxyCredential() const {
  return state().proxy_credential();
}

void BackgroundDownloader::ProxyCredential(const PasswordCredential& value) const {
  state().proxy_credential(value);
}

}  // namespace longhaul
