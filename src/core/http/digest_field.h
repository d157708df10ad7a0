#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lh {

/// A digest that a header field tells.
struct FieldDigest {
  std::string algorithm;  ///< "sha512", "sha256" or "md5"
  std::string hex;        ///< lower case

  friend bool operator==(const FieldDigest&, const FieldDigest&) = default;
};

/// The strongest digest of a `Repr-Digest` or `Content-Digest` field (RFC 9530): a dictionary of
/// structured fields such as `sha-256=:BASE64:`. SHA-512 comes before SHA-256; what is unknown,
/// deprecated there or unreadable is passed over.
[[nodiscard]] std::optional<FieldDigest> parse_digest_field(std::string_view value);

/// `Content-MD5` (RFC 1864): BASE64.
[[nodiscard]] std::optional<FieldDigest> parse_content_md5(std::string_view value);

}  // namespace lh
