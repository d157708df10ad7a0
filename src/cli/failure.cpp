#include "cli/failure.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <new>
#include <utility>

#include "cli/text.h"
#include "cli/words.h"
#include "longhaul/foundation/hresult.h"

namespace lh::cli {
namespace {

// The HRESULTs that are answered in a way of their own.
constexpr std::uint32_t kServiceUnavailable = 0x80070426;
constexpr std::uint32_t kNotFound = 0x80070490;

constexpr std::uint32_t kWrongChecksum = 0x80070017;

constexpr std::uint32_t kHttpFacility = 0x80190000;

struct Meaning {
  std::uint32_t hresult;
  int error_number;
};
/// Failures of this computer, by the errno that says the same.
constexpr Meaning kMeanings[] = {
    {0x80070057, EINVAL},
    {0x8000000E, EPERM},
    {0x80070005, EACCES},
    {0x80070718, EDQUOT},
    {0x8007050F, EDQUOT},
    {0x80070070, ENOSPC},
    {0x80070299, EFBIG},
    {0x80070013, EROFS},
    {0x80070002, ENOENT},
    {0x80070003, ENOTDIR},
    {0x8007010B, EISDIR},
    {0x8007045D, EIO},
    {0x80070037, ENODEV},
    {0x80070020, EBUSY},
    {0x800700CE, ENAMETOOLONG},
    {0x80070004, EMFILE},
    {0x8007000E, ENOMEM},
    {0x800704C7, ECANCELED},
    {0x80000013, EBADF},
    {0x800710DD, ESTALE},
    {0x80004001, ENOSYS},
    {0x8000000B, ERANGE},
    {kServiceUnavailable, ECONNREFUSED},
};

struct WebMeaning {
  std::uint32_t hresult;
  WebErrorStatus status;
};
constexpr WebMeaning kWebMeanings[] = {
    {0x80072F06, WebErrorStatus::CertificateCommonNameIsIncorrect},
    {0x80072F05, WebErrorStatus::CertificateExpired},
    {0x80072F17, WebErrorStatus::CertificateContainsErrors},
    {0x80072F8A, WebErrorStatus::CertificateRevoked},
    {0x80072F89, WebErrorStatus::CertificateIsInvalid},
    {0x80072F84, WebErrorStatus::ServerUnreachable},
    {0x80072EE2, WebErrorStatus::Timeout},
    {0x80072F78, WebErrorStatus::ErrorHttpInvalidServerResponse},
    {0x80072EFE, WebErrorStatus::ConnectionAborted},
    {0x80072EFF, WebErrorStatus::ConnectionReset},
    {0x80072F83, WebErrorStatus::Disconnected},
    {0x80072F07, WebErrorStatus::HttpToHttpsOnRedirection},
    {0x80072F08, WebErrorStatus::HttpsToHttpOnRedirection},
    {0x80072EFD, WebErrorStatus::CannotConnect},
    {0x80072EE7, WebErrorStatus::HostNameNotResolved},
    {0x80072EF1, WebErrorStatus::OperationCanceled},
    {0x80072F7C, WebErrorStatus::RedirectFailed},
    {kNotFound, WebErrorStatus::NotFound},
};

constexpr const char* kUnreachableHint =
    "Where systemd starts it, its log is shown by: journalctl --user -u longhauld";

}  // namespace

Failure::Failure(ExitStatus status, const std::string& what, std::string cause, std::string next)
    : std::runtime_error(harmless(what)),
      status_(status),
      cause_(std::move(cause)),
      next_(std::move(next)) {}

Failure bad_argument(const std::string& what, std::string next) {
  return {ExitStatus::Refused, what, std::strerror(EINVAL), std::move(next)};
}

Failure system_failure(const std::string& what, int error_number) {
  return {ExitStatus::Refused, what, std::strerror(error_number)};
}

Failure no_such_transfer(std::string_view id) {
  return {ExitStatus::NoSuchTransfer, "there is no transfer " + std::string(id), "NotFound",
          "Those that there are: longhaul list --all-apps"};
}

Failure service_failure(std::int32_t hresult, const std::string& what) {
  const auto bits = static_cast<std::uint32_t>(hresult);
  if (bits == kServiceUnavailable)
    return {ExitStatus::Unreachable, what, cause_of(hresult), kUnreachableHint};
  if (bits == kNotFound) return {ExitStatus::NoSuchTransfer, what, cause_of(hresult)};
  return {ExitStatus::Refused, what, cause_of(hresult)};
}

std::string cause_of(std::int32_t hresult) {
  const auto bits = static_cast<std::uint32_t>(hresult);
  if (bits == kWrongChecksum) return "Wrong checksum";
  for (const Meaning& each : kMeanings) {
    if (each.hresult == bits) return std::strerror(each.error_number);
  }
  for (const WebMeaning& each : kWebMeanings) {
    if (each.hresult == bits) return std::string(web_error_name(each.status));
  }
  if ((bits & 0xFFFF0000U) == kHttpFacility)
    return std::string(web_error_name(static_cast<WebErrorStatus>(bits & 0xFFFFU)));
  return std::string(web_error_name(WebErrorStatus::Unknown));
}

void complain(std::string_view what, std::string_view cause, std::string_view next) {
  // Said once: the messages of the service often end with the cause.
  const std::string tail = ": " + std::string(cause);
  if (!cause.empty() && what.ends_with(tail)) what.remove_suffix(tail.size());
  std::string text = "longhaul: " + harmless(what);
  if (!cause.empty()) text += " (" + harmless(cause) + ")";
  text += '\n';
  if (!next.empty()) text += std::string(next) + '\n';
  std::fwrite(text.data(), 1, text.size(), stderr);
}

std::int32_t current_hresult() {
  try {
    throw;
  } catch (const longhaul::hresult_error& error) {
    return error.code();
  } catch (...) {
    return 0;
  }
}

ExitStatus report_current_exception() {
  try {
    throw;
  } catch (const Failure& failure) {
    complain(failure.what(), failure.cause(), failure.next());
    return failure.status();
  } catch (const longhaul::hresult_error& error) {
    const Failure failure = service_failure(error.code(), error.what());
    complain(failure.what(), failure.cause(), failure.next());
    return failure.status();
  } catch (const std::bad_alloc&) {
    complain("out of memory", std::strerror(ENOMEM));
  } catch (const std::exception& error) {
    complain(error.what(), web_error_name(WebErrorStatus::Unknown));
  }
  return ExitStatus::Refused;
}

}  // namespace lh::cli
