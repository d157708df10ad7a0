#include "cli/words.h"

#include <algorithm>

#include "cli/failure.h"
#include "cli/text.h"

namespace lh::cli {

using enum BackgroundTransferStatus;

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

std::string status_word(const TransferInfo& transfer) {
  switch (transfer.Status) {
    case Idle:
      return was_never_started(transfer) ? "Not started" : "Queued";
    case Running:
      return transfer.Blockers.empty() ? "Running" : "Retrying";
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
  }
  if (!reason.empty() || !transfer.Error || transfer.Status == Canceled) return reason;
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
  switch (status) {
    case WebErrorStatus::Unknown:
      return "Unknown";
    case WebErrorStatus::CertificateCommonNameIsIncorrect:
      return "CertificateCommonNameIsIncorrect";
    case WebErrorStatus::CertificateExpired:
      return "CertificateExpired";
    case WebErrorStatus::CertificateContainsErrors:
      return "CertificateContainsErrors";
    case WebErrorStatus::CertificateRevoked:
      return "CertificateRevoked";
    case WebErrorStatus::CertificateIsInvalid:
      return "CertificateIsInvalid";
    case WebErrorStatus::ServerUnreachable:
      return "ServerUnreachable";
    case WebErrorStatus::Timeout:
      return "Timeout";
    case WebErrorStatus::ErrorHttpInvalidServerResponse:
      return "ErrorHttpInvalidServerResponse";
    case WebErrorStatus::ConnectionAborted:
      return "ConnectionAborted";
    case WebErrorStatus::ConnectionReset:
      return "ConnectionReset";
    case WebErrorStatus::Disconnected:
      return "Disconnected";
    case WebErrorStatus::HttpToHttpsOnRedirection:
      return "HttpToHttpsOnRedirection";
    case WebErrorStatus::HttpsToHttpOnRedirection:
      return "HttpsToHttpOnRedirection";
    case WebErrorStatus::CannotConnect:
      return "CannotConnect";
    case WebErrorStatus::HostNameNotResolved:
      return "HostNameNotResolved";
    case WebErrorStatus::OperationCanceled:
      return "OperationCanceled";
    case WebErrorStatus::RedirectFailed:
      return "RedirectFailed";
    case WebErrorStatus::UnexpectedStatusCode:
      return "UnexpectedStatusCode";
    case WebErrorStatus::UnexpectedRedirection:
      return "UnexpectedRedirection";
    case WebErrorStatus::UnexpectedClientError:
      return "UnexpectedClientError";
    case WebErrorStatus::UnexpectedServerError:
      return "UnexpectedServerError";
    case WebErrorStatus::InsufficientRangeSupport:
      return "InsufficientRangeSupport";
    case WebErrorStatus::MissingContentLengthSupport:
      return "MissingContentLengthSupport";
    case WebErrorStatus::MultipleChoices:
      return "MultipleChoices";
    case WebErrorStatus::MovedPermanently:
      return "MovedPermanently";
    case WebErrorStatus::Found:
      return "Found";
    case WebErrorStatus::SeeOther:
      return "SeeOther";
    case WebErrorStatus::NotModified:
      return "NotModified";
    case WebErrorStatus::UseProxy:
      return "UseProxy";
    case WebErrorStatus::TemporaryRedirect:
      return "TemporaryRedirect";
    case WebErrorStatus::BadRequest:
      return "BadRequest";
    case WebErrorStatus::Unauthorized:
      return "Unauthorized";
    case WebErrorStatus::PaymentRequired:
      return "PaymentRequired";
    case WebErrorStatus::Forbidden:
      return "Forbidden";
    case WebErrorStatus::NotFound:
      return "NotFound";
    case WebErrorStatus::MethodNotAllowed:
      return "MethodNotAllowed";
    case WebErrorStatus::NotAcceptable:
      return "NotAcceptable";
    case WebErrorStatus::ProxyAuthenticationRequired:
      return "ProxyAuthenticationRequired";
    case WebErrorStatus::RequestTimeout:
      return "RequestTimeout";
    case WebErrorStatus::Conflict:
      return "Conflict";
    case WebErrorStatus::Gone:
      return "Gone";
    case WebErrorStatus::LengthRequired:
      return "LengthRequired";
    case WebErrorStatus::PreconditionFailed:
      return "PreconditionFailed";
    case WebErrorStatus::RequestEntityTooLarge:
      return "RequestEntityTooLarge";
    case WebErrorStatus::RequestUriTooLong:
      return "RequestUriTooLong";
    case WebErrorStatus::UnsupportedMediaType:
      return "UnsupportedMediaType";
    case WebErrorStatus::RequestedRangeNotSatisfiable:
      return "RequestedRangeNotSatisfiable";
    case WebErrorStatus::ExpectationFailed:
      return "ExpectationFailed";
    case WebErrorStatus::InternalServerError:
      return "InternalServerError";
    case WebErrorStatus::NotImplemented:
      return "NotImplemented";
    case WebErrorStatus::BadGateway:
      return "BadGateway";
    case WebErrorStatus::ServiceUnavailable:
      return "ServiceUnavailable";
    case WebErrorStatus::GatewayTimeout:
      return "GatewayTimeout";
    case WebErrorStatus::HttpVersionNotSupported:
      return "HttpVersionNotSupported";
  }
  return "Unknown";
}

}  // namespace lh::cli
