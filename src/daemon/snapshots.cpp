#include "daemon/snapshots.h"

#include <algorithm>

namespace lh {

std::string answers_folder_of(const std::string& state_folder) {
  return state_folder + "/responses";
}

std::string result_path(const Transfer& transfer) {
  const std::string& name =
      transfer.state.file_name.empty() ? transfer.spec.target.file_name : transfer.state.file_name;
  if (name.empty()) return {};
  const std::string& folder = transfer.spec.target.folder;
  return folder == "/" ? "/" + name : folder + "/" + name;
}

/// R97: none of what was not one file of the app's.
std::string source_path(const Transfer& transfer) {
  const auto& body = transfer.spec.body;
  return body && !body->is_spooled ? body->file : std::string();
}

Snapshot make_snapshot(const Transfer& transfer, const Facts& facts, QueueHold hold,
                       std::uint64_t sequence) {
  const TransferSpec& spec = transfer.spec;
  const TransferState& state = transfer.state;
  Snapshot s;
  s.id = transfer.id;
  s.kind = spec.kind;
  s.app = spec.app;
  s.group = spec.group;
  s.uri = spec.uri;
  s.method = spec.method;
  s.file = spec.kind == TransferKind::Upload ? source_path(transfer) : result_path(transfer);
  s.status = status_of(transfer, facts);
  s.priority = spec.priority;
  s.cost_policy = spec.cost_policy;
  s.bytes_received = transfer.live.attempt != 0 || transfer.live.file_job
                         ? transfer.live.received
                         : state.stored.prefix_length();
  s.total_to_receive = state.total;
  s.bytes_sent = transfer.live.attempt != 0 ? transfer.live.sent : state.sent;
  s.total_to_send = state.send_total.value_or(0);
  s.restarts = state.restarts;
  s.has_response_changed = state.has_response_changed;
  s.started = state.phase != Phase::Created && state.started.has_value();
  s.attempts = state.attempts;
  if (state.response) s.http_status = state.response->status;
  s.created = state.created;
  s.started_at = state.started;
  s.ended_at = state.ended;
  s.sequence = sequence;
  s.error = state.error;
  s.recoverable = spec.recoverable;
  s.blockers = blockers_of(transfer, facts, hold);
  s.next_attempt = state.wake_at;
  return s;
}

Details make_details(const Transfer& transfer) {
  Details details;
  details.response = transfer.state.response;
  if (details.response) {
    details.resumable = is_resumable(*details.response, transfer.spec.method);
  }
  if (transfer.state.upload) details.upload_uri = transfer.state.upload->uri;
  RangeSet ranges = transfer.state.stored;
  if (transfer.live.received > 0) ranges.add(0, transfer.live.received);
  details.ranges = ranges.ranges();
  return details;
}

}  // namespace lh
