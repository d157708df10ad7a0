#pragma once

#include <cstdint>
#include <optional>

#include "core/model/limits.h"
#include "core/model/transfer_error.h"
#include "core/model/transfer_state.h"

namespace lh {

/// How an attempt failed, as far as retrying is concerned (R39 to R43 as amended).
struct Failure {
  TransferError error;
  bool transient = false;               ///< worth another attempt
  std::optional<Duration> retry_after;  ///< what the server asked for
  bool counts = true;                   ///< against the retries
};

struct RetryDecision {
  enum class Kind : std::uint8_t { RetryAt, GiveUp };
  Kind kind = Kind::GiveUp;
  TimePoint at{};
};

/// `failures_in_row` counts this failure. `jitter` in [0, 1) comes from outside; a delay is
/// stretched by up to a quarter of it.
[[nodiscard]] RetryDecision after_failure(const Failure& failure, std::uint32_t failures_in_row,
                                          const Limits& limits, TimePoint now, double jitter);

/// R42 as amended: 408, 425, 429, 500, 502, 503, 504.
[[nodiscard]] bool is_transient_http(int status);

}  // namespace lh
