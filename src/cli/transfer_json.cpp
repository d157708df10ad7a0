#include "cli/transfer_json.h"

#include <array>
#include <cstdio>
#include <optional>

#include <nlohmann/json.hpp>

#include "cli/human.h"
#include "cli/words.h"

namespace lh::cli {
namespace {

using Json = nlohmann::ordered_json;

template <typename T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}
Json or_null(const std::optional<longhaul::UtcTime>& time) {
  return time ? Json(rfc3339(*time)) : Json(nullptr);
}
Json or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

/// File names and headers may be any bytes; what is not UTF-8 is replaced.
std::string one_line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json error_json(const longhaul::TransferErrorInfo& error) {
  std::array<char, 16> hresult{};
  std::snprintf(hresult.data(), hresult.size(), "0x%08X", static_cast<unsigned>(error.HResult));
  Json json;
  json["status"] = web_error_name(error.Status);
  json["hresult"] = hresult.data();
  json["code"] = or_null(error.Code);
  json["kind"] = error.Kind;
  json["message"] = error.Message;
  return json;
}

Json reason_json(const TransferInfo& transfer) {
  if (transfer.Blockers.empty()) return nullptr;
  Json blockers = Json::array();
  for (const longhaul::BlockerInfo& blocker : transfer.Blockers) {
    Json json;
    json["kind"] = blocker.Kind;
    json["since"] = rfc3339(blocker.Since);
    json["until"] = or_null(blocker.Until);
    json["text"] = blocker.Text;
    blockers.push_back(std::move(json));
  }
  Json json;
  json["blockers"] = std::move(blockers);
  json["next_attempt"] = or_null(transfer.NextAttempt);
  return json;
}

Json to_json(const TransferInfo& transfer) {
  Json json;
  json["id"] = transfer.Id;
  json["kind"] = transfer.Kind == longhaul::TransferKind::Upload ? "upload" : "download";
  json["app"] = transfer.App;
  json["group"] = or_null(transfer.Group);
  json["url"] = transfer.Url;
  json["method"] = transfer.Method;
  json["file"] = or_null(transfer.File);
  json["status"] = status_name(transfer.Status);
  json["reason"] = reason_json(transfer);
  json["priority"] = priority_name(transfer.Priority);
  json["cost_policy"] = cost_policy_name(transfer.CostPolicy);
  json["bytes_received"] = transfer.BytesReceived;
  json["total_bytes_to_receive"] = or_null(transfer.TotalBytesToReceive);
  json["bytes_sent"] = transfer.BytesSent;
  // A download has nothing to send, and that is known.
  const bool sends = transfer.Kind == longhaul::TransferKind::Upload || transfer.TotalBytesToSend;
  json["total_bytes_to_send"] = sends ? or_null(transfer.TotalBytesToSend) : Json(0);
  json["has_restarted"] = transfer.HasRestarted;
  json["has_response_changed"] = transfer.HasResponseChanged;
  json["attempts"] = transfer.Attempts;
  json["error"] = transfer.Error ? error_json(*transfer.Error) : Json(nullptr);
  json["http_status"] = or_null(transfer.HttpStatus);
  json["created"] = rfc3339(transfer.Created);
  json["started"] = or_null(transfer.Started);
  json["ended"] = or_null(transfer.Ended);
  return json;
}

Json to_json(const longhaul::ResponseInfo& response) {
  Json headers = Json::array();
  for (const auto& [name, value] : response.Headers) headers.push_back(Json::array({name, value}));
  Json json;
  json["status"] = response.Status;
  json["url"] = response.Url;
  json["headers"] = std::move(headers);
  json["resumable"] = response.Resumable;
  return json;
}

Json network_json(const longhaul::ServiceStatus& status) {
  Json json;
  json["connected"] = status.Connected;
  json["internet"] = status.Internet;
  json["cost"] = status.Cost;
  json["roaming"] = status.Roaming;
  json["approaching_limit"] = status.ApproachingLimit;
  json["over_limit"] = status.OverLimit;
  json["restricted"] = status.Restricted;
  json["connection"] = or_null(status.Connection);
  json["interface"] = or_null(status.Interface);
  return json;
}

}  // namespace

std::string transfer_json(const TransferInfo& transfer) {
  return one_line(to_json(transfer));
}

std::string details_json(const longhaul::TransferDetails& details) {
  Json ranges = Json::array();
  for (const longhaul::BackgroundTransferFileRange& range : details.Ranges) {
    Json json;
    json["offset"] = range.Offset;
    json["length"] = range.Length;
    ranges.push_back(std::move(json));
  }
  Json json = to_json(details.Info);
  json["response"] = details.Response ? to_json(*details.Response) : Json(nullptr);
  if (details.Info.Kind == longhaul::TransferKind::Upload)
    json["upload_url"] = or_null(details.UploadUrl);
  json["ranges"] = std::move(ranges);
  return one_line(json);
}

std::string event_json(const longhaul::TransferEvent& event) {
  // The two flags belong to this report, not to the transfer's life.
  TransferInfo transfer = event.Transfer;
  transfer.HasRestarted = event.Restarted;
  transfer.HasResponseChanged = event.ResponseChanged;
  Json json;
  json["time"] = rfc3339(event.Time);
  json["event"] = event_name(event.Kind);
  json["id"] = transfer.Id;
  json["transfer"] = to_json(transfer);
  return one_line(json);
}

std::string status_json(const longhaul::ServiceStatus& status) {
  Json daemon;
  daemon["version"] = status.Version;
  daemon["pid"] = status.Pid;
  daemon["since"] = rfc3339(status.Since);
  daemon["secrets"] = or_null(status.Secrets);
  Json power;
  power["on_battery"] = or_null(status.OnBattery);
  power["percent"] = or_null(status.BatteryPercent);
  power["saver"] = or_null(status.PowerSaver);
  Json transfers;
  for (const BackgroundTransferStatus each : all_statuses())
    transfers[std::string(status_name(each))] = 0;
  for (const auto& [each, count] : status.Transfers)
    transfers[std::string(status_name(each))] = count;
  Json policy = Json::array();
  for (const BackgroundTransferCostPolicy each : status.MayRun)
    policy.push_back(cost_policy_name(each));
  Json json;
  json["daemon"] = std::move(daemon);
  json["network"] = network_json(status);
  json["power"] = std::move(power);
  json["transfers"] = std::move(transfers);
  json["policy"] = std::move(policy);
  return one_line(json);
}

std::string event_name(longhaul::TransferEvent::What what) {
  using enum longhaul::TransferEvent::What;
  switch (what) {
    case Created:
      return "created";
    case State:
      return "state";
    case Progress:
      return "progress";
    case Response:
      return "response";
    case Ended:
      return "ended";
    case Forgotten:
      return "forgotten";
  }
  return "unknown";
}

}  // namespace lh::cli
