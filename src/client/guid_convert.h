#pragma once

#include "core/base/guid.h"
#include "longhaul/foundation/guid.h"

namespace lh {

[[nodiscard]] longhaul::guid to_public(const Guid& id);
[[nodiscard]] Guid from_public(const longhaul::guid& id);

}  // namespace lh
