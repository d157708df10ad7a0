#pragma once

#include <cstddef>
#include <string_view>

#include "core/base/result.h"
#include "core/model/transfer_spec.h"

namespace lh {

/// R62: a name that may be set by an app, and a value that cannot break out of its line.
/// kInvalidArgument otherwise.
[[nodiscard]] Result<void> check_request_header(std::string_view name, std::string_view value);

/// R69: http, https or ftp. `scheme` in lower case.
[[nodiscard]] Result<void> check_scheme(std::string_view scheme);

/// Far beyond what servers take; a page of a thousand must fit into a message of the bus.
inline constexpr std::size_t kMaxRequestUri = 32UL * 1024;

/// What the URI reader makes of what may be asked for: with a scheme and a host, without user info
/// and fragment, not too long.
[[nodiscard]] Result<void> check_request_uri(std::string_view uri);

/// Empty, or an absolute path.
[[nodiscard]] Result<void> check_ca_file(std::string_view path);

/// R56: an HTTP token.
[[nodiscard]] Result<void> check_method(std::string_view method);

/// A file name as an app may give it: not empty, no slash or NUL, not "." or "..", at most 255
/// bytes.
[[nodiscard]] Result<void> check_file_name(std::string_view name);

/// The bus carries nothing but UTF-8. `what` names the text in the error.
[[nodiscard]] Result<void> check_utf8(std::string_view what, std::string_view text);

/// "sha256:HEX" as the command line takes it; algorithm known, as many hex digits as it has.
[[nodiscard]] Result<Checksum> parse_checksum(std::string_view text);

/// Everything above, for a whole spec. Asked by the client for a quick answer, and by the service,
/// which trusts no client.
[[nodiscard]] Result<void> check_spec(const TransferSpec& spec);

}  // namespace lh
