#include "daemon/open_batches.h"

#include <algorithm>

namespace lh {
namespace {

/// No client needs more; one that never ends them must not bloat the service.
constexpr std::ptrdiff_t kMostOfAClient = 64;

}  // namespace

std::optional<OpenBatches::Number> OpenBatches::begin(const std::string& client) {
  const auto is_theirs = [&client](const auto& one) { return one.second.client == client; };
  if (std::ranges::count_if(batches_, is_theirs) >= kMostOfAClient) return std::nullopt;
  const Number number = new_number_();
  batches_[number].client = client;
  return number;
}

OpenBatches::Batch* OpenBatches::find(Number batch, const std::string& client) {
  const auto found = batches_.find(batch);
  return found != batches_.end() && found->second.client == client ? &found->second : nullptr;
}

bool OpenBatches::begin_part(Number batch, const std::string& client) {
  Batch* const found = find(batch, client);
  if (found != nullptr) ++found->parts_under_way;
  return found != nullptr;
}

void OpenBatches::end_part(Number batch, bool kept) {
  const auto found = batches_.find(batch);
  if (found == batches_.end()) return;
  --found->second.parts_under_way;
  found->second.refused |= !kept;
}

OpenBatches::Ended OpenBatches::end(Number batch, const std::string& client) {
  const Batch* const found = find(batch, client);
  if (found == nullptr) return {};
  const bool whole = found->parts_under_way == 0 && !found->refused;
  batches_.erase(batch);
  return {.was_open = true, .whole = whole};
}

std::vector<OpenBatches::Number> OpenBatches::gone(const std::string& client) {
  std::vector<Number> numbers;
  std::erase_if(batches_, [&](const auto& one) {
    if (one.second.client == client) numbers.push_back(one.first);
    return one.second.client == client;
  });
  return numbers;
}

}  // namespace lh
