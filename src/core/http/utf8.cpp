#include "core/http/utf8.h"

namespace lh::utf8 {
namespace {

constexpr bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

/// Bytes of the sequence that this byte begins; 0 if it begins none.
constexpr std::size_t sequence_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  if (lead >= 0xF0 && lead <= 0xF4) return 4;
  return 0;
}

constexpr bool is_well_formed(char32_t character, std::size_t length) {
  if (character > 0x10FFFF || (character >= 0xD800 && character <= 0xDFFF)) return false;
  return length < 3 || character >= (length == 3 ? 0x800U : 0x10000U);
}

}  // namespace

std::optional<char32_t> take(std::string_view& rest) {
  const auto lead = static_cast<unsigned char>(rest.front());
  const std::size_t length = sequence_length(lead);
  std::optional<char32_t> result;
  if (length == 1) result = lead;
  if (length > 1 && rest.size() >= length) {
    char32_t character = lead & (0xFFU >> (length + 1));
    bool whole = true;
    for (std::size_t i = 1; i < length; ++i) {
      whole = whole && is_continuation(rest[i]);
      character = (character << 6U) | (static_cast<unsigned char>(rest[i]) & 0x3FU);
    }
    if (whole && is_well_formed(character, length)) result = character;
  }
  rest.remove_prefix(result ? length : 1);
  return result;
}

void append(std::string& text, char32_t character) {
  const auto byte = [&text](char32_t value) { text += static_cast<char>(value); };
  const auto continuation = [&](unsigned shift) { byte(0x80U | ((character >> shift) & 0x3FU)); };
  if (character < 0x80) {
    byte(character);
  } else if (character < 0x800) {
    byte(0xC0U | (character >> 6U));
    continuation(0);
  } else if (character < 0x10000) {
    byte(0xE0U | (character >> 12U));
    continuation(6);
    continuation(0);
  } else {
    byte(0xF0U | (character >> 18U));
    continuation(12);
    continuation(6);
    continuation(0);
  }
}

bool is_valid(std::string_view text) {
  while (!text.empty()) {
    if (!take(text)) return false;
  }
  return true;
}

std::string_view cut(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && is_continuation(text[bytes])) --bytes;
  return text.substr(0, bytes);
}

std::string from_latin1(std::string_view text) {
  std::string result;
  for (const char c : text) append(result, static_cast<unsigned char>(c));
  return result;
}

}  // namespace lh::utf8
