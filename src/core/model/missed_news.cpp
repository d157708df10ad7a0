#include "core/model/missed_news.h"

namespace lh {

std::optional<Change> news_between(const Snapshot& before, const Snapshot& after, TimePoint now) {
  Change change;
  change.time = now;
  change.snapshot = after;
  // A request that nobody saw answered may have brought another response.
  change.response_changed =
      after.http_status.has_value() &&
      (after.http_status != before.http_status || after.attempts != before.attempts);
  change.restarted = after.restarts != before.restarts;
  if (has_ended(after.status)) {
    change.what = Change::What::Ended;
  } else if (after.status != before.status || after.started != before.started ||
             after.blockers != before.blockers || after.error != before.error ||
             after.next_attempt != before.next_attempt) {
    change.what = Change::What::Status;
  } else if (change.response_changed) {
    change.what = Change::What::Response;
  } else if (after.bytes_received != before.bytes_received ||
             after.total_to_receive != before.total_to_receive ||
             after.bytes_sent != before.bytes_sent || after.file != before.file ||
             change.restarted) {
    change.what = Change::What::Progress;
  } else {
    return std::nullopt;
  }
  return change;
}

std::optional<Change> missed_status(const Snapshot& before, const Change& next) {
  const bool is_within = next.what == Change::What::Response || next.what == Change::What::Progress;
  if (!is_within || before.status == next.snapshot.status) return std::nullopt;
  Change change = next;
  change.what = Change::What::Status;
  change.response_changed = change.restarted = false;
  return change;
}

}  // namespace lh
