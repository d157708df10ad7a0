#include "client/transfer_info.h"

#include <string_view>
#include <utility>
#include <vector>

#include "client/news.h"

namespace lh {
namespace {

using longhaul::TransferErrorInfo;
using longhaul::TransferEvent;
using longhaul::TransferInfo;

TransferErrorInfo to_error_info(TransferError error) {
  TransferErrorInfo info;
  info.Status = error.status;
  info.HResult = error.hresult;
  info.Code = error.http_status;
  info.Kind = std::string(error_kind_name(error.kind));
  info.Message = std::move(error.message);
  return info;
}

TransferEvent::What to_what(Change::What what) {
  switch (what) {
    case Change::What::Created:
      return TransferEvent::What::Created;
    case Change::What::Status:
      return TransferEvent::What::State;
    case Change::What::Progress:
      return TransferEvent::What::Progress;
    case Change::What::Response:
      return TransferEvent::What::Response;
    case Change::What::Ended:
      return TransferEvent::What::Ended;
    case Change::What::Forgotten:
      return TransferEvent::What::Forgotten;
  }
  return TransferEvent::What::Progress;
}

using StatusCounts = std::vector<std::pair<BackgroundTransferStatus, std::uint64_t>>;

StatusCounts every_status_once(const StatusCounts& known) {
  using enum BackgroundTransferStatus;
  StatusCounts all;
  for (const BackgroundTransferStatus status :
       {Idle, Running, PausedByApplication, PausedCostedNetwork, PausedNoNetwork, Completed,
        Canceled, Error, PausedRecoverableWebErrorStatus, PausedSystemPolicy}) {
    std::uint64_t count = 0;
    for (const auto& [other, number] : known) count += other == status ? number : 0;
    all.emplace_back(status, count);
  }
  return all;
}

std::string_view cost_name(NetworkCostType cost) {
  switch (cost) {
    case NetworkCostType::Unknown:
      return "Unknown";
    case NetworkCostType::Unrestricted:
      return "Unrestricted";
    case NetworkCostType::Fixed:
      return "Fixed";
    case NetworkCostType::Variable:
      return "Variable";
  }
  return "Unknown";
}

}  // namespace

TransferInfo to_info(Snapshot s) {
  TransferInfo info;
  info.Id = s.id.to_string();
  info.Kind = s.kind == TransferKind::Upload ? longhaul::TransferKind::Upload
                                             : longhaul::TransferKind::Download;
  info.App = std::move(s.app);
  info.Group = std::move(s.group);
  info.Url = std::move(s.uri);
  info.Method = std::move(s.method);
  info.File = std::move(s.file);
  info.Status = s.status;
  for (Blocker& blocker : s.blockers) {
    info.Blockers.push_back({std::string(blocker_kind_name(blocker.kind)), blocker.since,
                             blocker.until, std::move(blocker.text)});
  }
  info.NextAttempt = s.next_attempt;
  info.Priority = s.priority;
  info.CostPolicy = s.cost_policy;
  info.BytesReceived = s.bytes_received;
  info.TotalBytesToReceive = s.total_to_receive;
  info.BytesSent = s.bytes_sent;
  info.TotalBytesToSend = s.total_to_send;
  info.HasRestarted = s.restarts > 0;
  info.HasResponseChanged = s.has_response_changed;
  info.Attempts = s.attempts;
  if (s.error) info.Error = to_error_info(std::move(*s.error));
  info.HttpStatus = s.http_status;
  info.Created = s.created;
  info.Started = s.started_at;
  info.Ended = s.ended_at;
  return info;
}

TransferEvent to_event(const Change& change) {
  TransferEvent event;
  event.Kind = to_what(change.what);
  event.ResponseChanged = change.response_changed;
  event.Restarted = change.restarted;
  event.Time = change.time;
  event.Transfer = to_info(change.snapshot);
  return event;
}

longhaul::TransferDetails to_details(Snapshot snapshot, Details details) {
  longhaul::TransferDetails out;
  out.Info = to_info(std::move(snapshot));
  out.Ranges = std::move(details.ranges);
  out.UploadUrl = std::move(details.upload_uri);
  if (!details.response) return out;
  longhaul::ResponseInfo response;
  response.Status = details.response->status;
  response.Url = std::move(details.response->uri);
  for (HeaderField& field : details.response->headers) {
    response.Headers.emplace_back(std::move(field.name), std::move(field.value));
  }
  response.Resumable = details.resumable;
  out.Response = std::move(response);
  return out;
}

longhaul::ServiceStatus to_service_status(StatusReport r) {
  longhaul::ServiceStatus status;
  status.Version = std::move(r.version);
  status.Pid = r.pid;
  status.Since = r.since;
  status.StateFolder = std::move(r.state_folder);
  status.ConfigFile = std::move(r.config_file);
  status.Transfers = every_status_once(r.transfers);
  status.Connected = r.connected;
  status.Internet = r.internet;
  status.Cost = std::string(cost_name(r.cost));
  status.Roaming = r.roaming;
  status.ApproachingLimit = r.approaching_limit;
  status.OverLimit = r.over_limit;
  status.Restricted = r.restricted;
  status.Connection = std::move(r.connection);
  status.Interface = std::move(r.network_interface);
  status.OnBattery = r.on_battery;
  status.BatteryPercent = r.battery_percent;
  status.PowerSaver = r.power_saver;
  status.MayRun = std::move(r.may_run);
  status.Secrets = std::move(r.secrets);
  return status;
}

}  // namespace lh

namespace longhaul {

bool TransferInfo::HasEnded() const {
  return lh::has_ended(Status);
}

}  // namespace longhaul
