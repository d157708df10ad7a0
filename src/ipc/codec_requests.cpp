#include "core/model/spec_check.h"
#include "ipc/codec.h"
#include "ipc/codec_fields.h"
#include "ipc/codec_parts.h"
#include "ipc/names.h"

namespace lh {
namespace {

using namespace wire;
namespace key = bus::key;

using WireCount = sdbus::Struct<std::int32_t, std::uint64_t>;
using StatusCounts = std::vector<std::pair<BackgroundTransferStatus, std::uint64_t>>;

template <typename E>
std::vector<std::int32_t> numbers_of(const std::vector<E>& values) {
  std::vector<std::int32_t> out;
  out.reserve(values.size());
  for (const E value : values) out.push_back(static_cast<std::int32_t>(value));
  return out;
}

template <typename E, typename Convert>
std::optional<std::vector<E>> from_numbers(const std::vector<std::int32_t>& numbers,
                                           Convert convert) {
  std::vector<E> out;
  out.reserve(numbers.size());
  for (const std::int32_t number : numbers) {
    const std::optional<E> value = convert(number);
    if (!value) return std::nullopt;
    out.push_back(*value);
  }
  return out;
}

std::optional<std::vector<BackgroundTransferStatus>> to_statuses(
    const std::vector<std::int32_t>& numbers) {
  return from_numbers<BackgroundTransferStatus>(numbers, to_status);
}

std::optional<std::vector<BackgroundTransferCostPolicy>> to_cost_policies(
    const std::vector<std::int32_t>& numbers) {
  return from_numbers<BackgroundTransferCostPolicy>(numbers, to_cost_policy);
}

using WireLogin = sdbus::Struct<std::string, std::string>;
using WireProxy = sdbus::Struct<std::string, std::string, std::string, std::string>;

void write_login(WireDictionary& wire, const char* name, const std::optional<Login>& login) {
  if (login) wire.emplace(name, WireLogin(login->user, login->password));
}

std::optional<StatusCounts> to_counts(const std::vector<WireCount>& wire) {
  StatusCounts out;
  out.reserve(wire.size());
  for (const WireCount& count : wire) {
    const auto status = to_status(count.get<0>());
    if (!status) return std::nullopt;
    out.emplace_back(*status, count.get<1>());
  }
  return out;
}

/// Moves the value of `key` into `field` if it is there.
template <typename T>
void read(DictionaryReader& reader, const char* name, T& field) {
  if (std::optional<T> value = reader.take<T>(name)) field = std::move(*value);
}
template <typename T>
void read(DictionaryReader& reader, const char* name, std::optional<T>& field) {
  field = reader.take<T>(name);
}

void read_time(DictionaryReader& reader, const char* name, TimePoint& field) {
  if (const auto ms = reader.take<std::int64_t>(name)) field = from_ms(*ms);
}

void read_headers(DictionaryReader& reader, const char* name, HeaderList& field) {
  if (auto headers = reader.take<HeaderArray>(name)) field = decode_headers(std::move(*headers));
}

void read_login(DictionaryReader& reader, const char* name, std::optional<Login>& field) {
  if (auto login = reader.take<WireLogin>(name)) {
    field = Login{std::move(login->get<0>()), std::move(login->get<1>())};
  }
}

template <typename T>
void write(WireDictionary& wire, const char* name, const std::optional<T>& field) {
  if (field) wire.emplace(name, *field);
}

}  // namespace

WireDictionary encode_settings(const TransferSettings& settings) {
  WireDictionary wire;
  wire.emplace(key::kMethod, settings.method);
  if (!settings.headers.empty()) wire.emplace(key::kHeaders, encode_headers(settings.headers));
  wire.emplace(key::kPriority, static_cast<std::int32_t>(settings.priority));
  wire.emplace(key::kCostPolicy, static_cast<std::int32_t>(settings.cost_policy));
  if (!settings.group.empty()) wire.emplace(key::kGroup, settings.group);
  if (settings.checksum) {
    wire.emplace(key::kChecksum, settings.checksum->algorithm + ":" + settings.checksum->hex);
  }
  wire.emplace(key::kCollision, static_cast<std::uint32_t>(settings.collision));
  wire.emplace(key::kKeep, settings.keep);
  write_login(wire, key::kServerLogin, settings.server_login);
  write_login(wire, key::kProxyLogin, settings.proxy_login);
  if (const ProxySettings& proxy = settings.proxy; !proxy.empty()) {
    wire.emplace(key::kProxy, WireProxy(proxy.http, proxy.https, proxy.ftp, proxy.exceptions));
  }
  if (!settings.ca_file.empty()) wire.emplace(key::kCaFile, settings.ca_file);
  if (!settings.recoverable.empty()) {
    wire.emplace(key::kRecoverable, encode_web_errors(settings.recoverable));
  }
  if (!settings.body_file.empty()) wire.emplace(key::kBodyFile, settings.body_file);
  if (settings.body) wire.emplace(key::kBody, sdbus::UnixFd(settings.body->get()));
  if (settings.upload_wish != UploadWish::Automatic) {
    wire.emplace(key::kResumption, static_cast<std::uint32_t>(settings.upload_wish));
  }
  if (settings.tells_digest) wire.emplace(key::kDigest, true);
  if (!settings.parts.empty()) wire.emplace(key::kParts, encode_parts(settings.parts));
  if (!settings.subtype.empty()) wire.emplace(key::kSubtype, settings.subtype);
  if (!settings.boundary.empty()) wire.emplace(key::kBoundary, settings.boundary);
  if (settings.batch) wire.emplace(key::kBatch, *settings.batch);
  if (!settings.ids.empty()) {
    std::vector<std::string> texts;
    for (const TransferId& id : settings.ids) texts.push_back(id.to_string());
    wire.emplace(key::kIds, std::move(texts));
  }
  return wire;
}

Result<TransferSettings> decode_settings(const WireDictionary& wire) {
  TransferSettings settings;
  DictionaryReader reader(wire, "settings");
  read(reader, key::kMethod, settings.method);
  read_headers(reader, key::kHeaders, settings.headers);
  settings.priority = reader.take_checked<std::int32_t>(key::kPriority, to_priority)
                          .value_or(BackgroundTransferPriority::Default);
  settings.cost_policy = reader.take_checked<std::int32_t>(key::kCostPolicy, to_cost_policy)
                             .value_or(BackgroundTransferCostPolicy::Default);
  read(reader, key::kGroup, settings.group);
  if (const auto text = reader.take<std::string>(key::kChecksum)) {
    Result<Checksum> checksum = parse_checksum(*text);
    if (!checksum) return std::move(checksum).error();
    settings.checksum = std::move(*checksum);
  }
  const auto collision = reader.take_checked<std::uint32_t>(
      key::kCollision,
      [](std::uint32_t number) { return in_range(number, Collision::MakeUnique); });
  settings.collision = collision.value_or(Collision::Replace);
  read(reader, key::kKeep, settings.keep);
  read_login(reader, key::kServerLogin, settings.server_login);
  read_login(reader, key::kProxyLogin, settings.proxy_login);
  if (auto proxy = reader.take<WireProxy>(key::kProxy)) {
    settings.proxy = {proxy->get<0>(), proxy->get<1>(), proxy->get<2>(), proxy->get<3>()};
  }
  read(reader, key::kCaFile, settings.ca_file);
  if (auto statuses =
          reader.take_checked<std::vector<std::int32_t>>(key::kRecoverable, decode_web_errors)) {
    settings.recoverable = std::move(*statuses);
  }
  read(reader, key::kBodyFile, settings.body_file);
  if (auto body = reader.take<sdbus::UnixFd>(key::kBody)) {
    settings.body = std::make_shared<UniqueFd>(body->release());
  }
  const auto wish = reader.take_checked<std::uint32_t>(
      key::kResumption, [](std::uint32_t number) { return in_range(number, UploadWish::None); });
  settings.upload_wish = wish.value_or(UploadWish::Automatic);
  read(reader, key::kDigest, settings.tells_digest);
  if (auto parts = reader.take_checked<std::vector<WirePart>>(key::kParts, decode_parts)) {
    settings.parts = std::move(*parts);
  }
  read(reader, key::kSubtype, settings.subtype);
  read(reader, key::kBoundary, settings.boundary);
  settings.batch = reader.take<std::uint64_t>(key::kBatch);
  if (const auto texts = reader.take<std::vector<std::string>>(key::kIds)) {
    for (const std::string& text : *texts) {
      const std::optional<Guid> id = Guid::parse(text);
      if (!id) return invalid_argument("\"" + text + "\" is not a transfer id");
      settings.ids.push_back(*id);
    }
  }
  if (Result<void> finished = reader.finish(); !finished) return std::move(finished).error();
  return settings;
}

WireDictionary encode_change_request(const ChangeRequest& request) {
  WireDictionary wire;
  if (request.priority) {
    wire.emplace(key::kPriority, static_cast<std::int32_t>(*request.priority));
  }
  if (request.cost_policy) {
    wire.emplace(key::kCostPolicy, static_cast<std::int32_t>(*request.cost_policy));
  }
  if (!request.set_headers.empty()) {
    wire.emplace(key::kSetHeaders, encode_headers(request.set_headers));
  }
  if (!request.remove_headers.empty()) wire.emplace(key::kRemoveHeaders, request.remove_headers);
  write(wire, key::kUrl, request.uri);
  if (request.recoverable) wire.emplace(key::kRecoverable, encode_web_errors(*request.recoverable));
  return wire;
}

Result<ChangeRequest> decode_change_request(const WireDictionary& wire) {
  ChangeRequest request;
  DictionaryReader reader(wire, "changes");
  request.priority = reader.take_checked<std::int32_t>(key::kPriority, to_priority);
  request.cost_policy = reader.take_checked<std::int32_t>(key::kCostPolicy, to_cost_policy);
  read_headers(reader, key::kSetHeaders, request.set_headers);
  read(reader, key::kRemoveHeaders, request.remove_headers);
  read(reader, key::kUrl, request.uri);
  request.recoverable =
      reader.take_checked<std::vector<std::int32_t>>(key::kRecoverable, decode_web_errors);
  if (Result<void> finished = reader.finish(); !finished) return std::move(finished).error();
  return request;
}

WireDictionary encode_list_request(const ListRequest& request) {
  WireDictionary wire;
  write(wire, key::kApp, request.app);
  if (request.all_apps) wire.emplace(key::kAllApps, true);
  write(wire, key::kGroup, request.group);
  write(wire, key::kIdPrefix, request.id_prefix);
  if (!request.statuses.empty()) wire.emplace(key::kStatuses, numbers_of(request.statuses));
  return wire;
}

Result<ListRequest> decode_list_request(const WireDictionary& wire) {
  ListRequest request;
  DictionaryReader reader(wire, "filter");
  read(reader, key::kApp, request.app);
  read(reader, key::kAllApps, request.all_apps);
  read(reader, key::kGroup, request.group);
  read(reader, key::kIdPrefix, request.id_prefix);
  if (auto statuses = reader.take_checked<std::vector<std::int32_t>>(key::kStatuses, to_statuses)) {
    request.statuses = std::move(*statuses);
  }
  if (Result<void> finished = reader.finish(); !finished) return std::move(finished).error();
  return request;
}

WireDictionary encode_hello(const HelloReply& reply) {
  WireDictionary wire;
  wire.emplace(key::kVersion, reply.version);
  wire.emplace(key::kPid, reply.pid);
  wire.emplace(key::kSince, to_ms(reply.since));
  wire.emplace(key::kStateFolder, as_utf8(reply.state_folder));
  return wire;
}

Result<HelloReply> decode_hello(const WireDictionary& wire) {
  HelloReply reply;
  DictionaryReader reader(wire, "the service's introduction");
  read(reader, key::kVersion, reply.version);
  read(reader, key::kPid, reply.pid);
  read_time(reader, key::kSince, reply.since);
  read(reader, key::kStateFolder, reply.state_folder);
  if (Result<void> finished = reader.finish(); !finished) return std::move(finished).error();
  return reply;
}

WireDictionary encode_status_report(const StatusReport& report) {
  WireDictionary wire;
  wire.emplace(key::kVersion, report.version);
  wire.emplace(key::kPid, report.pid);
  wire.emplace(key::kSince, to_ms(report.since));
  wire.emplace(key::kStateFolder, as_utf8(report.state_folder));
  wire.emplace(key::kConfigFile, as_utf8(report.config_file));
  std::vector<WireCount> counts;
  counts.reserve(report.transfers.size());
  for (const auto& [status, count] : report.transfers) {
    counts.emplace_back(static_cast<std::int32_t>(status), count);
  }
  wire.emplace(key::kTransfers, counts);
  wire.emplace(key::kConnected, report.connected);
  wire.emplace(key::kInternet, report.internet);
  wire.emplace(key::kCost, static_cast<std::int32_t>(report.cost));
  wire.emplace(key::kRoaming, report.roaming);
  wire.emplace(key::kApproachingLimit, report.approaching_limit);
  wire.emplace(key::kOverLimit, report.over_limit);
  wire.emplace(key::kRestricted, report.restricted);
  wire.emplace(key::kConnection, report.connection);
  wire.emplace(key::kNetworkInterface, report.network_interface);
  write(wire, key::kOnBattery, report.on_battery);
  write(wire, key::kBatteryPercent, report.battery_percent);
  write(wire, key::kPowerSaver, report.power_saver);
  wire.emplace(key::kMayRun, numbers_of(report.may_run));
  wire.emplace(key::kSecrets, report.secrets);
  wire.emplace(key::kSpoolMax, report.spool_max);
  return wire;
}

Result<StatusReport> decode_status_report(const WireDictionary& wire) {
  StatusReport report;
  DictionaryReader reader(wire, "status report");
  read(reader, key::kVersion, report.version);
  read(reader, key::kPid, report.pid);
  read_time(reader, key::kSince, report.since);
  read(reader, key::kStateFolder, report.state_folder);
  read(reader, key::kConfigFile, report.config_file);
  if (auto counts = reader.take_checked<std::vector<WireCount>>(key::kTransfers, to_counts)) {
    report.transfers = std::move(*counts);
  }
  read(reader, key::kConnected, report.connected);
  read(reader, key::kInternet, report.internet);
  report.cost =
      reader
          .take_checked<std::int32_t>(
              key::kCost,
              [](std::int32_t number) { return in_range(number, NetworkCostType::Variable); })
          .value_or(NetworkCostType::Unknown);
  read(reader, key::kRoaming, report.roaming);
  read(reader, key::kApproachingLimit, report.approaching_limit);
  read(reader, key::kOverLimit, report.over_limit);
  read(reader, key::kRestricted, report.restricted);
  read(reader, key::kConnection, report.connection);
  read(reader, key::kNetworkInterface, report.network_interface);
  read(reader, key::kOnBattery, report.on_battery);
  read(reader, key::kBatteryPercent, report.battery_percent);
  read(reader, key::kPowerSaver, report.power_saver);
  if (auto policies =
          reader.take_checked<std::vector<std::int32_t>>(key::kMayRun, to_cost_policies)) {
    report.may_run = std::move(*policies);
  }
  read(reader, key::kSecrets, report.secrets);
  read(reader, key::kSpoolMax, report.spool_max);
  if (Result<void> finished = reader.finish(); !finished) return std::move(finished).error();
  return report;
}

}  // namespace lh
