#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/time.h"
#include "core/model/range_set.h"
#include "core/model/response_head.h"
#include "core/model/transfer_error.h"
#include "core/model/upload_resource.h"
#include "core/model/validator.h"

namespace lh {

/// Where an operation stands, as stored. There is no "running" phase: a running operation is a
/// queued one that has an attempt in memory, so a crash needs no repair. The network, cost and
/// battery pauses are not phases either: they follow from the facts.
enum class Phase : std::uint8_t {
  Created = 0,  ///< not started by the app
  Queued = 1,   ///< wants a slot, or has an attempt
  RetryAt = 2,  ///< an attempt failed; the next is due at `wake_at`
  PausedByApp = 3,
  PausedRecoverable = 4,  ///< R156
  DiskFull = 5,           ///< looks again at `wake_at`, or when there is room for `bytes_needed`
  Finishing = 6,          ///< all bytes are synced; the rename is due or done (`commit`)
  Completed = 7,
  Canceled = 8,
  Failed = 9,
};
[[nodiscard]] constexpr bool is_final(Phase phase) {
  return phase >= Phase::Completed;
}

/// Identity of the finished partial file, stored before the rename: after a crash the target is
/// ours exactly if it has it.
struct CommitIntent {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  ByteCount size = 0;

  friend bool operator==(const CommitIntent&, const CommitIntent&) = default;
};

/// What survives (R3).
struct TransferState {
  Phase phase = Phase::Created;
  TimePoint phase_since{};
  TimePoint created{};
  std::optional<TimePoint> started;
  std::optional<TimePoint> ended;
  std::optional<TimePoint> wake_at;  ///< RetryAt, DiskFull
  std::uint64_t queue_position = 0;  ///< order of starting; 0 while Created
  std::uint32_t attempts = 0;        ///< requests made
  std::uint32_t failures_in_row =
      0;  ///< failed attempts since the last progress beyond `high_water` (R39, R43 as amended)
  std::uint32_t range_refusals = 0;  ///< 412 and 416 answers in a row to a resumption
  ByteCount high_water = 0;          ///< the most bytes ever stored without a gap
  RangeSet stored;                   ///< synced and recorded: there after a power cut
  std::string boot_id;  ///< boot in which `stored` was last written: within it, the file's own size
                        ///< may claim more
  std::optional<ByteCount> total;
  Validator validator;
  std::string served_by;                  ///< origin of the server whose answer is in the file
  std::optional<Checksum> served_digest;  ///< of the whole file, as the server told it
  std::optional<ResponseHead> response;
  std::string file_name;               ///< name in the target folder, once known
  ByteCount bytes_needed = 0;          ///< DiskFull
  std::uint32_t restarts = 0;          ///< how often bytes were thrown away for another version
  bool has_response_changed = false;   ///< more than one response
  std::optional<TransferError> error;  ///< the last one; final in Failed
  std::optional<CommitIntent> commit;  ///< Finishing
  // Uploads; what is received is the response then.
  ByteCount sent = 0;                    ///< by the last attempt, at rest
  std::optional<ByteCount> send_total;   ///< length of the content
  std::optional<UploadResource> upload;  ///< where the server keeps what it has of it
  std::uint32_t upload_restarts = 0;     ///< how often the server has lost that
  bool request_open = false;  ///< a request that must not be sent twice unseen was under way, and
                              ///< nothing is known of its end (R86)

  friend bool operator==(const TransferState&, const TransferState&) = default;
};

}  // namespace lh
