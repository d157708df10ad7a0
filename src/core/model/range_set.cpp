#include "core/model/range_set.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace lh {
namespace {

ByteOffset end_of(const BackgroundTransferFileRange& range) {
  return range.Offset + range.Length;
}

/// The first range that ends at `offset` or behind it.
auto first_reaching(std::vector<BackgroundTransferFileRange>& ranges, ByteOffset offset) {
  return std::ranges::lower_bound(ranges, offset, {}, end_of);
}

}  // namespace

RangeSet RangeSet::prefix(ByteCount length) {
  RangeSet set;
  set.add(0, length);
  return set;
}

void RangeSet::add(ByteOffset offset, ByteCount length) {
  length = std::min(length, std::numeric_limits<ByteOffset>::max() - offset);
  if (length == 0) return;
  BackgroundTransferFileRange added{offset, length};
  auto first = first_reaching(ranges_, offset);
  auto last = first;
  while (last != ranges_.end() && last->Offset <= end_of(added)) {
    const auto end = std::max(end_of(added), end_of(*last));
    added.Offset = std::min(added.Offset, last->Offset);
    added.Length = end - added.Offset;
    ++last;
  }
  if (first == last) {
    ranges_.insert(first, added);
    return;
  }
  *first = added;
  ranges_.erase(first + 1, last);
}

ByteCount RangeSet::byte_count() const {
  return std::accumulate(ranges_.begin(), ranges_.end(), ByteCount{0},
                         [](ByteCount sum, const auto& range) { return sum + range.Length; });
}

ByteCount RangeSet::prefix_length() const {
  return contiguous_from(0);
}

ByteCount RangeSet::contiguous_from(ByteOffset offset) const {
  const auto found = std::ranges::upper_bound(ranges_, offset, {}, end_of);
  if (found == ranges_.end() || found->Offset > offset) return 0;
  return end_of(*found) - offset;
}

bool RangeSet::contains(ByteOffset offset, ByteCount length) const {
  return contiguous_from(offset) >= length;
}

}  // namespace lh
