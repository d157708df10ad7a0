#pragma once

#include <cstdint>

#include "core/model/transfer_spec.h"
#include "core/model/transfer_state.h"

namespace lh {

/// Number of an attempt, unique in one run of the service; 0 is none.
using AttemptId = std::uint64_t;

/// Why a running attempt is being stopped; decides where the transfer goes when the engine says it
/// has stopped.
enum class StopReason : std::uint8_t {
  None,
  Pause,
  Cancel,
  NoNetwork,
  Cost,
  SystemPolicy,
  Preempted,
  Shutdown
};

/// What a server keeps of an upload that has ended, and what it wants to hear to remove it.
struct GivenUpUpload {
  UploadResource resource;
  HeaderList headers;
  std::optional<SecretId> secret;

  friend bool operator==(const GivenUpUpload&, const GivenUpUpload&) = default;
};

/// The part of a transfer that exists only in memory.
struct LiveState {
  AttemptId attempt = 0;  ///< that the engine works on; 0 if none
  StopReason stopping = StopReason::None;
  bool has_slot = false;  ///< from StartAttempt until the engine's end, except while it is stuck
  bool file_job = false;  ///< a sync, commit or discard is under way
  bool restart_told = false;  ///< what is in the file is void already, and that was told
  ByteCount received = 0;     ///< written so far, synced or not; what Progress shows
  ByteCount sent = 0;         ///< of an upload, by the present attempt
  std::optional<GivenUpUpload> given_up{};  ///< to be removed from its server after the attempt
  TimePoint last_bytes_at{};                ///< when `received` or `sent` last grew

  friend bool operator==(const LiveState&, const LiveState&) = default;
};

/// One operation.
struct Transfer {
  TransferId id;
  TransferSpec spec;
  TransferState state;
  LiveState live;

  friend bool operator==(const Transfer&, const Transfer&) = default;
};

}  // namespace lh
