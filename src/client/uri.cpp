#include "longhaul/foundation/uri.h"

#include <string>
#include <string_view>
#include <utility>

#include "client/client_error.h"
#include "longhaul/foundation/hresult.h"
#include "uri/uri_reader.h"

namespace longhaul {

namespace detail {
struct UriData {
  std::string raw;
  lh::ParsedUri parts;
  std::string canonical;
};
}  // namespace detail

namespace {

std::string trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n\f";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(kSpace) - first + 1));
}

lh::ParsedUri parse(const std::string& text) {
  lh::Result<lh::ParsedUri> parsed = lh::parse_uri(text);
  if (!parsed) lh::throw_error(parsed.error());
  return std::move(*parsed);
}

std::string combine(const hstring& base, const hstring& relative) {
  lh::Result<std::string> combined =
      lh::combine_uri(trimmed(to_string(base)), trimmed(to_string(relative)));
  if (!combined) lh::throw_error(combined.error());
  return std::move(*combined);
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
        hex_digit(text[i + 2]) >= 0) {
      out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

std::string escape(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (is_unreserved(c)) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return out;
}

}  // namespace

Uri::Uri(const hstring& uri) {
  detail::UriData data;
  data.raw = to_string(uri);
  data.parts = parse(trimmed(data.raw));
  data.canonical = lh::canonical_uri(data.parts);
  data_ = std::make_shared<const detail::UriData>(std::move(data));
}

Uri::Uri(const hstring& baseUri, const hstring& relativeUri)
    : Uri(hstring(combine(baseUri, relativeUri))) {}

const detail::UriData& Uri::data() const {
  if (!data_) throw_hresult(hresult(0x80004003U), L"the URI is null");
  return *data_;
}

hstring Uri::AbsoluteUri() const {
  return hstring(trimmed(data().raw));
}

hstring Uri::AbsoluteCanonicalUri() const {
  return hstring(data().canonical) + Fragment();
}

hstring Uri::RawUri() const {
  return hstring(data().raw);
}

hstring Uri::DisplayUri() const {
  return ToString();
}

hstring Uri::SchemeName() const {
  return hstring(data().parts.scheme);
}

hstring Uri::Host() const {
  return hstring(data().parts.host);
}

std::int32_t Uri::Port() const {
  return data().parts.port;
}

hstring Uri::Path() const {
  return hstring(data().parts.path);
}

hstring Uri::Query() const {
  const std::string& query = data().parts.query;
  return query.empty() ? hstring() : hstring("?" + query);
}

hstring Uri::Fragment() const {
  const std::string& fragment = data().parts.fragment;
  return fragment.empty() ? hstring() : hstring("#" + fragment);
}

hstring Uri::Extension() const {
  const std::string_view path = data().parts.path;
  const std::string_view name = path.substr(path.rfind('/') + 1);
  const std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos ? hstring() : hstring(unescape(name.substr(dot)));
}

hstring Uri::UserName() const {
  return hstring(data().parts.user);
}

hstring Uri::Password() const {
  return hstring(data().parts.password);
}

Uri Uri::CombineUri(const hstring& relativeUri) const {
  return Uri(AbsoluteUri(), relativeUri);
}

bool Uri::Equals(const Uri& other) const {
  return data().canonical == other.data().canonical &&
         data().parts.fragment == other.data().parts.fragment &&
         data().parts.user == other.data().parts.user &&
         data().parts.password == other.data().parts.password;
}

hstring Uri::ToString() const {
  return hstring(unescape(data().canonical)) + Fragment();
}

hstring Uri::EscapeComponent(const hstring& toEscape) {
  return hstring(escape(to_string(toEscape)));
}

hstring Uri::UnescapeComponent(const hstring& toUnescape) {
  return hstring(unescape(to_string(toUnescape)));
}

}  // namespace longhaul
