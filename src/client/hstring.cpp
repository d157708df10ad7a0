#include "longhaul/foundation/hstring.h"

#include <cstdint>
#include <utility>

namespace longhaul {
namespace {

constexpr std::uint32_t kEscapedByte =
    0xDC00;  // plus the byte: lone surrogates, never in real text

/// The code point at `at` and how many bytes it takes; a byte that begins none stands for itself.
std::pair<wchar_t, std::size_t> decode_one(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i]));
  };
  const std::uint32_t first = byte(at);
  if (first < 0x80) return {static_cast<wchar_t>(first), 1};
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  const std::pair<wchar_t, std::size_t> escaped{static_cast<wchar_t>(kEscapedByte + first), 1};
  if (first < 0xC2 || first > 0xF4 || at + length > text.size()) return escaped;
  std::uint32_t point = first & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0U) != 0x80U) return escaped;
    point = (point << 6) | (byte(at + i) & 0x3FU);
  }
  const bool overlong = (length == 3 && point < 0x800) || (length == 4 && point < 0x10000);
  const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
  if (overlong || surrogate || point > 0x10FFFF) return escaped;
  return {static_cast<wchar_t>(point), length};
}

std::wstring decode(std::string_view text) {
  std::wstring out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const auto [point, length] = decode_one(text, at);
    out += point;
    at += length;
  }
  return out;
}

void encode_one(std::string& out, std::uint32_t point) {
  const auto put = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xC0 | (point >> 6));
    put(0x80 | (point & 0x3F));
  } else if (point >= kEscapedByte + 0x80 && point <= kEscapedByte + 0xFF) {
    put(point - kEscapedByte);
  } else if (point < 0x10000) {
    put(0xE0 | (point >> 12));
    put(0x80 | ((point >> 6) & 0x3F));
    put(0x80 | (point & 0x3F));
  } else {
    put(0xF0 | ((point >> 18) & 0x07));
    put(0x80 | ((point >> 12) & 0x3F));
    put(0x80 | ((point >> 6) & 0x3F));
    put(0x80 | (point & 0x3F));
  }
}

}  // namespace

hstring::hstring(std::wstring_view text) {
  if (!text.empty()) text_ = std::make_shared<const std::wstring>(text);
}

hstring::hstring(std::string_view utf8) {
  if (!utf8.empty()) text_ = std::make_shared<const std::wstring>(decode(utf8));
}

hstring hstring::joined(std::wstring_view more) const {
  std::wstring text(view());
  text += more;
  return hstring(std::wstring_view(text));
}

std::string to_string(std::wstring_view text) {
  std::string out;
  out.reserve(text.size());
  for (const wchar_t point : text) encode_one(out, static_cast<std::uint32_t>(point));
  return out;
}

std::string to_string(const hstring& text) {
  return to_string(std::wstring_view(text));
}

}  // namespace longhaul
