#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "longhaul/service.h"

namespace lh::cli {

/// A connection in the name of $LONGHAUL_APP_ID, else of the command line itself.
[[nodiscard]] longhaul::TransferService open_service();

/// The transfer, of any app, whose ID is or begins with `prefix`. Throws Failure: too short (2),
/// none (4), several (2, listing them).
[[nodiscard]] longhaul::TransferInfo find_transfer(longhaul::TransferService& service,
                                                   const std::string& prefix);
/// One for each prefix, in their order, none twice. Throws before anything is done if any is wrong.
[[nodiscard]] std::vector<longhaul::TransferInfo> find_transfers(
    longhaul::TransferService& service, const std::vector<std::string>& prefixes);

/// How many characters tell all IDs apart: at least 8. All of them once there are very many
/// transfers, whose IDs need not be compared then.
[[nodiscard]] std::size_t telling_id_length(longhaul::TransferService& service);
/// The pure part: the least length, at least 8, at which no two of these are the same.
[[nodiscard]] std::size_t telling_length(std::vector<std::string> ids);

/// Carries out `verb` in calls of a size that the service takes at once; returns the refusals.
[[nodiscard]] std::vector<longhaul::Refusal> control_all(longhaul::TransferService& service,
                                                         longhaul::TransferVerb verb,
                                                         const std::vector<std::string>& ids);

}  // namespace lh::cli
