#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/http/multipart.h"
#include "ipc/codec_fields.h"

namespace lh::wire {

/// name, file name, headers, content type, whether it is a file, its text or the file's path. These
/// are bytes: neither need be UTF-8.
using WirePart = sdbus::Struct<std::string, std::string, HeaderArray, std::string, bool,
                               std::vector<std::uint8_t>>;

/// Of parts that have passed check_parts().
[[nodiscard]] std::vector<WirePart> encode_parts(const std::vector<BodyPart>& parts);
/// None where a file has no absolute path, or a text a content type.
[[nodiscard]] std::optional<std::vector<BodyPart>> decode_parts(std::vector<WirePart> wire);

}  // namespace lh::wire
