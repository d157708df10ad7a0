#include "client/operation_creation.h"

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <span>
#include <vector>

#include "client/app_identity.h"
#include "client/body_spool.h"
#include "client/client_error.h"
#include "client/file_entry.h"
#include "client/service_connection.h"
#include "client/upload_creation.h"
#include "core/model/spec_check.h"
#include "ipc/names.h"

namespace longhaul::detail {
namespace {

/// The folder as the service knows it: without links, so that one file has one name.
std::string real_folder(const std::string& folder) {
  char* const resolved = ::realpath(folder.c_str(), nullptr);
  if (resolved == nullptr) lh::throw_error(lh::file_error(errno, "open the folder", folder));
  std::string text = resolved;
  std::free(resolved);
  return text;
}

std::shared_ptr<OperationCore> new_core(const std::shared_ptr<lh::ServiceConnection>& connection,
                                        lh::TransferKind kind, const lh::TransferId& id,
                                        const std::string& address, std::string file,
                                        const lh::TransferSettings& settings) {
  lh::Snapshot snapshot;
  snapshot.id = id;
  snapshot.kind = kind;
  snapshot.app = connection->app();
  snapshot.uri = address;
  snapshot.file = std::move(file);
  snapshot.method = settings.method;
  snapshot.group = settings.group;
  snapshot.priority = settings.priority;
  snapshot.cost_policy = settings.cost_policy;
  snapshot.created = std::chrono::floor<lh::Duration>(std::chrono::system_clock::now());
  return OperationCore::of(connection, std::move(snapshot));
}

}  // namespace

void require(const lh::Result<void>& checked) {
  if (!checked) lh::throw_error(checked.error());
}

DownloadTarget read_target(const IStorageFile& result_file) {
  if (!result_file) throw hresult_invalid_argument(L"the result file is null");
  lh::FolderAndName target = lh::split_path(to_string(result_file.Path()));
  require(lh::check_file_name(target.name));
  return {real_folder(target.folder), std::move(target.name)};
}

std::shared_ptr<OperationCore> create_download(const std::string& address,
                                               const DownloadTarget& target,
                                               const lh::TransferSettings& settings) {
  const auto connection = lh::ServiceConnection::of_app(lh::app_id());
  const auto ids =
      std::get<0>(lh::value_or_throw(connection->call_and_wait<std::vector<std::string>>(
          "CreateDownloads", lh::Repeat::Never, lh::encode_settings(settings),
          std::vector<lh::WireItem>{{address, target.folder, target.name}}, false)));
  const auto id = ids.size() == 1 ? lh::Guid::parse(ids.front()) : std::nullopt;
  if (!id) throw_hresult(hresult(lh::hr::kFail), L"the service gave no id");
  return new_core(connection, lh::TransferKind::Download, *id, address,
                  lh::join_path(target.folder, target.name), settings);
}

std::shared_ptr<OperationCore> create_upload(const std::string& address,
                                             const lh::TransferSettings& settings) {
  const auto connection = lh::ServiceConnection::of_app(lh::app_id());
  const lh::TransferId id = lh::create_upload(*connection, settings, address, false);
  return new_core(connection, lh::TransferKind::Upload, id, address, settings.body_file, settings);
}

std::shared_ptr<lh::UniqueFd> spool(AsyncStateBase& async, const IInputStream& stream) {
  const auto connection = lh::ServiceConnection::of_app(lh::app_id());
  return lh::spool_body(*connection,
                        [&async, read = lh::reader_of(stream)](std::span<std::uint8_t> into) {
                          if (async.has_ended()) throw hresult_canceled();
                          return read(into);
                        });
}

void take_back(const OperationCore& core) {
  std::function<void(lh::Answer<std::tuple<std::vector<lh::WireRefusal>>>)> ignore =
      [](const auto&) {};
  core.connection()->call<std::vector<lh::WireRefusal>>(
      "Control", lh::Repeat::Safe, std::move(ignore), std::string(lh::bus::verb::kCancel),
      std::vector<std::string>{core.snapshot().id.to_string()}, lh::WireDictionary());
}

}  // namespace longhaul::detail
