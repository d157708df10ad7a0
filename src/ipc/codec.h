#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sdbus-c++/sdbus-c++.h>

#include "core/base/result.h"
#include "core/http/multipart.h"
#include "core/model/facts.h"
#include "core/model/secrets.h"
#include "core/model/snapshot.h"
#include "platform/unique_fd.h"

namespace lh {

/// Model values ↔ bus values. Encoding never fails and is cheap. Decoding refuses what it does not
/// know (keys, types, numbers of enumerations) with InvalidArgument that names it; no exception
/// leaves. Types as in org.longhaul.Transfers1.xml.

using WireDictionary = std::map<std::string, sdbus::Variant>;
using WireSnapshot =
    sdbus::Struct<std::string, std::uint32_t, std::string, std::string, std::string, std::string,
                  std::string, std::int32_t, std::int32_t, std::int32_t, std::uint64_t,
                  std::uint64_t, std::uint64_t, std::uint64_t, std::uint32_t, std::uint32_t,
                  std::uint32_t, std::int64_t, std::int64_t, std::int64_t, std::uint64_t,
                  WireDictionary>;
using WireChange = sdbus::Struct<std::uint32_t, std::uint32_t, std::int64_t, WireSnapshot>;
/// uri, folder, file name or "".
using WireItem = sdbus::Struct<std::string, std::string, std::string>;
/// id, HRESULT, message.
using WireRefusal = sdbus::Struct<std::string, std::int32_t, std::string>;

[[nodiscard]] WireSnapshot encode_snapshot(Snapshot snapshot);
[[nodiscard]] Result<Snapshot> decode_snapshot(WireSnapshot wire);
[[nodiscard]] WireChange encode_change(Change change);
[[nodiscard]] Result<Change> decode_change(WireChange wire);

[[nodiscard]] WireDictionary encode_details(const Details& details);
[[nodiscard]] Result<Details> decode_details(const WireDictionary& wire);

/// Settings that the transfers of one call share.
struct TransferSettings {
  std::string method = "GET";
  HeaderList headers;
  BackgroundTransferPriority priority = BackgroundTransferPriority::Default;
  BackgroundTransferCostPolicy cost_policy = BackgroundTransferCostPolicy::Default;
  std::string group;
  std::optional<Checksum> checksum;
  Collision collision = Collision::Replace;
  bool keep = false;                  ///< TransferSpec::keep_when_ended
  std::optional<Login> server_login;  ///< R64
  std::optional<Login> proxy_login;
  ProxySettings proxy;             ///< may hold users and passwords
  std::string body_file;           ///< what the requests send (R57): absolute path; empty: nothing
  std::shared_ptr<UniqueFd> body;  ///< or a regular file, which the service copies
  UploadWish upload_wish = UploadWish::Automatic;
  bool tells_digest = false;    ///< of what is uploaded
  std::vector<BodyPart> parts;  ///< or what an upload is made of (R88)
  std::string subtype;          ///< of the parts; empty: form-data
  std::string boundary;         ///< of the parts; empty: generated
  std::string ca_file;
  std::vector<WebErrorStatus> recoverable;  ///< R155
  std::optional<std::uint64_t> batch;       ///< of BeginBatch
  std::vector<TransferId> ids;              ///< chosen by the client; empty: by the service

  friend bool operator==(const TransferSettings&, const TransferSettings&) = default;
};
[[nodiscard]] WireDictionary encode_settings(const TransferSettings& settings);
[[nodiscard]] Result<TransferSettings> decode_settings(const WireDictionary& wire);

/// What Change changes. Absent and empty mean unchanged.
struct ChangeRequest {
  std::optional<BackgroundTransferPriority> priority;
  std::optional<BackgroundTransferCostPolicy> cost_policy;
  HeaderList set_headers;                   ///< values of one name concatenate (R58)
  std::vector<std::string> remove_headers;  ///< R61
  std::optional<std::string> uri;           ///< R159
  std::optional<std::vector<WebErrorStatus>> recoverable;

  friend bool operator==(const ChangeRequest&, const ChangeRequest&) = default;
};
[[nodiscard]] WireDictionary encode_change_request(const ChangeRequest& request);
[[nodiscard]] Result<ChangeRequest> decode_change_request(const WireDictionary& wire);

/// What List selects.
struct ListRequest {
  std::optional<std::string> app;  ///< absent: the caller's own
  bool all_apps = false;
  std::optional<std::string> group;                ///< empty text: only those in no group
  std::optional<std::string> id_prefix;            ///< text form of the id, in lower case
  std::vector<BackgroundTransferStatus> statuses;  ///< empty: all

  friend bool operator==(const ListRequest&, const ListRequest&) = default;
};
[[nodiscard]] WireDictionary encode_list_request(const ListRequest& request);
[[nodiscard]] Result<ListRequest> decode_list_request(const WireDictionary& wire);

/// What Hello answers.
struct HelloReply {
  std::string version;
  std::int32_t pid = 0;
  TimePoint since{};
  std::string state_folder;

  friend bool operator==(const HelloReply&, const HelloReply&) = default;
};
[[nodiscard]] WireDictionary encode_hello(const HelloReply& reply);
[[nodiscard]] Result<HelloReply> decode_hello(const WireDictionary& wire);

/// What Status answers (service.h, ServiceStatus).
struct StatusReport {
  std::string version;
  std::int32_t pid = 0;
  TimePoint since{};
  std::string state_folder;
  std::string config_file;
  std::vector<std::pair<BackgroundTransferStatus, std::uint64_t>> transfers;
  bool connected = true;
  bool internet = true;
  NetworkCostType cost = NetworkCostType::Unknown;
  bool roaming = false;
  bool approaching_limit = false;
  bool over_limit = false;
  bool restricted = false;
  std::string connection;         ///< empty: not known
  std::string network_interface;  ///< empty: not known
  std::optional<bool> on_battery;
  std::optional<double> battery_percent;
  std::optional<bool> power_saver;
  std::vector<BackgroundTransferCostPolicy> may_run;
  std::string secrets;      ///< where credentials are kept; empty: nowhere yet
  ByteCount spool_max = 0;  ///< for copies of streams

  friend bool operator==(const StatusReport&, const StatusReport&) = default;
};
[[nodiscard]] WireDictionary encode_status_report(const StatusReport& report);
[[nodiscard]] Result<StatusReport> decode_status_report(const WireDictionary& wire);

}  // namespace lh
