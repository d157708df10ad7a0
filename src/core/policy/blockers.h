#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/blocker.h"
#include "core/model/facts.h"
#include "core/model/transfer.h"

namespace lh {

/// Why the scheduler passed a queued operation over; it knows better than the facts.
enum class QueueHold : std::uint8_t { Slots, OriginSlots };

/// Every cause that holds this operation now, most important first. Empty while it has a running
/// request, before the start and after the end. An operation that only waits for its turn has one
/// of kind Queue or HostLimit.
[[nodiscard]] std::vector<Blocker> blockers_of(const Transfer& transfer, const Facts& facts,
                                               QueueHold hold);

/// The status that apps see (api.md, 1.3 with its order for several causes).
[[nodiscard]] BackgroundTransferStatus status_of(const Transfer& transfer, const Facts& facts);

/// Why a running operation must stop now, or why a queued one may not start: None if it may run.
[[nodiscard]] StopReason hold_reason(const TransferSpec& spec, const Facts& facts);

}  // namespace lh
