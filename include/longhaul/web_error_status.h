#pragma once

/// @file
/// The causes of failed web operations. Values from 300 equal the HTTP status; gaps are not filled
/// with new names.

#include <cstdint>

namespace longhaul {

enum class WebErrorStatus : std::int32_t {
  Unknown = 0,
  CertificateCommonNameIsIncorrect = 1,
  CertificateExpired = 2,
  CertificateContainsErrors = 3,
  CertificateRevoked = 4,
  CertificateIsInvalid = 5,
  ServerUnreachable = 6,
  Timeout = 7,
  ErrorHttpInvalidServerResponse = 8,
  ConnectionAborted = 9,
  ConnectionReset = 10,
  Disconnected = 11,
  HttpToHttpsOnRedirection = 12,
  HttpsToHttpOnRedirection = 13,
  CannotConnect = 14,
  HostNameNotResolved = 15,
  OperationCanceled = 16,
  RedirectFailed = 17,
  UnexpectedStatusCode = 18,
  UnexpectedRedirection = 19,
  UnexpectedClientError = 20,
  UnexpectedServerError = 21,
  InsufficientRangeSupport = 22,
  MissingContentLengthSupport = 23,
  MultipleChoices = 300,
  MovedPermanently = 301,
  Found = 302,
  SeeOther = 303,
  NotModified = 304,
  UseProxy = 305,
  TemporaryRedirect = 307,
  BadRequest = 400,
  Unauthorized = 401,
  PaymentRequired = 402,
  Forbidden = 403,
  NotFound = 404,
  MethodNotAllowed = 405,
  NotAcceptable = 406,
  ProxyAuthenticationRequired = 407,
  RequestTimeout = 408,
  Conflict = 409,
  Gone = 410,
  LengthRequired = 411,
  PreconditionFailed = 412,
  RequestEntityTooLarge = 413,
  RequestUriTooLong = 414,
  UnsupportedMediaType = 415,
  RequestedRangeNotSatisfiable = 416,
  ExpectationFailed = 417,
  InternalServerError = 500,
  NotImplemented = 501,
  BadGateway = 502,
  ServiceUnavailable = 503,
  GatewayTimeout = 504,
  HttpVersionNotSupported = 505,
};

}  // namespace longhaul
