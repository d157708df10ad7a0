#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lh {

/// What went wrong, in the terms of whoever must react to it.
enum class ErrorKind : std::uint8_t {
  InvalidArgument,  ///< the caller's input is bad; nothing was changed
  IllegalState,     ///< not allowed in the present state (E_ILLEGAL_METHOD_CALL)
  NotFound,         ///< no such transfer
  Quota,            ///< a limit of the service is reached
  Http,             ///< the server answered with an error; code = HTTP status
  Network,          ///< the connection failed; code = CURLcode
  Tls,              ///< the certificate or the handshake; code = CURLcode
  Protocol,         ///< the server's answer breaks the protocol; code = CURLcode or 0
  File,             ///< a local file call failed; code = errno
  DiskFull,         ///< ENOSPC or EDQUOT; code = errno
  Checksum,         ///< the bytes are not those that were asked for
  Canceled,
  Store,        ///< the database; code = SQLite result
  Bus,          ///< D-Bus
  Config,       ///< longhaul.toml
  Unavailable,  ///< the service cannot be reached or started
  Internal,     ///< a broken invariant of ours
};

/// A failure as a value: what was being done, to what, and why it failed. Never holds secrets.
/// `message()` gives "rename /home/u/a.iso: Permission denied".
struct Error {
  ErrorKind kind = ErrorKind::Internal;
  std::int32_t code =
      0;  ///< errno, CURLcode, SQLite result or HTTP status, as the kind says; else 0
  std::string operation;  ///< "rename", "open the database"
  std::string subject;    ///< the file, URL or key it was done to; may be empty
  std::string detail;     ///< the reason, and what to do about it where that is known

  [[nodiscard]] std::string message() const;

  friend bool operator==(const Error&, const Error&) = default;
};

/// "operation subject: strerror(code)". Kind DiskFull for ENOSPC and EDQUOT, else File.
[[nodiscard]] Error file_error(int errno_value, std::string_view operation,
                               std::string_view subject);

[[nodiscard]] Error invalid_argument(std::string detail);

}  // namespace lh
