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
  long verify_result = 0;      ///< CURLINFO_SSL_VERIFYRESULT
  int os_errno = 0;            ///< CURLINFO_OS_ERRNO
  long proxy_status = 0;       ///< CURLINFO_HTTP_CONNECTCODE
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
