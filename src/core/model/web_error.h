#pragma once

#include <string>
#include <string_view>

#include "core/base/error.h"
#include "core/model/transfer_error.h"

namespace lh {

/// The one table HRESULT ↔ WebErrorStatus ↔ cause (web_error_status.md). Everything here is total
/// and pure.

/// `BackgroundTransferError::GetStatus` (R166, R167): Unknown for an HRESULT that is no web error.
[[nodiscard]] WebErrorStatus web_error_status_of(HResult hresult);
/// The HRESULT that carries this status; kFail for Unknown.
[[nodiscard]] HResult hresult_of(WebErrorStatus status);
/// The WebErrorStatus of a final HTTP status of 300 or above, or of one that is no HTTP status
/// (section 3).
[[nodiscard]] WebErrorStatus web_error_of_http(int http_status);
/// The HRESULT of a final HTTP status (R172): 0x80190000 + S.
[[nodiscard]] HResult hresult_of_http(int http_status);
/// The HRESULT of a local file error (section 6).
[[nodiscard]] HResult hresult_of_errno(int errno_value);

/// Enumerator name, e.g. "NotFound"; "Unknown" for a number that has no name.
[[nodiscard]] std::string_view web_error_name(WebErrorStatus status);

/// The error of a final HTTP status: message "GET http://host/x: 404 Not Found".
[[nodiscard]] TransferError http_error(int http_status, std::string_view method,
                                       std::string_view uri);
/// A failure of ours or of the machine, as the app sees it: HRESULT by kind and code.
[[nodiscard]] TransferError to_transfer_error(const Error& error);

}  // namespace lh
