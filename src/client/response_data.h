#pragma once

#include <cstdint>
#include <memory>

#include "core/model/snapshot.h"
#include "longhaul/foundation/collections.h"
#include "longhaul/foundation/hstring.h"

namespace longhaul::detail {

/// What a ResponseInformation shows.
struct ResponseData {
  std::uint32_t status = 0;
  bool resumable = false;
  hstring uri;
  IMapView<hstring, hstring> headers;
};

/// Of a response that is there.
[[nodiscard]] std::shared_ptr<const ResponseData> response_data(const lh::Details& details);

}  // namespace longhaul::detail
