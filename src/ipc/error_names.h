#pragma once

#include <sdbus-c++/Error.h>

#include "core/base/error.h"
#include "core/model/transfer_error.h"

namespace lh {

/// Errors on the bus are named org.longhaul.Transfers1.Error.<Kind>.H<HRESULT>, for example
/// …Error.NotFound.H80070490; kind, HRESULT and message survive the way.

[[nodiscard]] sdbus::Error to_bus_error(const TransferError& error);
[[nodiscard]] sdbus::Error to_bus_error(const Error& error);

/// Any error of a call. One that the bus itself gave means that the service is not there
/// (Unavailable, 0x80070426), or that it refused the call as such.
[[nodiscard]] TransferError from_bus_error(const sdbus::Error& error);

/// The bus says that the call was never delivered: it may be repeated without doing it twice.
[[nodiscard]] bool was_not_delivered(const sdbus::Error& error);

}  // namespace lh
