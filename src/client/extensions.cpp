#include "longhaul/extensions.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "client/app_identity.h"
#include "client/client_error.h"
#include "client/factory_state.h"
#include "client/proxy_environment.h"
#include "core/model/spec_check.h"

namespace longhaul {
namespace {

void set_keep(detail::FactoryState& factory, bool keep) {
  factory.edit([keep](lh::TransferSettings& settings) { settings.keep = keep; });
}

void set_priority(detail::FactoryState& factory, BackgroundTransferPriority priority) {
  factory.edit([priority](lh::TransferSettings& settings) { settings.priority = priority; });
}

void set_proxy(detail::FactoryState& factory, const hstring& proxy) {
  const std::string text = to_string(proxy);
  lh::require_utf8("the proxy", text);
  factory.proxy(lh::proxy_for_all(text));
}

void set_certificates(detail::FactoryState& factory, const hstring& file) {
  const std::string path = to_string(file);
  if (const auto checked = lh::check_ca_file(path); !checked) lh::throw_error(checked.error());
  factory.edit([&path](lh::TransferSettings& settings) { settings.ca_file = path; });
}

}  // namespace

void SetAppId(const hstring& id) {
  const std::string text = to_string(id);
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
  if (text.empty() || text.size() > 255 || text.find_first_not_of(kAllowed) != std::string::npos) {
    throw hresult_invalid_argument(
        L"an app id has 1 to 255 letters, digits, dots, hyphens and underscores");
  }
  if (!lh::set_app_id(text)) {
    throw hresult_illegal_method_call(L"the app id cannot change once it was used");
  }
}

hstring AppId() {
  return hstring(lh::app_id());
}

void SetChecksum(const BackgroundDownloader& downloader, const hstring& checksum) {
  std::optional<lh::Checksum> wanted;
  if (!checksum.empty()) {
    lh::Result<lh::Checksum> parsed = lh::parse_checksum(to_string(checksum));
    if (!parsed) lh::throw_error(parsed.error());
    wanted = std::move(*parsed);
  }
  downloader.state().edit(
      [&wanted](lh::TransferSettings& settings) { settings.checksum = std::move(wanted); });
}

void SetKeepWhenEnded(const BackgroundDownloader& downloader, bool keep) {
  set_keep(downloader.state(), keep);
}

void SetKeepWhenEnded(const BackgroundUploader& uploader, bool keep) {
  set_keep(uploader.state(), keep);
}

void SetPriority(const BackgroundDownloader& downloader, BackgroundTransferPriority priority) {
  set_priority(downloader.state(), priority);
}

void SetPriority(const BackgroundUploader& uploader, BackgroundTransferPriority priority) {
  set_priority(uploader.state(), priority);
}

void SetProxy(const BackgroundDownloader& downloader, const hstring& proxy) {
  set_proxy(downloader.state(), proxy);
}

void SetProxy(const BackgroundUploader& uploader, const hstring& proxy) {
  set_proxy(uploader.state(), proxy);
}

void SetCertificateFile(const BackgroundDownloader& downloader, const hstring& file) {
  set_certificates(downloader.state(), file);
}

void SetCertificateFile(const BackgroundUploader& uploader, const hstring& file) {
  set_certificates(uploader.state(), file);
}

}  // namespace longhaul
