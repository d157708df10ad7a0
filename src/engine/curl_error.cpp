#include "engine/curl_error.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

#include <curl/curl.h>

#include "core/http/text.h"
#include "core/model/web_error.h"

namespace lh {

namespace {

using Status = WebErrorStatus;

/// What a CURLcode means. `hresult` 0: the one of `status`.
struct Meaning {
  int code;
  Status status;
  ErrorKind kind;
  bool transient;
  HResult hresult;
};

constexpr Meaning network(int code, Status status, bool transient = true) {
  return {code, status, ErrorKind::Network, transient, 0};
}
constexpr Meaning tls(int code, Status status, bool transient = false) {
  return {code, status, ErrorKind::Tls, transient, 0};
}
constexpr Meaning protocol(int code, Status status, bool transient = false) {
  return {code, status, ErrorKind::Protocol, transient, 0};
}
constexpr Meaning http(int code, Status status) {
  return {code, status, ErrorKind::Http, false, 0};
}
constexpr Meaning other(int code, HResult hresult, ErrorKind kind = ErrorKind::Internal) {
  return {code, Status::Unknown, kind, false, hresult};
}

/// Sorted. Numbers that this libcurl has no name for yet are given as such; those that are missing
/// cannot occur or are obsolete.
constexpr std::array kMeanings = {
    other(CURLE_UNSUPPORTED_PROTOCOL, hr::kInvalidArgument, ErrorKind::InvalidArgument),
    other(CURLE_FAILED_INIT, hr::kFail),
    other(CURLE_URL_MALFORMAT, hr::kInvalidArgument, ErrorKind::InvalidArgument),
    other(CURLE_NOT_BUILT_IN, hr::kNotImplemented),
    network(CURLE_COULDNT_RESOLVE_PROXY, Status::HostNameNotResolved),
    network(CURLE_COULDNT_RESOLVE_HOST, Status::HostNameNotResolved),
    network(CURLE_COULDNT_CONNECT, Status::CannotConnect),
    protocol(CURLE_WEIRD_SERVER_REPLY, Status::ErrorHttpInvalidServerResponse),
    http(CURLE_REMOTE_ACCESS_DENIED, Status::Forbidden),
    network(CURLE_FTP_ACCEPT_FAILED, Status::CannotConnect),
    protocol(CURLE_FTP_WEIRD_PASS_REPLY, Status::ErrorHttpInvalidServerResponse),
    network(CURLE_FTP_ACCEPT_TIMEOUT, Status::Timeout),
    protocol(CURLE_FTP_WEIRD_PASV_REPLY, Status::ErrorHttpInvalidServerResponse),
    protocol(CURLE_FTP_WEIRD_227_FORMAT, Status::ErrorHttpInvalidServerResponse),
    network(CURLE_FTP_CANT_GET_HOST, Status::HostNameNotResolved),
    network(CURLE_HTTP2, Status::ConnectionAborted),
    http(CURLE_FTP_COULDNT_SET_TYPE, Status::UnexpectedServerError),
    network(CURLE_PARTIAL_FILE, Status::Disconnected),
    http(CURLE_FTP_COULDNT_RETR_FILE, Status::UnexpectedServerError),
    http(CURLE_QUOTE_ERROR, Status::UnexpectedServerError),
    http(CURLE_HTTP_RETURNED_ERROR, Status::UnexpectedStatusCode),
    other(CURLE_WRITE_ERROR, hr::kFail),
    http(CURLE_UPLOAD_FAILED, Status::UnexpectedServerError),
    other(CURLE_READ_ERROR, hr::kFail),
    other(CURLE_OUT_OF_MEMORY, hr::kOutOfMemory),
    network(CURLE_OPERATION_TIMEDOUT, Status::Timeout),
    network(CURLE_FTP_PORT_FAILED, Status::CannotConnect),
    protocol(CURLE_FTP_COULDNT_USE_REST, Status::InsufficientRangeSupport),
    protocol(CURLE_RANGE_ERROR, Status::InsufficientRangeSupport),
    tls(CURLE_SSL_CONNECT_ERROR, Status::CannotConnect, true),
    protocol(CURLE_BAD_DOWNLOAD_RESUME, Status::InsufficientRangeSupport),
    Meaning{CURLE_ABORTED_BY_CALLBACK, Status::OperationCanceled, ErrorKind::Canceled, false, 0},
    other(CURLE_BAD_FUNCTION_ARGUMENT, hr::kInvalidArgument),
    network(CURLE_INTERFACE_FAILED, Status::CannotConnect),
    protocol(CURLE_TOO_MANY_REDIRECTS, Status::RedirectFailed),
    other(CURLE_UNKNOWN_OPTION, hr::kFail),
    other(CURLE_SETOPT_OPTION_SYNTAX, hr::kFail),
    network(CURLE_GOT_NOTHING, Status::ConnectionAborted),
    other(CURLE_SSL_ENGINE_NOTFOUND, hr::kFail, ErrorKind::Tls),
    other(CURLE_SSL_ENGINE_SETFAILED, hr::kFail, ErrorKind::Tls),
    network(CURLE_SEND_ERROR, Status::ConnectionAborted),
    network(CURLE_RECV_ERROR, Status::ConnectionAborted),
    tls(CURLE_SSL_CERTPROBLEM, Status::UnexpectedClientError),
    tls(CURLE_SSL_CIPHER, Status::CannotConnect),
    tls(CURLE_PEER_FAILED_VERIFICATION, Status::CertificateContainsErrors),
    protocol(CURLE_BAD_CONTENT_ENCODING, Status::ErrorHttpInvalidServerResponse),
    other(CURLE_FILESIZE_EXCEEDED, hr::kFileTooLarge, ErrorKind::File),
    tls(CURLE_USE_SSL_FAILED, Status::CannotConnect),
    other(CURLE_SEND_FAIL_REWIND, hr::kFail),
    other(CURLE_SSL_ENGINE_INITFAILED, hr::kFail, ErrorKind::Tls),
    http(CURLE_LOGIN_DENIED, Status::Unauthorized),
    tls(CURLE_SSL_CACERT_BADFILE, Status::UnexpectedClientError),
    http(CURLE_REMOTE_FILE_NOT_FOUND, Status::NotFound),
    tls(CURLE_SSL_SHUTDOWN_FAILED, Status::Disconnected, true),
    tls(CURLE_SSL_CRL_BADFILE, Status::UnexpectedClientError),
    tls(CURLE_SSL_ISSUER_ERROR, Status::CertificateIsInvalid),
    http(CURLE_FTP_PRET_FAILED, Status::UnexpectedServerError),
    network(CURLE_NO_CONNECTION_AVAILABLE, Status::CannotConnect),
    tls(CURLE_SSL_PINNEDPUBKEYNOTMATCH, Status::CertificateIsInvalid),
    tls(CURLE_SSL_INVALIDCERTSTATUS, Status::CertificateRevoked),
    network(CURLE_HTTP2_STREAM, Status::ConnectionReset),
    other(CURLE_RECURSIVE_API_CALL, hr::kFail),
    http(CURLE_AUTH_ERROR, Status::Unauthorized),
    protocol(CURLE_HTTP3, Status::ErrorHttpInvalidServerResponse, true),
    network(CURLE_QUIC_CONNECT_ERROR, Status::CannotConnect),
    network(CURLE_PROXY, Status::CannotConnect),
    tls(CURLE_SSL_CLIENTCERT, Status::Unauthorized),
    other(CURLE_UNRECOVERABLE_POLL, hr::kFail),
    protocol(100, Status::ErrorHttpInvalidServerResponse),  // CURLE_TOO_LARGE
    tls(101, Status::CannotConnect),                        // CURLE_ECH_REQUIRED
};
static_assert(std::ranges::is_sorted(kMeanings, {}, &Meaning::code));

Meaning meaning_of(int code) {
  const auto found = std::ranges::lower_bound(kMeanings, code, {}, &Meaning::code);
  if (found != kMeanings.end() && found->code == code) return *found;
  return other(code, hr::kFail);
}

/// OpenSSL's X509_V_ERR_… numbers. libcurl checks the host name itself and leaves the result at its
/// initial value if that fails.
Status certificate_status(long verify_result) {
  switch (verify_result) {
    case 0:
    case 1:
    case 62:
    case 63:
    case 64:
      return Status::CertificateCommonNameIsIncorrect;
    case 9:
    case 10:
      return Status::CertificateExpired;
    case 23:
      return Status::CertificateRevoked;
    case 2:
    case 18:
    case 19:
    case 20:
    case 21:
    case 24:
    case 26:
    case 27:
    case 28:
      return Status::CertificateIsInvalid;
    default:
      return Status::CertificateContainsErrors;
  }
}

/// "Out of memory" is libcurl's word for it.
bool is_header_line_too_long(const CurlFailure& failure) {
  return failure.code == CURLE_OUT_OF_MEMORY && failure.in_head;
}

/// A chunk whose length is none, or whose end is not where it should be (RFC 9112, section 7.1), or
/// a trailer that is no field. libcurl gives them the numbers of a failed read and of a wrong
/// argument; only its words tell.
bool is_broken_chunk(const CurlFailure& failure) {
  return failure.detail.find("chunk") != std::string::npos;
}

/// A proxy's answer that is no tunnel. What its server or the name service did may be over soon.
std::optional<Meaning> proxy_refusal(const CurlFailure& failure) {
  const bool socks_wants_login =
      failure.proxy_error == CURLPX_USER_REJECTED || failure.proxy_error == CURLPX_NO_AUTH;
  if (failure.proxy_status == 407 || socks_wants_login) {
    return http(failure.code, Status::ProxyAuthenticationRequired);
  }
  if (failure.proxy_status < 300) return std::nullopt;
  return network(failure.code, Status::CannotConnect, failure.proxy_status >= 500);
}

/// RFC 959, section 4.2.1: replies from 400 to 499 are transient.
std::optional<Meaning> ftp_refusal(const CurlFailure& failure) {
  if (failure.ftp_reply >= 400 && failure.ftp_reply < 500) {
    Meaning meaning = http(failure.code, Status::UnexpectedServerError);
    meaning.transient = true;
    return meaning;
  }
  const bool is_retrieval = failure.code == CURLE_FTP_COULDNT_RETR_FILE;
  if (is_retrieval && failure.ftp_reply == 550) return http(failure.code, Status::NotFound);
  if (is_retrieval && failure.ftp_reply == 530) return http(failure.code, Status::Unauthorized);
  return std::nullopt;
}

/// Where the number alone does not tell.
std::optional<Meaning> meaning_by_circumstances(const CurlFailure& failure) {
  switch (failure.code) {
    case CURLE_UNSUPPORTED_PROTOCOL:
      // No status line: libcurl takes the answer for HTTP/0.9, which it refuses.
      if (failure.in_head) {
        return protocol(failure.code, Status::ErrorHttpInvalidServerResponse);
      }
      [[fallthrough]];
    case CURLE_URL_MALFORMAT:
      if (failure.redirected) return protocol(failure.code, Status::RedirectFailed);
      return std::nullopt;
    case CURLE_OUT_OF_MEMORY:
      if (is_header_line_too_long(failure)) {
        return protocol(failure.code, Status::ErrorHttpInvalidServerResponse);
      }
      return std::nullopt;
    case CURLE_BAD_FUNCTION_ARGUMENT:
      if (is_broken_chunk(failure)) {
        return protocol(failure.code, Status::ErrorHttpInvalidServerResponse);
      }
      return std::nullopt;
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
      if (const auto refusal = proxy_refusal(failure)) return refusal;
      // Not tried again: bytes that came before may be those of a wrong length, so nothing may be
      // appended to them.
      if (is_broken_chunk(failure)) {
        return protocol(failure.code, Status::ErrorHttpInvalidServerResponse);
      }
      if (failure.os_errno == ECONNRESET || failure.os_errno == EPIPE) {
        return network(failure.code, Status::ConnectionReset);
      }
      return std::nullopt;
    case CURLE_FTP_COULDNT_RETR_FILE:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_REMOTE_ACCESS_DENIED:
    case CURLE_LOGIN_DENIED:
      return ftp_refusal(failure);
    case CURLE_PEER_FAILED_VERIFICATION:
      return tls(failure.code, certificate_status(failure.verify_result));
    case CURLE_PROXY:
    case CURLE_AUTH_ERROR:
    case CURLE_COULDNT_CONNECT:
      return proxy_refusal(failure);
    default:
      return std::nullopt;
  }
}

std::string failure_message(std::string_view method, std::string_view uri,
                            std::string_view reason) {
  return std::string(method) + " " + uri_without_secrets(uri) + ": " + std::string(reason);
}

/// libcurl speaks of the proxy as of any other host.
bool is_about_proxy(const CurlFailure& failure) {
  if (failure.proxy.empty()) return false;
  if (proxy_refusal(failure) || failure.code == CURLE_PROXY ||
      failure.code == CURLE_COULDNT_RESOLVE_PROXY) {
    return true;
  }
  std::string_view host = failure.proxy;
  host.remove_prefix(std::min(host.find("://") + 3, host.size()));
  const auto colon = host.rfind(':');
  std::string_view name = host.substr(0, colon);
  if (name.starts_with('[')) name = name.substr(1, name.size() - 2);
  const std::string wanted =
      "to " + std::string(name) + " port " +
      std::string(colon == std::string_view::npos ? "" : host.substr(colon + 1));
  const auto found = failure.detail.find(wanted);
  if (found == std::string::npos) return false;
  const auto behind = found + wanted.size();
  const bool is_other_port = behind < failure.detail.size() && colon != std::string_view::npos &&
                             text::is_digit(failure.detail[behind]);
  return !is_other_port;
}

std::string reason_of(const CurlFailure& failure) {
  if (is_about_proxy(failure)) {
    const std::string what = failure.detail.empty()
                                 ? curl_easy_strerror(static_cast<CURLcode>(failure.code))
                                 : failure.detail;
    return "the proxy " + failure.proxy + ": " + what;
  }
  if (is_header_line_too_long(failure)) return "a header line of the answer is too long";
  if (!failure.detail.empty()) return failure.detail;
  return curl_easy_strerror(static_cast<CURLcode>(failure.code));
}

}  // namespace

Failure to_failure(const CurlFailure& failure) {
  const Meaning meaning = meaning_by_circumstances(failure).value_or(meaning_of(failure.code));
  const HResult hresult = meaning.hresult != 0 ? meaning.hresult : hresult_of(meaning.status);
  return {.error = {.hresult = hresult,
                    .status = meaning.status,
                    .kind = meaning.kind,
                    .http_status = meaning.status == Status::ProxyAuthenticationRequired
                                       ? std::optional(407)
                                       : std::nullopt,
                    .message = failure_message(failure.method, failure.uri, reason_of(failure))},
          .transient = meaning.transient,
          .retry_after = {}};
}

Failure own_failure(WebErrorStatus status, ErrorKind kind, bool transient, std::string_view method,
                    std::string_view uri, std::string_view reason) {
  return {.error = {.hresult = hresult_of(status),
                    .status = status,
                    .kind = kind,
                    .http_status = {},
                    .message = failure_message(method, uri, reason)},
          .transient = transient,
          .retry_after = {}};
}

std::string uri_without_secrets(std::string_view uri) {
  uri = uri.substr(0, uri.find_first_of("?#"));
  const auto scheme_end = uri.find("://");
  if (scheme_end == std::string_view::npos) return std::string(uri);
  const auto host = scheme_end + 3;
  const auto authority_end = std::min(uri.find('/', host), uri.size());
  const auto at = uri.substr(0, authority_end).rfind('@');
  if (at == std::string_view::npos || at < host) return std::string(uri);
  return std::string(uri.substr(0, host)).append(uri.substr(at + 1));
}

}  // namespace lh
