#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/model/blocker.h"
#include "core/model/transfer.h"

namespace lh {

/// An operation as it is shown: what crosses the bus, what a client's handle remembers, what JSON
/// is made of. No secrets.
struct Snapshot {
  TransferId id;
  TransferKind kind = TransferKind::Download;
  std::string app;
  std::string group;
  std::string uri;
  std::string method;
  std::string file;  ///< absolute path; empty until the name is known
  BackgroundTransferStatus status = BackgroundTransferStatus::Idle;
  BackgroundTransferPriority priority = BackgroundTransferPriority::Default;
  BackgroundTransferCostPolicy cost_policy = BackgroundTransferCostPolicy::Default;
  ByteCount bytes_received = 0;
  std::optional<ByteCount> total_to_receive;
  ByteCount bytes_sent = 0;
  std::optional<ByteCount> total_to_send;
  std::uint32_t restarts = 0;  ///< from the beginning; bytes before and after one never mix (R82)
  bool has_response_changed = false;
  bool started = false;  ///< StartAsync was called (R13)
  std::uint32_t attempts = 0;
  std::optional<int> http_status;
  TimePoint created{};
  std::optional<TimePoint> started_at;
  std::optional<TimePoint> ended_at;
  std::uint64_t sequence = 0;  ///< place in lists; 0 where it is not known (signals)
  std::optional<TransferError> error;
  std::vector<WebErrorStatus> recoverable;  ///< R155
  std::vector<Blocker> blockers;
  std::optional<TimePoint> next_attempt;

  friend bool operator==(const Snapshot&, const Snapshot&) = default;
};

[[nodiscard]] constexpr bool has_ended(BackgroundTransferStatus status) {
  return status == BackgroundTransferStatus::Completed ||
         status == BackgroundTransferStatus::Canceled || status == BackgroundTransferStatus::Error;
}

/// What `show` adds to a snapshot.
struct Details {
  std::optional<ResponseHead> response;
  bool resumable = false;
  std::string upload_uri;  ///< of a resumable upload
  std::vector<BackgroundTransferFileRange> ranges;

  friend bool operator==(const Details&, const Details&) = default;
};

/// One piece of news for those who attached or watch.
struct Change {
  enum class What : std::uint8_t {
    Created = 0,
    Status = 1,
    Progress = 2,
    Response = 3,
    Ended = 4,
    Forgotten = 5
  };
  What what = What::Progress;
  bool response_changed = false;
  bool restarted = false;
  TimePoint time{};
  Snapshot snapshot;

  friend bool operator==(const Change&, const Change&) = default;
};

}  // namespace lh
