#pragma once

#include <vector>

#include "core/base/units.h"
#include "longhaul/background_transfer_types.h"

namespace lh {

using longhaul::BackgroundTransferFileRange;

/// The bytes of a file that are there: sorted, merged, not overlapping (R149).
class RangeSet {
 public:
  RangeSet() = default;
  /// Bytes [0, length).
  [[nodiscard]] static RangeSet prefix(ByteCount length);

  void add(ByteOffset offset, ByteCount length);
  void clear() { ranges_.clear(); }

  [[nodiscard]] bool empty() const { return ranges_.empty(); }
  [[nodiscard]] ByteCount byte_count() const;
  /// Bytes without a gap from the start of the file.
  [[nodiscard]] ByteCount prefix_length() const;
  /// Bytes without a gap from `offset` on; 0 if that byte is missing.
  [[nodiscard]] ByteCount contiguous_from(ByteOffset offset) const;
  [[nodiscard]] bool contains(ByteOffset offset, ByteCount length) const;
  [[nodiscard]] const std::vector<BackgroundTransferFileRange>& ranges() const { return ranges_; }

  friend bool operator==(const RangeSet&, const RangeSet&) = default;

 private:
  std::vector<BackgroundTransferFileRange> ranges_;
};

}  // namespace lh
