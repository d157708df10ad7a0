#include "core/base/guid.h"

#include <cstring>

namespace lh {
namespace {

constexpr std::size_t kTextLength = 36;

bool is_hyphen_place(std::size_t at) {
  return at == 8 || at == 13 || at == 18 || at == 23;
}

std::optional<std::uint8_t> hex_value(char c) {
  if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<std::uint8_t>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<std::uint8_t>(c - 'A' + 10);
  return std::nullopt;
}

}  // namespace

Guid Guid::from_random(Bytes random) {
  random[6] = static_cast<std::uint8_t>((random[6] & 0x0F) | 0x40);
  random[8] = static_cast<std::uint8_t>((random[8] & 0x3F) | 0x80);
  return Guid(random);
}

std::optional<Guid> Guid::parse(std::string_view text) {
  if (text.size() != kTextLength) return std::nullopt;
  Bytes bytes{};
  std::size_t digits = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (is_hyphen_place(at)) {
      if (text[at] != '-') return std::nullopt;
      continue;
    }
    const auto value = hex_value(text[at]);
    if (!value) return std::nullopt;
    auto& byte = bytes[digits / 2];
    byte = static_cast<std::uint8_t>((byte << 4) | *value);
    ++digits;
  }
  return Guid(bytes);
}

std::string Guid::to_string() const {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(kTextLength);
  for (const std::uint8_t byte : bytes_) {
    if (is_hyphen_place(text.size())) text += '-';
    text += kDigits[byte >> 4];
    text += kDigits[byte & 0x0F];
  }
  return text;
}

}  // namespace lh

std::size_t std::hash<lh::Guid>::operator()(const lh::Guid& id) const noexcept {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  std::memcpy(&low, id.bytes().data(), sizeof low);
  std::memcpy(&high, id.bytes().data() + sizeof low, sizeof high);
  return static_cast<std::size_t>(low ^ (high * 0x9E3779B97F4A7C15U));
}
