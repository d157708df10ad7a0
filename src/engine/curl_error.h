#pragma once

#include <string>
#include <string_view>

#include "core/policy/retry_policy.h"

namespace lh {

/// How a request ended that libcurl could not complete, with what is needed to say why.
struct CurlFailure {
  int code = 0;                ///< CURLcode
  std::string method = "GET";  ///< of the request that failed
  std::string uri;             ///< the same
  std::string detail;          ///< libcurl's own words; may be empty
  std::string proxy;           ///< through which it went, unless it is an exception; may be empty
  long verify_result = 0;      ///< CURLINFO_SSL_VERIFYRESULT, or that of the proxy
  int os_errno = 0;            ///< CURLINFO_OS_ERRNO
  long proxy_status = 0;       ///< CURLINFO_HTTP_CONNECTCODE
  long proxy_error = 0;        ///< CURLINFO_PROXY_ERROR
  long ftp_reply = 0;          ///< the last one's code; 0 if this is no FTP
  bool redirected = false;     ///< at least one redirect was followed
  bool in_head = false;        ///< after the request was sent, before a whole head was there
};

/// The table of web_error_status.md, sections 4 and 5. Total: every number gives an answer.
[[nodiscard]] Failure to_failure(const CurlFailure& failure);

/// A failure found by us and not by libcurl: "GET http://host/path: reason".
[[nodiscard]] Failure own_failure(WebErrorStatus status, ErrorKind kind, bool transient,
                                  std::string_view method, std::string_view uri,
                                  std::string_view reason);

/// For messages: without user info, query and fragment, which may hold secrets.
[[nodiscard]] std::string uri_without_secrets(std::string_view uri);

}  // namespace lh
