#include "cli/words.h"

#include <array>
#include <utility>

#include "cli/failure.h"
#include "cli/human.h"
#include "cli/text.h"

namespace lh::cli {

using enum BackgroundTransferStatus;

namespace {

using WebErrorName = std::pair<WebErrorStatus, std::string_view>;
constexpr std::array kWebErrorNames{
    WebErrorName{WebErrorStatus::Unknown, "Unknown"},
    WebErrorName{WebErrorStatus::CertificateCommonNameIsIncorrect,
                 "CertificateCommonNameIsIncorrect"},
    WebErrorName{WebErrorStatus::CertificateExpired, "CertificateExpired"},
    WebErrorName{WebErrorStatus::CertificateContainsErrors, "CertificateContainsErrors"},
    WebErrorName{WebErrorStatus::CertificateRevoked, "CertificateRevoked"},
    WebErrorName{WebErrorStatus::CertificateIsInvalid, "CertificateIsInvalid"},
    WebErrorName{WebErrorStatus::ServerUnreachable, "ServerUnreachable"},
    WebErrorName{WebErrorStatus::Timeout, "Timeout"},
    WebErrorName{WebErrorStatus::ErrorHttpInvalidServerResponse, "ErrorHttpInvalidServerResponse"},
    WebErrorName{WebErrorStatus::ConnectionAborted, "ConnectionAborted"},
    WebErrorName{WebErrorStatus::ConnectionReset, "ConnectionReset"},
    WebErrorName{WebErrorStatus::Disconnected, "Disconnected"},
    WebErrorName{WebErrorStatus::HttpToHttpsOnRedirection, "HttpToHttpsOnRedirection"},
    WebErrorName{WebErrorStatus::HttpsToHttpOnRedirection, "HttpsToHttpOnRedirection"},
    WebErrorName{WebErrorStatus::CannotConnect, "CannotConnect"},
    WebErrorName{WebErrorStatus::HostNameNotResolved, "HostNameNotResolved"},
    WebErrorName{WebErrorStatus::OperationCanceled, "OperationCanceled"},
    WebErrorName{WebErrorStatus::RedirectFailed, "RedirectFailed"},
    WebErrorName{WebErrorStatus::UnexpectedStatusCode, "UnexpectedStatusCode"},
    WebErrorName{WebErrorStatus::UnexpectedRedirection, "UnexpectedRedirection"},
    WebErrorName{WebErrorStatus::UnexpectedClientError, "UnexpectedClientError"},
    WebErrorName{WebErrorStatus::UnexpectedServerError, "UnexpectedServerError"},
    WebErrorName{WebErrorStatus::InsufficientRangeSupport, "InsufficientRangeSupport"},
    WebErrorName{WebErrorStatus::MissingContentLengthSupport, "MissingContentLengthSupport"},
    WebErrorName{WebErrorStatus::MultipleChoices, "MultipleChoices"},
    WebErrorName{WebErrorStatus::MovedPermanently, "MovedPermanently"},
    WebErrorName{WebErrorStatus::Found, "Found"},
    WebErrorName{WebErrorStatus::SeeOther, "SeeOther"},
    WebErrorName{WebErrorStatus::NotModified, "NotModified"},
    WebErrorName{WebErrorStatus::UseProxy, "UseProxy"},
    WebErrorName{WebErrorStatus::TemporaryRedirect, "TemporaryRedirect"},
    WebErrorName{WebErrorStatus::BadRequest, "BadRequest"},
    WebErrorName{WebErrorStatus::Unauthorized, "Unauthorized"},
    WebErrorName{WebErrorStatus::PaymentRequired, "PaymentRequired"},
    WebErrorName{WebErrorStatus::Forbidden, "Forbidden"},
    WebErrorName{WebErrorStatus::NotFound, "NotFound"},
    WebErrorName{WebErrorStatus::MethodNotAllowed, "MethodNotAllowed"},
    WebErrorName{WebErrorStatus::NotAcceptable, "NotAcceptable"},
    WebErrorName{WebErrorStatus::ProxyAuthenticationRequired, "ProxyAuthenticationRequired"},
    WebErrorName{WebErrorStatus::RequestTimeout, "RequestTimeout"},
    WebErrorName{WebErrorStatus::Conflict, "Conflict"},
    WebErrorName{WebErrorStatus::Gone, "Gone"},
    WebErrorName{WebErrorStatus::LengthRequired, "LengthRequired"},
    WebErrorName{WebErrorStatus::PreconditionFailed, "PreconditionFailed"},
    WebErrorName{WebErrorStatus::RequestEntityTooLarge, "RequestEntityTooLarge"},
    WebErrorName{WebErrorStatus::RequestUriTooLong, "RequestUriTooLong"},
    WebErrorName{WebErrorStatus::UnsupportedMediaType, "UnsupportedMediaType"},
    WebErrorName{WebErrorStatus::RequestedRangeNotSatisfiable, "RequestedRangeNotSatisfiable"},
    WebErrorName{WebErrorStatus::ExpectationFailed, "ExpectationFailed"},
    WebErrorName{WebErrorStatus::InternalServerError, "InternalServerError"},
    WebErrorName{WebErrorStatus::NotImplemented, "NotImplemented"},
    WebErrorName{WebErrorStatus::BadGateway, "BadGateway"},
    WebErrorName{WebErrorStatus::ServiceUnavailable, "ServiceUnavailable"},
    WebErrorName{WebErrorStatus::GatewayTimeout, "GatewayTimeout"},
    WebErrorName{WebErrorStatus::HttpVersionNotSupported, "HttpVersionNotSupported"},
};

}  // namespace

std::string_view status_name(BackgroundTransferStatus status) {
  switch (status) {
    case Idle:
      return "Idle";
    case Running:
      return "Running";
    case PausedByApplication:
      return "PausedByApplication";
    case PausedCostedNetwork:
      return "PausedCostedNetwork";
    case PausedNoNetwork:
      return "PausedNoNetwork";
    case Completed:
      return "Completed";
    case Canceled:
      return "Canceled";
    case Error:
      return "Error";
    case PausedRecoverableWebErrorStatus:
      return "PausedRecoverableWebErrorStatus";
    case PausedSystemPolicy:
      return "PausedSystemPolicy";
  }
  return "Unknown";
}

const std::vector<BackgroundTransferStatus>& ended_statuses() {
  static const std::vector<BackgroundTransferStatus> statuses{Completed, Canceled, Error};
  return statuses;
}

const std::vector<BackgroundTransferStatus>& open_statuses() {
  static const std::vector<BackgroundTransferStatus> statuses{Idle,
                                                              Running,
                                                              PausedByApplication,
                                                              PausedCostedNetwork,
                                                              PausedNoNetwork,
                                                              PausedRecoverableWebErrorStatus,
                                                              PausedSystemPolicy};
  return statuses;
}

const std::vector<BackgroundTransferStatus>& all_statuses() {
  static const std::vector<BackgroundTransferStatus> statuses{Idle,
                                                              Running,
                                                              PausedByApplication,
                                                              PausedCostedNetwork,
                                                              PausedNoNetwork,
                                                              Completed,
                                                              Canceled,
                                                              Error,
                                                              PausedRecoverableWebErrorStatus,
                                                              PausedSystemPolicy};
  return statuses;
}

bool has_ended(BackgroundTransferStatus status) {
  return status == Completed || status == Canceled || status == Error;
}

std::optional<BackgroundTransferStatus> parse_status(std::string_view name) {
  for (const BackgroundTransferStatus status : all_statuses()) {
    if (lower_case(status_name(status)) == lower_case(name)) return status;
  }
  return std::nullopt;
}

std::string_view cost_policy_name(BackgroundTransferCostPolicy policy) {
  switch (policy) {
    case BackgroundTransferCostPolicy::Default:
      return "Default";
    case BackgroundTransferCostPolicy::UnrestrictedOnly:
      return "UnrestrictedOnly";
    case BackgroundTransferCostPolicy::Always:
      return "Always";
  }
  return "Unknown";
}

std::string_view priority_name(BackgroundTransferPriority priority) {
  switch (priority) {
    case BackgroundTransferPriority::Default:
      return "Default";
    case BackgroundTransferPriority::High:
      return "High";
    case BackgroundTransferPriority::Low:
      return "Low";
  }
  return "Unknown";
}

bool was_never_started(const TransferInfo& transfer) {
  return transfer.Status == Idle && !transfer.Started;
}

namespace {

/// Running in name only: an attempt has failed, and the next one is due later.
bool waits_for_next_attempt(const TransferInfo& transfer) {
  return std::any_of(transfer.Blockers.begin(), transfer.Blockers.end(),
                     [](const longhaul::BlockerInfo& blocker) {
                       return blocker.Kind == "retry" || blocker.Kind == "server";
                     });
}

}  // namespace

std::string status_word(const TransferInfo& transfer) {
  switch (transfer.Status) {
    case Idle:
      return was_never_started(transfer) ? "Not started" : "Queued";
    case Running:
      return waits_for_next_attempt(transfer) ? "Retrying" : "Running";
    case PausedByApplication:
      return "Paused";
    case PausedCostedNetwork:
    case PausedNoNetwork:
    case PausedSystemPolicy:
      return "Waiting";
    case Completed:
      return "Completed";
    case Canceled:
      return "Canceled";
    case Error:
    case PausedRecoverableWebErrorStatus:
      return "Failed";
  }
  return "unknown";
}

std::string reason_in_words(const TransferInfo& transfer) {
  std::string reason;
  for (const longhaul::BlockerInfo& blocker : transfer.Blockers) {
    if (!reason.empty()) reason += "; ";
    reason += harmless(blocker.Text.empty() ? blocker.Kind : blocker.Text);
    if (blocker.Until) reason += " at " + local_time(*blocker.Until);
  }
  // While a new attempt runs, the error is that of the one before.
  const bool is_past = transfer.Status == Canceled || transfer.Status == Running;
  if (!reason.empty() || !transfer.Error || is_past) return reason;
  return harmless(transfer.Error->Message);
}

std::string short_name(const TransferInfo& transfer) {
  if (const std::size_t slash = transfer.File.rfind('/'); slash != transfer.File.npos)
    return harmless(std::string_view(transfer.File).substr(slash + 1));
  const std::string_view url = transfer.Url;
  const std::string_view path = url.substr(0, url.find_first_of("?#"));
  const std::size_t authority = path.find("://");
  const std::size_t slash = path.rfind('/');
  const bool has_name = slash != path.npos && authority != path.npos && slash > authority + 2 &&
                        slash + 1 < path.size();
  return harmless(has_name ? path.substr(slash + 1) : url);
}

std::string short_id(std::string_view id) {
  return std::string(id.substr(0, 8));
}

std::string cause_of(const longhaul::TransferErrorInfo& error) {
  if (error.Status != WebErrorStatus::Unknown) return std::string(web_error_name(error.Status));
  return cause_of(error.HResult);
}

std::string_view web_error_name(WebErrorStatus status) {
  for (const auto& [value, name] : kWebErrorNames) {
    if (value == status) return name;
  }
  return "Unknown";
}

std::optional<WebErrorStatus> parse_web_error(std::string_view name) {
  for (const auto& [value, known] : kWebErrorNames) {
    if (value != WebErrorStatus::Unknown && lower_case(known) == lower_case(name)) return value;
  }
  return std::nullopt;
}

}  // namespace lh::cli
