#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/model/secrets.h"
#include "core/model/transfer_spec.h"
#include "ipc/codec.h"

namespace lh {

/// What one call creates: a spec for each item, and what is secret, an entry for all that have the
/// same.
struct Specs {
  std::vector<TransferSpec> list;
  std::vector<std::pair<SecretId, Secrets>> secrets;
  std::unordered_map<std::string, SecretId> entries;  ///< of `secrets`, as they are stored
};
/// Everything but the folders is checked; what is secret is taken out of `settings`.
[[nodiscard]] Result<Specs> make_specs(TransferKind kind, TransferSettings& settings,
                                       const std::string& app, const std::vector<WireItem>& items);

/// The error of one item of several.
[[nodiscard]] Error with_index(const Error& error, std::size_t index, std::size_t count);

}  // namespace lh
