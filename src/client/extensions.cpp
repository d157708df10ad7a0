#include "longhaul/extensions.h"

#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "client/app_identity.h"
#include "client/client_error.h"
#include "client/downloader_state.h"
#include "client/proxy_environment.h"
#include "core/model/spec_check.h"

namespace longhaul {

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
  detail::DownloaderState& own = downloader.state();
  const std::lock_guard lock(own.mutex);
  own.settings.checksum = std::move(wanted);
}

void SetKeepWhenEnded(const BackgroundDownloader& downloader, bool keep) {
  detail::DownloaderState& own = downloader.state();
  const std::lock_guard lock(own.mutex);
  own.settings.keep = keep;
}

void SetPriority(const BackgroundDownloader& downloader, BackgroundTransferPriority priority) {
  detail::DownloaderState& own = downloader.state();
  const std::lock_guard lock(own.mutex);
  own.settings.priority = priority;
}

void SetProxy(const BackgroundDownloader& downloader, const hstring& proxy) {
  const std::string text = to_string(proxy);
  lh::require_utf8("the proxy", text);
  detail::DownloaderState& own = downloader.state();
  const std::lock_guard lock(own.mutex);
  own.settings.proxy = lh::proxy_for_all(text);
  own.has_proxy = true;
}

void SetCertificateFile(const BackgroundDownloader& downloader, const hstring& file) {
  const std::string path = to_string(file);
  if (const auto checked = lh::check_ca_file(path); !checked) lh::throw_error(checked.error());
  detail::DownloaderState& own = downloader.state();
  const std::lock_guard lock(own.mutex);
  own.settings.ca_file = path;
}

}  // namespace longhaul
