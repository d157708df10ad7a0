#pragma once

#include <optional>

#include "core/model/snapshot.h"

namespace lh {

/// What a listener missed while there was no service: the one piece of news that leads from
/// `before` to `after`; nothing if they show the same.
[[nodiscard]] std::optional<Change> news_between(const Snapshot& before, const Snapshot& after,
                                                 TimePoint now);

/// The change of status that a listener, who last saw `before`, has missed if the next news are
/// `next`: those of responses and bytes say nothing of a status, as it is taken to be known.
[[nodiscard]] std::optional<Change> missed_status(const Snapshot& before, const Change& next);

}  // namespace lh
