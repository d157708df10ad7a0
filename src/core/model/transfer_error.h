#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/error.h"
#include "longhaul/web_error_status.h"

namespace lh {

using HResult = std::int32_t;
using longhaul::WebErrorStatus;

/// The HRESULTs of api.md and web_error_status.md, section 7.
namespace hr {
constexpr HResult from_bits(std::uint32_t bits) {
  return static_cast<HResult>(bits);
}
inline constexpr HResult kOk = 0;
inline constexpr HResult kInvalidArgument = from_bits(0x80070057);
inline constexpr HResult kAccessDenied = from_bits(0x80070005);
inline constexpr HResult kIllegalMethodCall = from_bits(0x8000000E);
inline constexpr HResult kNotEnoughQuota = from_bits(0x80070718);
inline constexpr HResult kCanceled = from_bits(0x800704C7);
inline constexpr HResult kInvalidOperation = from_bits(0x800710DD);
inline constexpr HResult kClosed = from_bits(0x80000013);
inline constexpr HResult kFail = from_bits(0x80004005);
inline constexpr HResult kNotImplemented = from_bits(0x80004001);
inline constexpr HResult kOutOfMemory = from_bits(0x8007000E);
inline constexpr HResult kOutOfBounds = from_bits(0x8000000B);
inline constexpr HResult kNotFound = from_bits(0x80070490);  // ERROR_NOT_FOUND: no such operation
inline constexpr HResult kServiceUnavailable =
    from_bits(0x80070426);  // ERROR_SERVICE_NOT_ACTIVE: longhauld cannot be reached
inline constexpr HResult kCrc = from_bits(0x80070017);  // checksum mismatch (R173 as amended)
inline constexpr HResult kFileTooLarge = from_bits(0x80070299);  // R79
}  // namespace hr

/// Why an operation ended, or is held, in the terms that apps and the JSON use (api.md R165 to
/// R174; cli.md "error").
struct TransferError {
  HResult hresult = hr::kFail;
  WebErrorStatus status = WebErrorStatus::Unknown;
  ErrorKind kind = ErrorKind::Internal;
  std::optional<int> http_status;  ///< JSON "code"
  std::string message;             ///< names the operation and the thing; no secrets

  friend bool operator==(const TransferError&, const TransferError&) = default;
};

/// JSON "kind": http, network, tls, file, disk, checksum, protocol, canceled; "internal" for what
/// has no other word.
[[nodiscard]] std::string_view error_kind_name(ErrorKind kind);

}  // namespace lh
