#include "daemon/transfer_specs.h"

#include <optional>

#include "core/model/ftp_answer.h"
#include "core/model/spec_check.h"
#include "daemon/request_body.h"
#include "daemon/request_parts.h"
#include "platform/system_info.h"

namespace lh {
namespace {

/// The entry with these, which is made if there is none.
std::optional<SecretId> entry_for(Secrets wanted, Specs& specs) {
  if (wanted.empty()) return std::nullopt;
  const auto [entry, is_new] = specs.entries.try_emplace(format_secrets(wanted));
  if (is_new) {
    entry->second = random_guid();
    specs.secrets.emplace_back(entry->second, std::move(wanted));
  }
  return entry->second;
}

/// What fits to the protocol and the method.
Result<void> check_request(const TransferSpec& spec, const TransferSettings& settings,
                           const Secrets& secrets) {
  const bool is_ftp = spec.uri.starts_with("ftp:");
  const bool is_upload = spec.kind == TransferKind::Upload;
  if (is_ftp && !is_upload && settings.method != "GET" && settings.method != kFtpMethod) {
    return invalid_argument("FTP has no method " + settings.method);
  }
  if (is_ftp && secrets.server && !is_one_line(*secrets.server)) {
    return invalid_argument("control characters in the user or password for an FTP server");
  }
  if (!has_body(settings)) return {};
  if (is_ftp && !is_upload) return invalid_argument("a request for an FTP file has no body");
  if (settings.method == "HEAD") return invalid_argument("a HEAD request has no body");
  return {};
}

/// The spec of one item; everything but the folder is checked.
Result<TransferSpec> make_spec(TransferKind kind, const TransferSettings& settings,
                               const std::string& app, const WireItem& item, Secrets& secrets) {
  Result<RequestAddress> address = read_address(std::get<0>(item));
  if (!address.ok()) return address.error();
  if (address->login) secrets.server = std::move(address->login);
  TransferSpec spec;
  spec.kind = kind;
  spec.app = app;
  spec.uri = std::move(address->uri);
  spec.origin = std::move(address->origin);
  if (auto checked = check_request(spec, settings, secrets); !checked) {
    return std::move(checked).error();
  }
  const bool is_ftp_download = spec.uri.starts_with("ftp:") && kind == TransferKind::Download;
  spec.method = is_ftp_download ? std::string(kFtpMethod) : settings.method;
  spec.headers = settings.headers;
  spec.proxy = settings.proxy;
  spec.ca_file = settings.ca_file;
  spec.recoverable = settings.recoverable;
  spec.target.folder = std::get<1>(item);
  spec.target.file_name = std::get<2>(item);
  // A name that the response tells was chosen by nobody here: it never replaces anything.
  spec.target.collision =
      spec.target.file_name.empty() ? Collision::MakeUnique : settings.collision;
  spec.group = settings.group;
  spec.priority = settings.priority;
  spec.cost_policy = settings.cost_policy;
  spec.checksum = settings.checksum;
  spec.upload_wish = settings.upload_wish;
  spec.keep_when_ended = settings.keep;
  if (Result<void> checked = check_spec(spec); !checked.ok()) return checked.error();
  return spec;
}

/// Takes what is secret out of the settings that all items share.
Result<Secrets> take_secrets(TransferSettings& settings) {
  Secrets secrets;
  secrets.server = std::exchange(settings.server_login, std::nullopt);
  secrets.proxy = std::exchange(settings.proxy_login, std::nullopt);
  if (secrets.proxy && !is_one_line(*secrets.proxy)) {
    return invalid_argument("control characters in the user or password for the proxy");
  }
  auto proxy = read_proxy(settings.proxy);
  if (!proxy) return std::move(proxy).error();
  settings.proxy = std::move(proxy->settings);
  secrets.proxies = std::move(proxy->logins);
  for (const HeaderField& header : settings.headers) {
    if (auto checked = check_request_header(header.name, header.value); !checked) {
      return std::move(checked).error();
    }
  }
  take_secret_headers(settings.headers, secrets);
  return secrets;
}

}  // namespace

Result<Specs> make_specs(TransferKind kind, TransferSettings& settings, const std::string& app,
                         const std::vector<WireItem>& items) {
  if (auto body = check_body(kind, settings, items.size()); !body) return std::move(body).error();
  const auto common = take_secrets(settings);
  if (!common) return common.error();
  Specs specs;
  specs.list.reserve(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    Secrets secrets = *common;
    Result<TransferSpec> spec = make_spec(kind, settings, app, items[i], secrets);
    if (!spec.ok()) return with_index(spec.error(), i, items.size());
    spec->secret = entry_for(std::move(secrets), specs);
    specs.list.push_back(std::move(*spec));
  }
  return specs;
}

Error with_index(const Error& error, std::size_t index, std::size_t count) {
  if (count == 1) return error;
  Error named = error;
  named.detail = "download " + std::to_string(index) + ": " + error.message();
  named.operation.clear();
  named.subject.clear();
  return named;
}

}  // namespace lh
