#pragma once

#include <string>

#include "core/model/facts.h"
#include "core/model/snapshot.h"
#include "core/policy/blockers.h"

namespace lh {

/// How an operation is shown.
[[nodiscard]] Snapshot make_snapshot(const Transfer& transfer, const Facts& facts, QueueHold hold,
                                     std::uint64_t sequence);
[[nodiscard]] Details make_details(const Transfer& transfer);
/// Where the answers to uploads are kept.
[[nodiscard]] std::string answers_folder_of(const std::string& state_folder);
/// Absolute path of the result, of an upload that of the answer; empty until the name is known.
[[nodiscard]] std::string result_path(const Transfer& transfer);

}  // namespace lh
