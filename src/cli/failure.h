#pragma once

#include <cstdint>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>

#include "cli/exit_status.h"

namespace lh::cli {

/// Why a command ends early: what went wrong, the cause in one word of the system or of the web
/// (errno text or WebErrorStatus name), and what the user can do next.
class Failure : public std::runtime_error {
 public:
  Failure(ExitStatus status, const std::string& what, std::string cause, std::string next = {});

  [[nodiscard]] ExitStatus status() const { return status_; }
  [[nodiscard]] const std::string& cause() const { return cause_; }
  [[nodiscard]] const std::string& next() const { return next_; }

 private:
  ExitStatus status_;
  std::string cause_;
  std::string next_;
};

/// The command line makes no sense: exit status 2.
[[nodiscard]] Failure bad_argument(const std::string& what, std::string next = {});
/// A system call failed before anything was changed: exit status 2, cause strerror(error_number).
[[nodiscard]] Failure system_failure(const std::string& what, int error_number);
[[nodiscard]] Failure no_such_transfer(std::string_view id);

/// The service's answer `hresult` to "what", as a Failure with the exit status that belongs to it.
[[nodiscard]] Failure service_failure(std::int32_t hresult, const std::string& what);

/// Cause of an HRESULT for the parentheses: the name of the web error, else the text of the errno
/// that comes nearest.
[[nodiscard]] std::string cause_of(std::int32_t hresult);

/// "longhaul: what (cause)" and what to do next, to standard error. Control characters are made
/// harmless.
void complain(std::string_view what, std::string_view cause, std::string_view next = {});

/// Reports the exception being handled and gives the exit status for it. Call in a catch block.
[[nodiscard]] ExitStatus report_current_exception();

/// HRESULT of the exception being handled if it came from the service, else 0. Call in a catch
/// block.
[[nodiscard]] std::int32_t current_hresult();

}  // namespace lh::cli
