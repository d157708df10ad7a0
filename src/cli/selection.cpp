#include "cli/selection.h"

#include <algorithm>
#include <cstdlib>
#include <unordered_set>

#include "cli/failure.h"
#include "cli/text.h"
#include "cli/words.h"

namespace lh::cli {
namespace {

constexpr std::size_t kIdLength = 36;
constexpr std::size_t kShortestPrefix = 4;
constexpr std::size_t kShownLength = 8;
constexpr std::size_t kCandidatesShown = 10;
constexpr std::size_t kMostCompared = 5000;
constexpr std::size_t kControlledAtOnce = 10'000;

Failure ambiguous(const std::string& prefix, const std::vector<TransferInfo>& candidates) {
  std::string next = "It could be:";
  const std::size_t shown = std::min(candidates.size(), kCandidatesShown);
  for (std::size_t i = 0; i < shown; ++i)
    next += "\n  " + candidates[i].Id + "  " + short_name(candidates[i]);
  if (candidates.size() > shown) next += "\n  and more";
  return bad_argument("several transfers have IDs that begin with " + prefix, next);
}

std::size_t common_prefix(const std::string& a, const std::string& b) {
  const auto end = std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first;
  return static_cast<std::size_t>(end - a.begin());
}

}  // namespace

longhaul::TransferService open_service() {
  const char* const app = std::getenv("LONGHAUL_APP_ID");
  return longhaul::TransferService(app != nullptr && *app != '\0' ? app : "org.longhaul.cli");
}

TransferInfo find_transfer(longhaul::TransferService& service, const std::string& prefix) {
  if (prefix.size() < kShortestPrefix) {
    throw bad_argument("'" + prefix + "' is too short for an ID: give at least four characters",
                       "All IDs: longhaul list");
  }
  longhaul::ListQuery query;
  query.AllApps = true;
  query.IdPrefix = lower_case(prefix);
  const bool could_be_id =
      prefix.size() <= kIdLength &&
      query.IdPrefix->find_first_not_of("0123456789abcdef-") == std::string::npos;
  if (!could_be_id) throw no_such_transfer(prefix);
  std::vector<TransferInfo> found;
  service.List(query, [&found](const TransferInfo& each) {
    found.push_back(each);
    return found.size() <= kCandidatesShown;
  });
  if (found.empty()) throw no_such_transfer(prefix);
  if (found.size() > 1) throw ambiguous(prefix, found);
  return std::move(found.front());
}

std::vector<TransferInfo> find_transfers(longhaul::TransferService& service,
                                         const std::vector<std::string>& prefixes) {
  std::vector<TransferInfo> transfers;
  std::unordered_set<std::string> seen;
  for (const std::string& prefix : prefixes) {
    TransferInfo transfer = find_transfer(service, prefix);
    if (seen.insert(transfer.Id).second) transfers.push_back(std::move(transfer));
  }
  return transfers;
}

std::size_t telling_length(std::vector<std::string> ids) {
  std::sort(ids.begin(), ids.end());
  std::size_t length = kShownLength;
  for (std::size_t i = 1; i < ids.size(); ++i)
    length = std::max(length, common_prefix(ids[i - 1], ids[i]) + 1);
  // A prefix that ends in a hyphen is hard to select and to read.
  for (const std::size_t hyphen : {9U, 14U, 19U, 24U}) length += length == hyphen ? 1 : 0;
  return std::min(length, kIdLength);
}

std::size_t telling_id_length(longhaul::TransferService& service) {
  longhaul::ListQuery query;
  query.AllApps = true;
  std::vector<std::string> ids;
  service.List(query, [&ids](const TransferInfo& each) {
    ids.push_back(each.Id);
    return ids.size() <= kMostCompared;
  });
  return ids.size() > kMostCompared ? kIdLength : telling_length(std::move(ids));
}

std::vector<longhaul::Refusal> control_all(longhaul::TransferService& service,
                                           longhaul::TransferVerb verb,
                                           const std::vector<std::string>& ids) {
  std::vector<longhaul::Refusal> refusals;
  for (std::size_t from = 0; from < ids.size(); from += kControlledAtOnce) {
    const std::size_t to = std::min(ids.size(), from + kControlledAtOnce);
    const auto begin = ids.begin() + static_cast<std::ptrdiff_t>(from);
    const auto end = ids.begin() + static_cast<std::ptrdiff_t>(to);
    for (longhaul::Refusal& each : service.Control(verb, {begin, end}))
      refusals.push_back(std::move(each));
  }
  return refusals;
}

}  // namespace lh::cli
