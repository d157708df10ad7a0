#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/model/facts.h"
#include "core/model/limits.h"
#include "core/model/transfer.h"
#include "core/policy/retry_policy.h"
#include "core/policy/transfer_plan.h"

namespace lh {

/// A caller that waits for an answer; 0 is nobody.
using RequestId = std::uint64_t;

/// What happened. Names are past tense; those with an attempt are ignored unless it is the current
/// one.
namespace event {
struct Created {
  RequestId request = 0;
  bool start = false;
  std::uint64_t queue_position = 0;
};
struct StartRequested {
  RequestId request = 0;
  std::uint64_t queue_position = 0;
};
struct PauseRequested {
  RequestId request = 0;
};
struct ResumeRequested {
  RequestId request = 0;
  std::uint64_t queue_position = 0;
};
struct CancelRequested {
  RequestId request = 0;
};
/// The app changed its wishes where the rules allow it; absent means unchanged.
struct Changed {
  RequestId request = 0;
  std::optional<BackgroundTransferPriority> priority;
  std::optional<BackgroundTransferCostPolicy> cost_policy;
  HeaderList set_headers;                   ///< values of one name concatenate (R58)
  std::vector<std::string> remove_headers;  ///< R61
  /// Where the file is now, and the origin of that (R159).
  std::optional<std::pair<std::string, std::string>> uri{};
  std::optional<std::vector<WebErrorStatus>> recoverable{};  ///< R155
  /// What replaces its secrets: another entry of the store, or none.
  std::optional<std::optional<SecretId>> secret{};
};
struct SlotGranted {
  AttemptId attempt = 0;
};  ///< by the scheduler
struct SlotRevoked {
  StopReason reason = StopReason::Preempted;
};
struct FactsChanged {};
/// A session of its app is there now (R86).
struct AppAttached {};
struct WakeDue {};
struct ResponseArrived {
  AttemptId attempt = 0;
  ResponseHead head;
  Verdict::Kind verdict = Verdict::Kind::StartOver;
  std::optional<ByteCount> total;
  std::string file_name;  ///< in the target folder
  bool replaced = false;  ///< StartOver has thrown away bytes that nothing vouched for
  std::string origin{};   ///< of the server that answers, after redirects
};
struct BytesArrived {
  AttemptId attempt = 0;
  ByteCount received = 0;
};
/// Of an upload: so much of its content is on the way, or acknowledged.
struct BytesSent {
  AttemptId attempt = 0;
  ByteCount sent = 0;
};
/// What a resumable upload goes on from is another, or gone.
struct UploadMoved {
  AttemptId attempt = 0;
  std::optional<UploadResource> resource;
  std::uint32_t restarts = 0;  ///< how often the server has lost it
  bool waits = false;          ///< nothing is sent before it is durable: answered by ProceedAttempt
};
/// The first `prefix` bytes are on disk (fdatasync has returned). May come before the response: for
/// bytes that were found in the file at the start.
struct Checkpointed {
  AttemptId attempt = 0;
  ByteCount prefix = 0;
};

/// Too little has come to keep a slot that others could use, and it may have theirs; or enough
/// comes again.
struct PaceChanged {
  AttemptId attempt = 0;
  bool stuck = false;
};

/// How an attempt ended. Exactly one of these ends every attempt, also after a stop.
struct AttemptCompleted {
  AttemptId attempt = 0;
  ByteCount size = 0;
};  ///< whole body written, not synced
struct AttemptStopped {
  AttemptId attempt = 0;
  ByteCount durable_prefix = 0;
  bool was_sent = false;  ///< the request, or a part of it
};  ///< on our wish
struct AttemptFailed {
  AttemptId attempt = 0;
  Failure failure;
  ByteCount durable_prefix = 0;
  bool bytes_lost = false;  ///< those that were there; the file is gone
  bool was_sent = false;    ///< the request, or a part of it
};
/// Nothing of what is there can be continued (Verdict AskAgain). The file is as it was: whatever
/// vouches for its bytes must be void before it holds others.
struct AttemptRefusedRange {
  AttemptId attempt = 0;
  int status = 0;  ///< of the answer; 0 if the file itself is not what was recorded
};
struct AttemptDiskFull {
  AttemptId attempt = 0;
  ByteCount durable_prefix = 0;
  ByteCount bytes_needed = 0;
  TransferError error;
};

struct FileSynced {
  CommitIntent intent;
};  ///< the whole partial file is durable, and its checksum was right
struct FileCommitted {
  std::string file_name;
};  ///< renamed and the folder synced
struct FileFailed {
  TransferError error;
  bool disk_full = false;
  bool bytes_lost = false;
};
struct FileDiscarded {};
}  // namespace event

using Event =
    std::variant<event::Created, event::StartRequested, event::PauseRequested,
                 event::ResumeRequested, event::CancelRequested, event::Changed, event::SlotGranted,
                 event::SlotRevoked, event::FactsChanged, event::AppAttached, event::WakeDue,
                 event::ResponseArrived, event::BytesArrived, event::BytesSent, event::UploadMoved,
                 event::Checkpointed, event::PaceChanged, event::AttemptCompleted,
                 event::AttemptStopped, event::AttemptFailed, event::AttemptRefusedRange,
                 event::AttemptDiskFull, event::FileSynced, event::FileCommitted, event::FileFailed,
                 event::FileDiscarded>;

/// What happened to several transfers, in this order.
using Events = std::vector<std::pair<TransferId, Event>>;

/// What must be done, in this order. Actions after a Persist (or Erase) wait until it is durable;
/// nothing is told before.
namespace action {
struct Persist {};  ///< store `Step::transfer` as it is after the step
struct Reply {
  RequestId request = 0;
  std::optional<TransferError> error;
};
struct StartAttempt {
  TransferPlan plan;
};
struct StopAttempt {
  AttemptId attempt = 0;
  StopReason reason = StopReason::None;
};
/// UploadMoved is durable.
struct ProceedAttempt {
  AttemptId attempt = 0;
};
/// Nobody needs what the server keeps of an upload: it is told, once, and may not hear it.
struct GiveUpUpload {
  TransferPlan plan;
};
struct SyncFile {};     ///< make the complete partial file durable, verify the checksum; answers
                        ///< FileSynced or FileFailed
struct CommitFile {};   ///< rename under `state.commit`; answers FileCommitted or FileFailed
struct DiscardFile {};  ///< remove the partial file; answers FileDiscarded
/// The transfer needs this entry no longer; it goes unless another does.
struct DropSecret {
  SecretId secret;
};
/// The transfer needs its spooled body no longer.
struct DropBody {};
/// Tell those who watch. Status changes, new responses, restarts and the end are never dropped;
/// bytes are merged.
struct Notify {
  enum class What : std::uint8_t { Created, Status, Progress, Response, Ended };
  What what = What::Progress;
  bool response_changed = false;  ///< belongs to this report (R27)
  bool restarted = false;         ///< belongs to this report (R28)
};
}  // namespace action

using Action =
    std::variant<action::Persist, action::Reply, action::StartAttempt, action::StopAttempt,
                 action::ProceedAttempt, action::GiveUpUpload, action::SyncFile, action::CommitFile,
                 action::DiscardFile, action::DropSecret, action::DropBody, action::Notify>;

struct Step {
  Transfer transfer;
  std::vector<Action> actions;
  std::string_view why;  ///< for the log, when the status or phase changed; static storage
};

/// What a step may look at besides the transfer.
struct Surroundings {
  TimePoint now{};
  const Facts& facts;
  const Limits& limits;
  std::string_view boot_id;
  double jitter = 0;         ///< in [0, 1)
  bool is_attended = false;  ///< a session of the app is attached (R86)
};

/// The table of api.md 1.4; nothing else may change a transfer's phase. Pure. Every request is
/// answered exactly once, in the step that hears it; an event that makes no sense in the present
/// state is answered with E_ILLEGAL_METHOD_CALL (requests) or ignored (stale news).
[[nodiscard]] Step step(Transfer transfer, const Event& event, const Surroundings& surroundings);

/// A transfer as it comes from the store after a start of the service: no attempt, no slot. Returns
/// what must be done first (Finishing: CommitFile again; Canceled or Failed with a partial file
/// left is the manager's sweep).
[[nodiscard]] Step recover(Transfer transfer, const Surroundings& surroundings);

/// "AttemptFailed", for logs and test output.
[[nodiscard]] std::string_view event_name(const Event& event);

}  // namespace lh
