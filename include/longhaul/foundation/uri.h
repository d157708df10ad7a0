#pragma once

/// @file
/// Absolute addresses.

#include <cstddef>
#include <cstdint>
#include <memory>

#include "longhaul/export.h"
#include "longhaul/foundation/hstring.h"

namespace longhaul {

namespace detail {
struct UriData;
}

/// An absolute URI of any scheme; whether a transfer can use it is for the call that is given it
/// (R69). A handle: copies share it, and it may be null. Any thread.
class LONGHAUL_EXPORT Uri {
 public:
  Uri(std::nullptr_t) noexcept {}
  /// Throws hresult_invalid_argument for a string that is no absolute URI (R168).
  explicit Uri(const hstring& uri);
  /// `relativeUri` resolved against `baseUri`.
  Uri(const hstring& baseUri, const hstring& relativeUri);

  /// The whole URI as given, without white space around it.
  [[nodiscard]] hstring AbsoluteUri() const;
  /// Percent-encoded, Punycode host.
  [[nodiscard]] hstring AbsoluteCanonicalUri() const;
  /// The text given at construction.
  [[nodiscard]] hstring RawUri() const;
  /// For people: without user name and password, decoded.
  [[nodiscard]] hstring DisplayUri() const;
  [[nodiscard]] hstring SchemeName() const;  ///< lower case
  [[nodiscard]] hstring Host() const;        ///< not in Punycode, no brackets
  [[nodiscard]] std::int32_t Port() const;   ///< the scheme's default if none is given
  [[nodiscard]] hstring Path() const;
  [[nodiscard]] hstring Query() const;      ///< with its "?"; empty if there is none
  [[nodiscard]] hstring Fragment() const;   ///< with its "#"; empty if there is none
  [[nodiscard]] hstring Extension() const;  ///< of the path's last part, with the dot
  [[nodiscard]] hstring UserName() const;
  [[nodiscard]] hstring Password() const;

  [[nodiscard]] Uri CombineUri(const hstring& relativeUri) const;
  /// Whether both mean the same, by the canonical form.
  [[nodiscard]] bool Equals(const Uri& other) const;
  /// The canonical form, unescaped.
  [[nodiscard]] hstring ToString() const;

  /// Percent-encodes all but letters, digits and "-._~".
  [[nodiscard]] static hstring EscapeComponent(const hstring& toEscape);
  /// The reverse.
  [[nodiscard]] static hstring UnescapeComponent(const hstring& toUnescape);

  explicit operator bool() const noexcept { return data_ != nullptr; }
  friend bool operator==(const Uri& a, std::nullptr_t) noexcept { return !a.data_; }
  /// Whether both are the same object.
  friend bool operator==(const Uri& a, const Uri& b) noexcept { return a.data_ == b.data_; }

 private:
  [[nodiscard]] const detail::UriData& data() const;

  std::shared_ptr<const detail::UriData> data_;
};

}  // namespace longhaul
