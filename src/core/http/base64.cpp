#include "core/http/base64.h"

#include <cstddef>
#include <cstdint>

namespace lh {

std::string to_base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string encoded;
  encoded.reserve((bytes.size() + 2) / 3 * 4);
  std::uint32_t bits = 0;
  unsigned held = 0;  // bits that are not written yet
  for (const char byte : bytes) {
    bits = (bits << 8U) | static_cast<unsigned char>(byte);
    for (held += 8; held >= 6; held -= 6) encoded += kDigits[(bits >> (held - 6)) & 63U];
  }
  if (held > 0) encoded += kDigits[(bits << (6 - held)) & 63U];
  while (encoded.size() % 4 != 0) encoded += '=';
  return encoded;
}

}  // namespace lh
