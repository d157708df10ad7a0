#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/model/limits.h"
#include "core/model/transfer.h"

namespace lh {

/// Everything the engine needs for one request; a value, so that the engine knows no transfer.
struct TransferPlan {
  AttemptId attempt = 0;
  TransferId id;
  TransferKind kind = TransferKind::Download;
  std::string uri;
  std::string method;
  HeaderList headers;  ///< the app's own, but the secret ones
  std::optional<SecretId> secret;
  ProxySettings proxy;
  std::optional<RequestBody> body;
  std::string ca_file;  ///< empty: the configuration's
  UploadWish upload_wish = UploadWish::Automatic;
  std::optional<UploadResource> upload;
  std::uint32_t upload_restarts = 0;
  std::uint32_t attempts_before = 0;
  std::optional<Checksum> told_digest;  ///< of what is uploaded
  bool gives_up = false;                ///< asks only to remove `upload` from its server
  ByteOffset resume_from = 0;    ///< bytes that are there and proven by `validator`; more may be in
                                 ///< the file, see `trust_file_size`
  bool trust_file_size = false;  ///< same boot as the last record: the partial file's size is what
                                 ///< was written (sequentially)
  std::optional<ByteCount> total;         ///< that a 206 must confirm
  std::optional<Checksum> served_digest;  ///< that a 206 must not contradict
  Validator validator;
  std::string served_by;        ///< origin of the server that gave what is there
  Target target;                ///< folder of the partial file
  std::string known_file_name;  ///< chosen by an earlier attempt; empty if none
  Duration connect_timeout{};
  Duration response_timeout{};
  Duration stall_timeout{};
  Duration progress_interval{};
  Duration checkpoint_interval{};
  ByteCount checkpoint_bytes = 0;
  Duration slow_after{};
  ByteCount slow_bytes = 0;
};

/// R73: a range is asked for only if what is there can be proven to belong to the answer.
[[nodiscard]] TransferPlan plan_transfer(const Transfer& transfer, AttemptId attempt,
                                         const Limits& limits, std::string_view boot_id);

/// What to do with the body that follows a response head.
struct Verdict {
  enum class Kind : std::uint8_t {
    Append,     ///< body continues the file; its first `skip` bytes are there already
    StartOver,  ///< body is the whole file, from byte 0
    AskAgain,   ///< not the rest of what is there: void that first, then ask for the whole (R74 to
                ///< R76, 412, 416)
    Complete,   ///< 416 that proves that all bytes are there already
    Reject,     ///< an error status: `head.status` says which; the body is not stored (R80)
    Invalid,    ///< an answer that breaks the protocol: error 8, `reason`
  };
  Kind kind = Kind::StartOver;
  ByteCount skip = 0;
  std::string reason;  ///< for the log
  ByteCount end = 0;   ///< Append: where the part that the answer promises ends

  friend bool operator==(const Verdict&, const Verdict&) = default;
};

/// Decides between the header and the first body byte (R72 to R76 as amended). `have` is the length
/// of the proven prefix that the request asked to continue; 0 when it sent no range. `overlap`: so
/// much of it was asked for again.
[[nodiscard]] Verdict judge_response(const TransferPlan& plan, ByteCount have,
                                     const ResponseHead& head, ByteCount overlap = 0);

/// How much of the `have` bytes that are there a request to `origin` asks for again, to compare it:
/// another server may call another file by the same tag, and an FTP server that ignores REST says
/// nothing of it. Nothing if there is too little to compare, and the whole is to be asked for.
[[nodiscard]] std::optional<ByteCount> overlap_at(const TransferPlan& plan, ByteCount have,
                                                  std::string_view origin);

}  // namespace lh
