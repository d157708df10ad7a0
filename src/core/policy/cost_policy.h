#pragma once

#include "core/model/facts.h"
#include "longhaul/background_transfer_types.h"

namespace lh {

/// R46 with the order of R47 as amended.
[[nodiscard]] bool cost_permits(longhaul::BackgroundTransferCostPolicy policy,
                                const NetworkFacts& network);

}  // namespace lh
