#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"

namespace lh {

/// A URI taken apart by the one reader that client, service and wire share (libcurl's URL
/// functions).
struct ParsedUri {
  std::string scheme;      ///< lower case
  std::string user;        ///< decoded
  std::string password;    ///< decoded
  std::string host;        ///< as given (may be non-ASCII), lower case, no brackets
  std::string ascii_host;  ///< Punycode
  int port = 0;            ///< the scheme's default if none is given; 0 if it has none
  std::string path;        ///< at least "/" where the scheme has a host
  std::string query;       ///< without "?"
  bool has_query = false;  ///< "a?" is not "a" (RFC 3986, section 6.2.3)
  std::string fragment;    ///< without "#"
};

/// Absolute URIs of any scheme (R69: the Uri object accepts more than transfers do).
/// InvalidArgument says what is wrong with it.
[[nodiscard]] Result<ParsedUri> parse_uri(std::string_view text);
/// `relative` resolved against `base`.
[[nodiscard]] Result<std::string> combine_uri(std::string_view base, std::string_view relative);
/// What is stored and sent: Punycode host, illegal characters percent-encoded, no user info, no
/// fragment.
[[nodiscard]] std::string canonical_uri(const ParsedUri& uri);
/// "http://host:port", always with the port: key of the per-origin limit.
[[nodiscard]] std::string origin_of(const ParsedUri& uri);

}  // namespace lh
