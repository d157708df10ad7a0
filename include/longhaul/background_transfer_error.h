#pragma once

/// @file
/// From error numbers to the causes of failed web operations.

#include <cstdint>

#include "longhaul/export.h"
#include "longhaul/web_error_status.h"

namespace longhaul {

struct LONGHAUL_EXPORT BackgroundTransferError {
  /// The web error behind an HRESULT; `Unknown` if it is none (R166, R167).
  [[nodiscard]] static WebErrorStatus GetStatus(std::int32_t hresult);
};

}  // namespace longhaul
