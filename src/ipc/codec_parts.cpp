#include "ipc/codec_parts.h"

#include <utility>

namespace lh::wire {

std::vector<WirePart> encode_parts(const std::vector<BodyPart>& parts) {
  std::vector<WirePart> wire;
  wire.reserve(parts.size());
  for (const BodyPart& part : parts) {
    const bool is_file = part.file.has_value();
    const std::string content = is_file ? *part.file : part.text.value_or("");
    wire.emplace_back(part.name, part.file_name, encode_headers(part.headers), part.content_type,
                      is_file, std::vector<std::uint8_t>(content.begin(), content.end()));
  }
  return wire;
}

std::optional<std::vector<BodyPart>> decode_parts(std::vector<WirePart> wire) {
  std::vector<BodyPart> parts;
  parts.reserve(wire.size());
  for (WirePart& each : wire) {
    BodyPart part;
    part.name = std::move(each.get<0>());
    part.file_name = std::move(each.get<1>());
    part.headers = decode_headers(std::move(each.get<2>()));
    part.content_type = std::move(each.get<3>());
    const std::vector<std::uint8_t>& content = each.get<5>();
    std::string bytes(content.begin(), content.end());
    if (each.get<4>()) {
      if (!bytes.starts_with('/')) return std::nullopt;
      part.file = std::move(bytes);
    } else {
      if (!part.content_type.empty()) return std::nullopt;
      part.text = std::move(bytes);
    }
    parts.push_back(std::move(part));
  }
  return parts;
}

}  // namespace lh::wire
