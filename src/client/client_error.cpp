#include "client/client_error.h"

#include <string>

#include "core/model/web_error.h"
#include "longhaul/foundation/hresult.h"

namespace lh {

void throw_error(const TransferError& error) {
  longhaul::throw_hresult(longhaul::hresult(error.hresult), longhaul::hstring(error.message));
}

void throw_error(const Error& error) {
  throw_error(to_transfer_error(error));
}

TransferError unavailable(std::string message) {
  TransferError error;
  error.kind = ErrorKind::Unavailable;
  error.hresult = hr::kServiceUnavailable;
  error.message = std::move(message);
  return error;
}

}  // namespace lh
