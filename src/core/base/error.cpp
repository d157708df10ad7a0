#include "core/base/error.h"

#include <cerrno>
#include <system_error>
#include <utility>

namespace lh {

std::string Error::message() const {
  std::string reason = detail;
  if (reason.empty() && code != 0 && (kind == ErrorKind::File || kind == ErrorKind::DiskFull)) {
    reason = std::generic_category().message(code);
  }
  std::string what = operation;
  if (!subject.empty()) {
    if (!what.empty()) what += ' ';
    what += subject;
  }
  if (what.empty()) return reason.empty() ? "unknown error" : reason;
  return reason.empty() ? what : what + ": " + reason;
}

Error file_error(int errno_value, std::string_view operation, std::string_view subject) {
  const bool full = errno_value == ENOSPC || errno_value == EDQUOT;
  return Error{.kind = full ? ErrorKind::DiskFull : ErrorKind::File,
               .code = errno_value,
               .operation = std::string(operation),
               .subject = std::string(subject),
               .detail = std::generic_category().message(errno_value)};
}

Error invalid_argument(std::string detail) {
  Error error;
  error.kind = ErrorKind::InvalidArgument;
  error.detail = std::move(detail);
  return error;
}

}  // namespace lh
