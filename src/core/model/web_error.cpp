#include "core/model/web_error.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "core/http/reason_phrase.h"

namespace lh {
namespace {

constexpr HResult kHttpBase = hr::from_bits(0x80190000);

struct Row {
  WebErrorStatus status;
  std::string_view name;
  std::uint32_t hresult;
};

// web_error_status.md, section 1. The unexpected ones have the HTTP status in their HRESULT; where
// there is none, that of a status which means just this (a final 100, the unnamed 306).
constexpr std::array<Row, 55> kRows = {{
    {WebErrorStatus::Unknown, "Unknown", 0x80004005},
    {WebErrorStatus::CertificateCommonNameIsIncorrect, "CertificateCommonNameIsIncorrect",
     0x80072F06},
    {WebErrorStatus::CertificateExpired, "CertificateExpired", 0x80072F05},
    {WebErrorStatus::CertificateContainsErrors, "CertificateContainsErrors", 0x80072F17},
    {WebErrorStatus::CertificateRevoked, "CertificateRevoked", 0x80072F8A},
    {WebErrorStatus::CertificateIsInvalid, "CertificateIsInvalid", 0x80072F89},
    {WebErrorStatus::ServerUnreachable, "ServerUnreachable", 0x80072F84},
    {WebErrorStatus::Timeout, "Timeout", 0x80072EE2},
    {WebErrorStatus::ErrorHttpInvalidServerResponse, "ErrorHttpInvalidServerResponse", 0x80072F78},
    {WebErrorStatus::ConnectionAborted, "ConnectionAborted", 0x80072EFE},
    {WebErrorStatus::ConnectionReset, "ConnectionReset", 0x80072EFF},
    {WebErrorStatus::Disconnected, "Disconnected", 0x80072F83},
    {WebErrorStatus::HttpToHttpsOnRedirection, "HttpToHttpsOnRedirection", 0x80072F07},
    {WebErrorStatus::HttpsToHttpOnRedirection, "HttpsToHttpOnRedirection", 0x80072F08},
    {WebErrorStatus::CannotConnect, "CannotConnect", 0x80072EFD},
    {WebErrorStatus::HostNameNotResolved, "HostNameNotResolved", 0x80072EE7},
    {WebErrorStatus::OperationCanceled, "OperationCanceled", 0x80072EF1},
    {WebErrorStatus::RedirectFailed, "RedirectFailed", 0x80072F7C},
    {WebErrorStatus::UnexpectedStatusCode, "UnexpectedStatusCode", 0x80190064},
    {WebErrorStatus::UnexpectedRedirection, "UnexpectedRedirection", 0x80190132},
    {WebErrorStatus::UnexpectedClientError, "UnexpectedClientError", 0x8019FF01},
    {WebErrorStatus::UnexpectedServerError, "UnexpectedServerError", 0x8019FF02},
    {WebErrorStatus::InsufficientRangeSupport, "InsufficientRangeSupport", 0x80200013},
    {WebErrorStatus::MissingContentLengthSupport, "MissingContentLengthSupport", 0x80200011},
    {WebErrorStatus::MultipleChoices, "MultipleChoices", 0x8019012C},
    {WebErrorStatus::MovedPermanently, "MovedPermanently", 0x8019012D},
    {WebErrorStatus::Found, "Found", 0x8019012E},
    {WebErrorStatus::SeeOther, "SeeOther", 0x8019012F},
    {WebErrorStatus::NotModified, "NotModified", 0x80190130},
    {WebErrorStatus::UseProxy, "UseProxy", 0x80190131},
    {WebErrorStatus::TemporaryRedirect, "TemporaryRedirect", 0x80190133},
    {WebErrorStatus::BadRequest, "BadRequest", 0x80190190},
    {WebErrorStatus::Unauthorized, "Unauthorized", 0x80190191},
    {WebErrorStatus::PaymentRequired, "PaymentRequired", 0x80190192},
    {WebErrorStatus::Forbidden, "Forbidden", 0x80190193},
    {WebErrorStatus::NotFound, "NotFound", 0x80190194},
    {WebErrorStatus::MethodNotAllowed, "MethodNotAllowed", 0x80190195},
    {WebErrorStatus::NotAcceptable, "NotAcceptable", 0x80190196},
    {WebErrorStatus::ProxyAuthenticationRequired, "ProxyAuthenticationRequired", 0x80190197},
    {WebErrorStatus::RequestTimeout, "RequestTimeout", 0x80190198},
    {WebErrorStatus::Conflict, "Conflict", 0x80190199},
    {WebErrorStatus::Gone, "Gone", 0x8019019A},
    {WebErrorStatus::LengthRequired, "LengthRequired", 0x8019019B},
    {WebErrorStatus::PreconditionFailed, "PreconditionFailed", 0x8019019C},
    {WebErrorStatus::RequestEntityTooLarge, "RequestEntityTooLarge", 0x8019019D},
    {WebErrorStatus::RequestUriTooLong, "RequestUriTooLong", 0x8019019E},
    {WebErrorStatus::UnsupportedMediaType, "UnsupportedMediaType", 0x8019019F},
    {WebErrorStatus::RequestedRangeNotSatisfiable, "RequestedRangeNotSatisfiable", 0x801901A0},
    {WebErrorStatus::ExpectationFailed, "ExpectationFailed", 0x801901A1},
    {WebErrorStatus::InternalServerError, "InternalServerError", 0x801901F4},
    {WebErrorStatus::NotImplemented, "NotImplemented", 0x801901F5},
    {WebErrorStatus::BadGateway, "BadGateway", 0x801901F6},
    {WebErrorStatus::ServiceUnavailable, "ServiceUnavailable", 0x801901F7},
    {WebErrorStatus::GatewayTimeout, "GatewayTimeout", 0x801901F8},
    {WebErrorStatus::HttpVersionNotSupported, "HttpVersionNotSupported", 0x801901F9},
}};

const Row* row_of(WebErrorStatus status) {
  const auto* const found = std::ranges::find(kRows, status, &Row::status);
  return found == kRows.end() ? nullptr : found;
}

bool is_named_http_status(int http_status) {
  return http_status >= 300 && row_of(static_cast<WebErrorStatus>(http_status)) != nullptr;
}

/// What may be shown of a URI: user info and query can hold secrets.
std::string shown_uri(std::string_view uri) {
  const auto query = uri.find_first_of("?#");
  std::string shown(uri.substr(0, query));
  if (query != std::string_view::npos) shown += "?...";
  const auto authority = shown.find("://");
  if (authority == std::string::npos) return shown;
  const auto begin = authority + 3;
  const auto end = std::min(shown.find('/', begin), shown.size());
  const auto at = shown.rfind('@', end);
  if (at != std::string::npos && at >= begin && at < end) shown.erase(begin, at + 1 - begin);
  return shown;
}

}  // namespace

WebErrorStatus web_error_status_of(HResult hresult) {
  if (hresult == hr::kFail) return WebErrorStatus::Unknown;
  for (const Row& row : kRows) {
    if (hr::from_bits(row.hresult) == hresult) return row.status;
  }
  const std::int64_t http_status = std::int64_t{hresult} - kHttpBase;
  if (http_status < 100 || http_status > 599) return WebErrorStatus::Unknown;
  return web_error_of_http(static_cast<int>(http_status));
}

HResult hresult_of(WebErrorStatus status) {
  const Row* const row = row_of(status);
  return row == nullptr ? hr::kFail : hr::from_bits(row->hresult);
}

WebErrorStatus web_error_of_http(int http_status) {
  if (http_status < 100 || http_status > 599) return WebErrorStatus::ErrorHttpInvalidServerResponse;
  if (http_status < 200) return WebErrorStatus::UnexpectedStatusCode;
  if (http_status < 300) return WebErrorStatus::Unknown;
  switch (http_status) {
    case 301:
    case 302:
    case 303:
    case 307:
      return WebErrorStatus::RedirectFailed;
    default:
      break;
  }
  if (is_named_http_status(http_status)) return static_cast<WebErrorStatus>(http_status);
  if (http_status < 400) return WebErrorStatus::UnexpectedRedirection;
  return http_status < 500 ? WebErrorStatus::UnexpectedClientError
                           : WebErrorStatus::UnexpectedServerError;
}

HResult hresult_of_http(int http_status) {
  return kHttpBase + http_status;
}

HResult hresult_of_errno(int errno_value) {
  switch (errno_value) {
    case ENOSPC:
      return hr::from_bits(0x80070070);
    case EDQUOT:
      return hr::from_bits(0x8007050F);
    case EFBIG:
      return hr::kFileTooLarge;
    case EACCES:
    case EPERM:
      return hr::kAccessDenied;
    case EROFS:
      return hr::from_bits(0x80070013);
    case ENOENT:
      return hr::from_bits(0x80070002);
    case ENOTDIR:
      return hr::from_bits(0x80070003);
    case EISDIR:
      return hr::from_bits(0x8007010B);
    case EIO:
      return hr::from_bits(0x8007045D);
    case ENODEV:
    case ENXIO:
    case ESTALE:
      return hr::from_bits(0x80070037);
    case EBUSY:
    case ETXTBSY:
      return hr::from_bits(0x80070020);
    case ENAMETOOLONG:
      return hr::from_bits(0x800700CE);
    case EMFILE:
    case ENFILE:
      return hr::from_bits(0x80070004);
    case ENOMEM:
      return hr::kOutOfMemory;
    default:
      return hr::kFail;
  }
}

std::string_view web_error_name(WebErrorStatus status) {
  const Row* const row = row_of(status);
  return row == nullptr ? kRows.front().name : row->name;
}

TransferError http_error(int http_status, std::string_view method, std::string_view uri) {
  TransferError error;
  error.kind = ErrorKind::Http;
  error.status = web_error_of_http(http_status);
  // Only these two do not carry the HTTP status in their HRESULT.
  const bool by_status = error.status == WebErrorStatus::RedirectFailed ||
                         error.status == WebErrorStatus::ErrorHttpInvalidServerResponse;
  error.hresult = by_status ? hresult_of(error.status) : hresult_of_http(http_status);
  error.http_status = http_status;
  error.message.append(method).append(" ").append(shown_uri(uri)).append(": ");
  error.message.append(std::to_string(http_status));
  if (const auto phrase = reason_phrase(http_status); !phrase.empty()) {
    error.message.append(" ").append(phrase);
  }
  return error;
}

TransferError to_transfer_error(const Error& error) {
  const auto result = [&error](HResult hresult) {
    return TransferError{.hresult = hresult,
                         .status = web_error_status_of(hresult),
                         .kind = error.kind,
                         .http_status = std::nullopt,
                         .message = error.message()};
  };
  switch (error.kind) {
    case ErrorKind::InvalidArgument:
      return result(hr::kInvalidArgument);
    case ErrorKind::IllegalState:
      return result(hr::kIllegalMethodCall);
    case ErrorKind::NotFound:
      return result(hr::kNotFound);
    case ErrorKind::Quota:
      return result(hr::kNotEnoughQuota);
    case ErrorKind::Http: {
      auto http = http_error(error.code, error.operation, error.subject);
      http.message = error.message();
      return http;
    }
    case ErrorKind::Network:
      return result(hresult_of(WebErrorStatus::CannotConnect));
    case ErrorKind::Tls:
      return result(hresult_of(WebErrorStatus::CertificateContainsErrors));
    case ErrorKind::Protocol:
      return result(hresult_of(WebErrorStatus::ErrorHttpInvalidServerResponse));
    case ErrorKind::File:
    case ErrorKind::DiskFull:
      return result(hresult_of_errno(error.code));
    case ErrorKind::Checksum:
      return result(hr::kCrc);
    case ErrorKind::Canceled:
      return result(hr::kCanceled);
    case ErrorKind::Unavailable:
      return result(hr::kServiceUnavailable);
    case ErrorKind::Store:
    case ErrorKind::Bus:
    case ErrorKind::Config:
    case ErrorKind::Internal:
      return result(hr::kFail);
  }
  return result(hr::kFail);
}

}  // namespace lh
