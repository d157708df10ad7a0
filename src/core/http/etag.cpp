#include "core/http/etag.h"

#include <algorithm>

#include "core/http/text.h"

namespace lh {

std::optional<EntityTag> parse_etag(std::string_view value) {
  std::string_view rest = text::trim(value);
  EntityTag tag;
  if (rest.starts_with("W/")) {
    tag.weak = true;
    rest.remove_prefix(2);
  }
  if (rest.size() < 2 || rest.front() != '"' || rest.back() != '"') return std::nullopt;
  const auto inside = rest.substr(1, rest.size() - 2);
  const bool sound = std::ranges::all_of(inside, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte != '"' && byte != 0x7F;
  });
  if (!sound) return std::nullopt;
  tag.opaque = std::string(rest);
  return tag;
}

}  // namespace lh
