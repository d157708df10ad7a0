#include "longhaul/background_downloader.h"

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "client/app_identity.h"
#include "client/body_spool.h"
#include "client/callback_thread.h"
#include "client/client_error.h"
#include "client/downloader_state.h"
#include "client/file_entry.h"
#include "client/guid_convert.h"
#include "client/operation_core.h"
#include "client/proxy_environment.h"
#include "client/quiet_thread.h"
#include "client/service_connection.h"
#include "core/model/request_headers.h"
#include "core/model/spec_check.h"
#include "ipc/names.h"

namespace longhaul {
namespace {

using Enumeration = detail::AsyncState<IVectorView<DownloadOperation>>;

constexpr std::uint32_t kPage = 1000;

void check(const lh::Result<void>& checked) {
  if (!checked) lh::throw_error(checked.error());
}

/// The folder as the service knows it: without links, so that one file has one name.
std::string real_folder(const std::string& folder) {
  char* const resolved = ::realpath(folder.c_str(), nullptr);
  if (resolved == nullptr) lh::throw_error(lh::file_error(errno, "open the folder", folder));
  std::string text = resolved;
  std::free(resolved);
  return text;
}

std::optional<lh::Login> login_of(const PasswordCredential& credential) {
  if (!credential) return std::nullopt;
  lh::Login login{to_string(credential.UserName()), to_string(credential.Password())};
  if (login.user.empty() || login.password.empty()) {
    throw hresult_invalid_argument(L"a credential has a user name and a password");
  }
  return login;
}

/// For a download that is created now.
lh::TransferSettings settings_of(detail::DownloaderState& own) {
  const std::lock_guard lock(own.mutex);
  lh::TransferSettings settings = own.settings;
  settings.server_login = login_of(own.server_credential);
  settings.proxy_login = login_of(own.proxy_credential);
  if (!own.has_proxy) settings.proxy = lh::proxy_from_environment();
  return settings;
}

lh::Snapshot new_snapshot(const lh::Guid& id, const std::string& app, std::string uri,
                          std::string file, const lh::TransferSettings& settings) {
  lh::Snapshot snapshot;
  snapshot.id = id;
  snapshot.app = app;
  snapshot.uri = std::move(uri);
  snapshot.file = std::move(file);
  snapshot.method = settings.method;
  snapshot.group = settings.group;
  snapshot.priority = settings.priority;
  snapshot.cost_policy = settings.cost_policy;
  snapshot.created = std::chrono::floor<lh::Duration>(std::chrono::system_clock::now());
  return snapshot;
}

/// What one call asks for, checked.
struct Wish {
  std::string address;
  std::string folder;  ///< without links
  std::string name;
};

Wish read_wish(const Uri& uri, const IStorageFile& result_file) {
  if (!uri) throw hresult_invalid_argument(L"the URI is null");
  if (!result_file) throw hresult_invalid_argument(L"the result file is null");
  check(lh::check_scheme(to_string(uri.SchemeName())));
  lh::FolderAndName target = lh::split_path(to_string(result_file.Path()));
  check(lh::check_file_name(target.name));
  return {to_string(uri.AbsoluteUri()), real_folder(target.folder), std::move(target.name)};
}

DownloadOperation create(const Wish& wish, const lh::TransferSettings& settings) {
  const auto connection = lh::ServiceConnection::of_app(lh::app_id());
  const auto ids =
      std::get<0>(lh::value_or_throw(connection->call_and_wait<std::vector<std::string>>(
          "CreateDownloads", lh::Repeat::Never, lh::encode_settings(settings),
          std::vector<lh::WireItem>{{wish.address, wish.folder, wish.name}}, false)));
  const auto id = ids.size() == 1 ? lh::Guid::parse(ids.front()) : std::nullopt;
  if (!id) throw_hresult(hresult(lh::hr::kFail), L"the service gave no id");
  return DownloadOperation(detail::OperationCore::of(
      connection, new_snapshot(*id, connection->app(), wish.address,
                               lh::join_path(wish.folder, wish.name), settings)));
}

void take_back(const DownloadOperation& operation) {
  const auto connection = lh::ServiceConnection::of_app(lh::app_id());
  std::function<void(lh::Answer<std::tuple<std::vector<lh::WireRefusal>>>)> ignore =
      [](const auto&) {};
  connection->call<std::vector<lh::WireRefusal>>(
      "Control", lh::Repeat::Safe, std::move(ignore), std::string(lh::bus::verb::kCancel),
      std::vector<std::string>{lh::from_public(operation.Guid()).to_string()},
      lh::WireDictionary());
}

/// Until the end of the stream, or until nobody waits for it any more.
std::shared_ptr<lh::UniqueFd> spool(detail::AsyncStateBase& async, const IInputStream& stream) {
  const auto connection = lh::ServiceConnection::of_app(lh::app_id());
  return lh::spool_body(*connection,
                        [&async, read = lh::reader_of(stream)](std::span<std::uint8_t> into) {
                          if (async.has_ended()) throw hresult_canceled();
                          return read(into);
                        });
}

/// Goes through the list page by page, then asks for the response of each that has one. On the
/// connection's thread.
class Enumerator : public std::enable_shared_from_this<Enumerator> {
 public:
  Enumerator(std::shared_ptr<lh::ServiceConnection> connection, std::shared_ptr<Enumeration> async)
      : connection_(std::move(connection)), async_(std::move(async)) {}

  void next_page() {
    lh::ListRequest request;
    request.group = std::string();
    std::function<void(Page)> done = [self = shared_from_this()](Page page) {
      if (!page) {
        self->async_->end_failed(hresult(page.error.hresult), hstring(page.error.message));
      } else {
        self->take(std::move(std::get<0>(*page.value)));
      }
    };
    connection_->call<std::vector<lh::WireSnapshot>>(
        "List", lh::Repeat::Safe, std::move(done), lh::encode_list_request(request), after_, kPage);
  }

 private:
  using Page = lh::Answer<std::tuple<std::vector<lh::WireSnapshot>>>;

  void take(std::vector<lh::WireSnapshot> page) {
    const bool is_last = page.empty();
    for (lh::WireSnapshot& wire : page) {
      lh::Result<lh::Snapshot> snapshot = lh::decode_snapshot(std::move(wire));
      if (!snapshot) continue;
      after_ = snapshot->sequence;
      if (snapshot->kind != lh::TransferKind::Download) continue;
      const bool has_response = snapshot->http_status.has_value();
      auto core = detail::OperationCore::of(connection_, std::move(*snapshot));
      if (has_response && core->response() == nullptr) fetch_response(core);
      found_.emplace_back(std::move(core));
    }
    if (!is_last) return next_page();
    listed_ = true;
    finish_if_done();
  }

  void fetch_response(const std::shared_ptr<detail::OperationCore>& core) {
    ++pending_;
    std::function<void(lh::Answer<std::tuple<lh::WireDictionary>>)> done =
        [self = shared_from_this(), core](lh::Answer<std::tuple<lh::WireDictionary>> answer) {
          if (answer) {
            if (const auto details = lh::decode_details(std::get<0>(*answer.value))) {
              core->set_response(*details);
            }
          }
          --self->pending_;
          self->finish_if_done();
        };
    connection_->call<lh::WireDictionary>("Details", lh::Repeat::Safe, std::move(done),
                                          core->snapshot().id.to_string());
  }

  void finish_if_done() {
    if (listed_ && pending_ == 0) {
      async_->complete(IVectorView<DownloadOperation>(std::move(found_)));
    }
  }

  std::shared_ptr<lh::ServiceConnection> connection_;
  std::shared_ptr<Enumeration> async_;
  std::vector<DownloadOperation> found_;
  std::uint64_t after_ = 0;
  std::size_t pending_ = 0;
  bool listed_ = false;
};

}  // namespace

BackgroundDownloader::BackgroundDownloader()
    : state_(std::make_shared<detail::DownloaderState>()) {}

detail::DownloaderState& BackgroundDownloader::state() const {
  if (!state_) throw_hresult(hresult(0x80004003U), L"the downloader is null");
  return *state_;
}

DownloadOperation BackgroundDownloader::CreateDownload(const Uri& uri,
                                                       const IStorageFile& resultFile) const {
  return create(read_wish(uri, resultFile), settings_of(state()));
}

DownloadOperation BackgroundDownloader::CreateDownload(const Uri& uri,
                                                       const IStorageFile& resultFile,
                                                       const IStorageFile& requestBodyFile) const {
  if (!requestBodyFile) return CreateDownload(uri, resultFile);
  const Wish wish = read_wish(uri, resultFile);
  lh::TransferSettings settings = settings_of(state());
  settings.body_file = to_string(requestBodyFile.Path());
  return create(wish, settings);
}

IAsyncOperation<DownloadOperation> BackgroundDownloader::CreateDownloadAsync(
    const Uri& uri, const IStorageFile& resultFile, const IInputStream& requestBodyStream) const {
  using Creation = detail::AsyncState<DownloadOperation>;
  auto async = std::make_shared<Creation>(lh::run_on_callback_thread);
  auto work = [async, wish = read_wish(uri, resultFile), settings = settings_of(state()),
               stream = requestBodyStream]() mutable {
    try {
      if (stream) settings.body = spool(*async, stream);
      if (async->has_ended()) return;
      const DownloadOperation created = create(wish, settings);
      // Canceled meanwhile: nobody will ever start it.
      if (!async->complete(created)) take_back(created);
    } catch (...) {
      async->end_with_current_exception();
    }
  };
  // The stream may be slow, and its handlers run on the callback thread.
  lh::start_quiet_thread("lh-create", std::move(work));
  return IAsyncOperation<DownloadOperation>(std::move(async));
}

IAsyncOperation<IVectorView<DownloadOperation>> BackgroundDownloader::GetCurrentDownloadsAsync() {
  auto async = std::make_shared<Enumeration>(lh::run_on_callback_thread);
  const auto connection = lh::ServiceConnection::of_app(lh::app_id());
  const auto enumerator = std::make_shared<Enumerator>(connection, async);
  // What this program was told the end of is not found again.
  connection->when_collected([enumerator] { enumerator->next_page(); });
  return IAsyncOperation<IVectorView<DownloadOperation>>(std::move(async));
}

void BackgroundDownloader::SetRequestHeader(const hstring& headerName,
                                            const hstring& headerValue) const {
  const std::string name = to_string(headerName);
  const std::string value = to_string(headerValue);
  check(lh::check_request_header(name, value));
  detail::DownloaderState& own = state();
  const std::lock_guard lock(own.mutex);
  lh::add_request_header(own.settings.headers, {name, value});
}

hstring BackgroundDownloader::Method() const {
  detail::DownloaderState& own = state();
  const std::lock_guard lock(own.mutex);
  return hstring(own.settings.method);
}

void BackgroundDownloader::Method(const hstring& value) const {
  check(lh::check_method(to_string(value)));
  detail::DownloaderState& own = state();
  const std::lock_guard lock(own.mutex);
  own.settings.method = to_string(value);
}

BackgroundTransferCostPolicy BackgroundDownloader::CostPolicy() const {
  detail::DownloaderState& own = state();
  const std::lock_guard lock(own.mutex);
  return own.settings.cost_policy;
}

void BackgroundDownloader::CostPolicy(BackgroundTransferCostPolicy value) const {
  detail::DownloaderState& own = state();
  const std::lock_guard lock(own.mutex);
  own.settings.cost_policy = value;
}

PasswordCredential BackgroundDownloader::ServerCredential() const {
  detail::DownloaderState& own = state();
  const std::lock_guard lock(own.mutex);
  return own.server_credential;
}

void BackgroundDownloader::ServerCredential(const PasswordCredential& value) const {
  detail::DownloaderState& own = state();
  const std::lock_guard lock(own.mutex);
  own.server_credential = value;
}

PasswordCredential BackgroundDownloader::ProxyCredential() const {
  detail::DownloaderState& own = state();
  const std::lock_guard lock(own.mutex);
  return own.proxy_credential;
}

void BackgroundDownloader::ProxyCredential(const PasswordCredential& value) const {
  detail::DownloaderState& own = state();
  const std::lock_guard lock(own.mutex);
  own.proxy_credential = value;
}

}  // namespace longhaul
