#pragma once

#include <optional>

#include "client/service_connection.h"

namespace lh {

inline constexpr int kCreationTries = 3;

/// Whether the transfer with this id is there. None if nobody can say.
[[nodiscard]] std::optional<bool> exists(ServiceConnection& connection, const TransferId& id);

/// Calls `create`, and again if the service was lost before it could answer; not if it had done its
/// work, which the next service is asked by the id that was chosen here.
template <typename Create>
[[nodiscard]] std::optional<TransferError> create_once(ServiceConnection& connection,
                                                       const TransferId& id, Create create) {
  for (int tries = 1;; ++tries) {
    std::optional<TransferError> failure = create();
    const bool was_lost = failure && failure->hresult == hr::kServiceUnavailable;
    if (!was_lost) return failure;
    const std::optional<bool> there = exists(connection, id);
    if (there == true) return std::nullopt;
    if (!there || tries == kCreationTries) return failure;
  }
}

}  // namespace lh
