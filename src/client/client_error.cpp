#include "client/client_error.h"

#include <cerrno>
#include <string>

#include "core/model/spec_check.h"
#include "core/model/web_error.h"
#include "longhaul/foundation/hresult.h"

namespace lh {

void throw_error(const TransferError& error) {
  longhaul::throw_hresult(longhaul::hresult(error.hresult), longhaul::hstring(error.message));
}

void throw_error(const Error& error) {
  TransferError converted = to_transfer_error(error);
  // Only files that apps make themselves can be in the way: ERROR_ALREADY_EXISTS.
  if (error.kind == ErrorKind::File && error.code == EEXIST) {
    converted.hresult = hr::from_bits(0x800700B7);
  }
  throw_error(converted);
}

void require_utf8(std::string_view what, std::string_view text) {
  if (const Result<void> checked = check_utf8(what, text); !checked) throw_error(checked.error());
}

void require_utf8(const HeaderField& header) {
  require_utf8("the name of a header", header.name);
  require_utf8("the value of the header " + header.name, header.value);
}

TransferError unavailable(std::string message) {
  TransferError error;
  error.kind = ErrorKind::Unavailable;
  error.hresult = hr::kServiceUnavailable;
  error.message = std::move(message);
  return error;
}

}  // namespace lh
