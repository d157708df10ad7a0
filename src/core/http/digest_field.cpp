#include "core/http/digest_field.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "core/http/text.h"

namespace lh {
namespace {

constexpr std::size_t kMd5Size = 16;

struct Known {
  std::string_view key;
  std::string_view algorithm;
  std::size_t size;  ///< bytes of a digest
};
/// The strongest first.
constexpr std::array kKnown = {Known{"sha-512", "sha512", 64}, Known{"sha-256", "sha256", 32}};

std::optional<std::uint32_t> base64_value(char c) {
  if (c >= 'A' && c <= 'Z') return static_cast<std::uint32_t>(c - 'A');
  if (c >= 'a' && c <= 'z') return static_cast<std::uint32_t>(c - 'a' + 26);
  if (text::is_digit(c)) return static_cast<std::uint32_t>(c - '0' + 52);
  if (c == '+') return 62;
  if (c == '/') return 63;
  return std::nullopt;
}

void append_hex(std::string& hex, std::uint32_t byte) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  hex += kDigits[byte >> 4U];
  hex += kDigits[byte & 15U];
}

/// BASE64 of exactly `size` bytes, as hex. Padding may be missing (RFC 8941, section 4.2.7).
std::optional<std::string> to_hex(std::string_view base64, std::size_t size) {
  while (base64.ends_with('=')) base64.remove_suffix(1);
  if (base64.size() != (size * 8 + 5) / 6) return std::nullopt;
  std::string hex;
  std::uint32_t bits = 0;
  unsigned held = 0;  // bits of it that are not written yet
  for (const char c : base64) {
    const auto value = base64_value(c);
    if (!value) return std::nullopt;
    bits = ((bits << 6U) | *value) & 0xffffU;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    append_hex(hex, (bits >> held) & 0xffU);
  }
  return hex;
}

/// The byte sequence `:BASE64:` of one member, whose parameters say nothing to us.
std::optional<std::string> member_digest(std::string_view value, std::size_t size) {
  value = text::trim(text::take_until(value, ';'));
  if (value.size() < 2 || value.front() != ':' || value.back() != ':') return std::nullopt;
  return to_hex(value.substr(1, value.size() - 2), size);
}

/// Where the member at the beginning of a dictionary ends: at a comma outside of strings.
std::size_t end_of_member(std::string_view members) {
  bool quoted = false;
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (quoted && members[i] == '\\') {
      ++i;
    } else if (members[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && members[i] == ',') {
      return i;
    }
  }
  return members.size();
}

bool is_key(std::string_view key) {
  const auto may_begin = [](char c) { return (c >= 'a' && c <= 'z') || c == '*'; };
  const auto may_follow = [&](char c) {
    return may_begin(c) || text::is_digit(c) || c == '_' || c == '-' || c == '.';
  };
  return !key.empty() && may_begin(key.front()) && std::ranges::all_of(key, may_follow);
}

}  // namespace

std::optional<FieldDigest> parse_digest_field(std::string_view value) {
  std::array<std::optional<std::string>, kKnown.size()> found;
  for (bool more = true; more;) {
    const std::size_t end = end_of_member(value);
    more = end < value.size();
    std::string_view member = text::trim(value.substr(0, end));
    value.remove_prefix(more ? end + 1 : end);
    const std::string_view key = member.substr(0, member.find_first_of("=;"));
    // What is no dictionary is ignored as a whole (RFC 8941, section 4.2).
    if (!is_key(key)) return std::nullopt;
    for (std::size_t i = 0; i < kKnown.size(); ++i) {
      if (key != kKnown[i].key) continue;
      // Of members with the same key the last one counts (RFC 8941, section 4.2.2).
      found[i] =
          member_digest(member.substr(std::min(key.size() + 1, member.size())), kKnown[i].size);
    }
  }
  for (std::size_t i = 0; i < kKnown.size(); ++i) {
    if (found[i]) return FieldDigest{std::string(kKnown[i].algorithm), *std::move(found[i])};
  }
  return std::nullopt;
}

std::optional<FieldDigest> parse_content_md5(std::string_view value) {
  auto hex = to_hex(text::trim(value), kMd5Size);
  if (!hex) return std::nullopt;
  return FieldDigest{"md5", *std::move(hex)};
}

}  // namespace lh
