#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lh {

/// RFC 9110, section 8.8.3. `opaque` is kept with its quotes, as it is sent back.
struct EntityTag {
  std::string opaque;
  bool weak = false;

  friend bool operator==(const EntityTag&, const EntityTag&) = default;
};

[[nodiscard]] std::optional<EntityTag> parse_etag(std::string_view value);

}  // namespace lh
