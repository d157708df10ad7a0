#include "uri/uri_reader.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <utility>

#include <curl/curl.h>
#include <idn2.h>

namespace lh {
namespace {

struct CurlUrlDeleter {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using CurlUrl = std::unique_ptr<CURLU, CurlUrlDeleter>;

struct CurlFree {
  void operator()(char* text) const { curl_free(text); }
};
struct IdnFree {
  void operator()(char* text) const { idn2_free(text); }
};
using IdnText = std::unique_ptr<char, IdnFree>;

constexpr std::size_t kMaxLength = 8'000'000;  // libcurl's own

struct KnownScheme {
  std::string_view name;
  int port;
};
constexpr std::array<KnownScheme, 6> kHostSchemes{
    {{"http", 80}, {"https", 443}, {"ftp", 21}, {"ftps", 990}, {"ws", 80}, {"wss", 443}}};

bool is_alpha(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}
std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

/// The default port of a scheme that has a host; 0 if the scheme is not known.
int default_port(std::string_view scheme) {
  const auto* found = std::find_if(kHostSchemes.begin(), kHostSchemes.end(),
                                   [&](const KnownScheme& known) { return known.name == scheme; });
  return found == kHostSchemes.end() ? 0 : found->port;
}

/// What may be shown of an address in a message: no user and password, no query string.
std::string shown(std::string_view text) {
  const std::string_view before_query = text.substr(0, text.find_first_of("?#"));
  const std::size_t slashes = before_query.find("//");
  std::string result(before_query);
  if (slashes != std::string_view::npos) {
    const std::size_t start = slashes + 2;
    const std::size_t end = std::min(before_query.find('/', start), before_query.size());
    const std::string_view authority = before_query.substr(start, end - start);
    const std::size_t colon = authority.rfind(':');
    // A password may have a slash in it, where it should not.
    const bool is_odd = authority.find('@') == std::string_view::npos &&
                        colon != std::string_view::npos && colon + 1 < authority.size() &&
                        !is_digit(authority[colon + 1]) && !authority.ends_with(']');
    const std::size_t at =
        is_odd ? before_query.rfind('@') : before_query.substr(0, end).rfind('@');
    if (at != std::string_view::npos && at >= start) result.erase(start, at + 1 - start);
  }
  for (char& c : result) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  constexpr std::size_t kLongest = 200;
  if (result.size() > kLongest) result.replace(kLongest, std::string::npos, "…");
  return result;
}

Error bad_uri(std::string_view text, std::string detail) {
  return {ErrorKind::InvalidArgument, 0, "read the URL", "'" + shown(text) + "'",
          std::move(detail)};
}

/// Length of the scheme before its colon; nothing if the text does not start with one.
std::optional<std::size_t> scheme_length(std::string_view text) {
  if (text.empty() || !is_alpha(text.front())) return std::nullopt;
  for (std::size_t i = 1; i < text.size(); ++i) {
    const char c = text[i];
    if (c == ':') return i;
    if (!is_alpha(c) && !is_digit(c) && c != '+' && c != '-' && c != '.') return std::nullopt;
  }
  return std::nullopt;
}

Result<void> check_characters(std::string_view text) {
  if (text.empty()) return bad_uri(text, "it is empty");
  if (text.size() > kMaxLength) return bad_uri(text, "it is too long");
  if (text.front() == ' ' || text.back() == ' ') {
    return bad_uri(text, "it starts or ends with a space");
  }
  const bool control = std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
  if (control) return bad_uri(text, "it contains a control character");
  return {};
}

std::string curl_problem(CURLUcode code) {
  switch (static_cast<int>(code)) {
    case CURLUE_BAD_PORT_NUMBER:
      return "the port must be a number from 1 to 65535";
    case CURLUE_BAD_HOSTNAME:
      return "the host name is not valid";
    case CURLUE_BAD_IPV6:
      return "the IPv6 address is not valid";
    case CURLUE_NO_HOST:
      return "the host name is missing";
    case CURLUE_BAD_LOGIN:
      return "the user name or password is not valid";
    case CURLUE_BAD_SLASHES:
      return "'//' is expected after the scheme";
    case CURLUE_URLDECODE:
      return "the percent-encoding is not valid";
    case CURLUE_OUT_OF_MEMORY:
      return "out of memory";
    default:
      return curl_url_strerror(code);
  }
}

/// One part; empty if there is none.
Result<std::string> part_of(CURLU* url, CURLUPart part, unsigned int flags, std::string_view text) {
  char* raw = nullptr;
  const CURLUcode code = curl_url_get(url, part, &raw, flags);
  const std::unique_ptr<char, CurlFree> value(raw);
  if (code == CURLUE_OK) return std::string(value.get());
  const bool absent = code == CURLUE_NO_USER || code == CURLUE_NO_PASSWORD ||
                      code == CURLUE_NO_PORT || code == CURLUE_NO_QUERY ||
                      code == CURLUE_NO_FRAGMENT || code == CURLUE_NO_HOST ||
                      static_cast<int>(code) == CURLUE_NO_ZONEID;
  if (absent) return std::string();
  return bad_uri(text, curl_problem(code));
}

/// Whether nothing in it could end the host when it is read again. Percent-encoding and IDN both
/// turn other characters into delimiters.
bool is_plain_host(std::string_view host) {
  return !host.empty() && std::none_of(host.begin(), host.end(), [](char c) {
    return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f ||
           std::string_view("/?#@:%[]\\\"<>^`{|}").find(c) != std::string_view::npos;
  });
}

/// The name in both forms. What has an '_' or is no valid IDN for another reason stays as it is as
/// long as it is ASCII: such names exist in private networks.
Result<void> read_name(const std::string& name, ParsedUri& uri, std::string_view text) {
  uri.host = lower(name);
  uri.ascii_host = uri.host;
  if (!is_ascii(name)) {
    char* raw = nullptr;
    int code = idn2_to_ascii_8z(name.c_str(), &raw, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    const IdnText ascii(raw);
    if (code != IDN2_OK) {
      return bad_uri(text, std::string("the host name is not valid: ") + idn2_strerror(code));
    }
    uri.ascii_host = lower(ascii.get());
    // Of characters that IDNA ignores nothing is left.
    if (uri.ascii_host.empty()) return bad_uri(text, "the host name is not valid");
    raw = nullptr;
    code = idn2_to_unicode_8z8z(uri.ascii_host.c_str(), &raw, 0);
    const IdnText unicode(raw);
    if (code == IDN2_OK) uri.host = unicode.get();
  }
  if (uri.ascii_host.empty()) return {};
  // Only now it can turn out to be an IPv4 address, of which libcurl knows all spellings.
  const CurlUrl url(curl_url());
  const std::string plain = "http://" + uri.ascii_host;
  if (!is_plain_host(uri.ascii_host) ||
      curl_url_set(url.get(), CURLUPART_URL, plain.c_str(), 0) != CURLUE_OK) {
    return bad_uri(text, "the host name is not valid");
  }
  auto settled = part_of(url.get(), CURLUPART_HOST, 0, text);
  if (!settled) return std::move(settled).error();
  if (*settled != uri.ascii_host) uri.host = uri.ascii_host = *settled;
  return {};
}

Result<void> read_host(CURLU* url, ParsedUri& uri, std::string_view text) {
  auto host = part_of(url, CURLUPART_HOST, 0, text);
  if (!host) return std::move(host).error();
  if (!host->starts_with('[')) return read_name(*host, uri, text);
  uri.host = lower(host->substr(1, host->size() - 2));
  uri.ascii_host = uri.host;
  auto zone = part_of(url, CURLUPART_ZONEID, 0, text);
  if (!zone) return std::move(zone).error();
  if (!zone->empty()) {
    if (!is_plain_host(*zone)) return bad_uri(text, "the zone of the IPv6 address is not valid");
    uri.host += "%" + *zone;
    uri.ascii_host += "%25" + *zone;
  }
  return {};
}

Result<void> read_port(CURLU* url, ParsedUri& uri, std::string_view text) {
  auto port = part_of(url, CURLUPART_PORT, 0, text);
  if (!port) return std::move(port).error();
  uri.port = default_port(uri.scheme);
  if (port->empty()) return {};
  int number = 0;
  for (const char c : *port) number = number < 100'000 ? number * 10 + (c - '0') : number;
  if (number < 1 || number > 65535) return bad_uri(text, curl_problem(CURLUE_BAD_PORT_NUMBER));
  uri.port = number;
  return {};
}

Result<void> read_parts(CURLU* url, ParsedUri& uri, std::string_view text) {
  const std::array<std::pair<CURLUPart, std::string ParsedUri::*>, 3> as_written{
      {{CURLUPART_PATH, &ParsedUri::path},
       {CURLUPART_QUERY, &ParsedUri::query},
       {CURLUPART_FRAGMENT, &ParsedUri::fragment}}};
  for (const auto& [part, member] : as_written) {
    auto value = part_of(url, part, 0, text);
    if (!value) return std::move(value).error();
    uri.*member = std::move(value).value();
  }
  uri.has_query = text.substr(0, text.find('#')).find('?') != std::string_view::npos;
  auto user = part_of(url, CURLUPART_USER, CURLU_URLDECODE, text);
  if (!user) return std::move(user).error();
  uri.user = std::move(user).value();
  auto password = part_of(url, CURLUPART_PASSWORD, CURLU_URLDECODE, text);
  if (!password) return std::move(password).error();
  uri.password = std::move(password).value();
  return {};
}

/// "mailto:ann@example.org": nothing but a path, a query and a fragment. libcurl does not read
/// these.
ParsedUri parse_without_host(std::string scheme, std::string_view rest) {
  ParsedUri uri;
  uri.scheme = std::move(scheme);
  if (const auto hash = rest.find('#'); hash != std::string_view::npos) {
    uri.fragment = rest.substr(hash + 1);
    rest = rest.substr(0, hash);
  }
  if (const auto mark = rest.find('?'); mark != std::string_view::npos) {
    uri.has_query = true;
    uri.query = rest.substr(mark + 1);
    rest = rest.substr(0, mark);
  }
  uri.path = rest;
  return uri;
}

/// Percent-encodes what RFC 3986 does not allow. A '%' stays, right or wrong: what is encoded
/// already must reach the server unchanged.
std::string encode_illegal(std::string_view text) {
  constexpr std::string_view kIllegal = " \"<>\\^`{|}";
  std::string result;
  result.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7f && kIllegal.find(c) == std::string_view::npos) {
      result += c;
      continue;
    }
    constexpr std::string_view kHex = "0123456789ABCDEF";
    result += '%';
    result += kHex[byte >> 4U];
    result += kHex[byte & 0xfU];
  }
  return result;
}

std::string bracketed(const std::string& ascii_host) {
  return ascii_host.find(':') == std::string::npos ? ascii_host : "[" + ascii_host + "]";
}

}  // namespace

Result<ParsedUri> parse_uri(std::string_view text) {
  if (auto checked = check_characters(text); !checked) return std::move(checked).error();
  const auto length = scheme_length(text);
  if (!length) {
    return bad_uri(text, "it is not absolute; it must start with a scheme such as https://");
  }
  std::string scheme = lower(text.substr(0, *length));
  const bool needs_host = default_port(scheme) != 0;
  const std::string_view rest = text.substr(*length + 1);
  if (!rest.starts_with("//")) {
    if (needs_host) return bad_uri(text, curl_problem(CURLUE_BAD_SLASHES));
    return parse_without_host(std::move(scheme), rest);
  }
  // libcurl forgives a third slash, and would take the first folder for the host.
  if (rest.starts_with("///")) {
    if (needs_host) return bad_uri(text, curl_problem(CURLUE_NO_HOST));
    return parse_without_host(std::move(scheme), rest.substr(2));
  }

  const CurlUrl url(curl_url());
  if (!url) return Error{ErrorKind::Internal, 0, "read the URL", {}, "out of memory"};
  unsigned int flags = CURLU_NON_SUPPORT_SCHEME | CURLU_ALLOW_SPACE;
  if (!needs_host) flags |= CURLU_NO_AUTHORITY;
  const CURLUcode code = curl_url_set(url.get(), CURLUPART_URL, std::string(text).c_str(), flags);
  if (code != CURLUE_OK) return bad_uri(text, curl_problem(code));

  ParsedUri uri;
  uri.scheme = std::move(scheme);
  if (auto read = read_host(url.get(), uri, text); !read) return std::move(read).error();
  if (needs_host && uri.ascii_host.empty()) return bad_uri(text, curl_problem(CURLUE_NO_HOST));
  if (auto read = read_port(url.get(), uri, text); !read) return std::move(read).error();
  if (auto read = read_parts(url.get(), uri, text); !read) return std::move(read).error();
  return uri;
}

Result<std::string> combine_uri(std::string_view base, std::string_view relative) {
  auto parsed = parse_uri(base);
  if (!parsed) return std::move(parsed).error();
  if (scheme_length(relative)) {
    auto absolute = parse_uri(relative);
    if (!absolute) return std::move(absolute).error();
    return std::string(relative);
  }
  if (!relative.empty()) {
    if (auto checked = check_characters(relative); !checked) return std::move(checked).error();
  }
  if (parsed->ascii_host.empty() && !parsed->path.starts_with('/')) {
    return bad_uri(base, "nothing can be relative to it");
  }
  // What is no path, query or host keeps all of the base but its fragment (RFC 3986,
  // section 5.2.2).
  if (relative.empty() || relative.starts_with('#')) {
    return std::string(base.substr(0, base.find('#'))).append(relative);
  }
  const CurlUrl url(curl_url());
  constexpr unsigned int kFlags = CURLU_NON_SUPPORT_SCHEME | CURLU_ALLOW_SPACE | CURLU_NO_AUTHORITY;
  CURLUcode code = curl_url_set(url.get(), CURLUPART_URL, std::string(base).c_str(), kFlags);
  if (code == CURLUE_OK) {
    // Encoded here: libcurl would write a space in the query as '+'.
    code = curl_url_set(url.get(), CURLUPART_URL, encode_illegal(relative).c_str(), kFlags);
  }
  if (code != CURLUE_OK) return bad_uri(relative, curl_problem(code));
  auto combined = part_of(url.get(), CURLUPART_URL, 0, relative);
  if (!combined) return combined;
  if (auto valid = parse_uri(*combined); !valid) return std::move(valid).error();
  return combined;
}

std::string canonical_uri(const ParsedUri& uri) {
  std::string result = uri.scheme + ":";
  if (!uri.ascii_host.empty() || uri.path.starts_with('/')) {
    result += "//" + bracketed(uri.ascii_host);
    if (uri.port != 0 && uri.port != default_port(uri.scheme)) {
      result += ":" + std::to_string(uri.port);
    }
  }
  result += encode_illegal(uri.path);
  if (uri.has_query) result += "?" + encode_illegal(uri.query);
  return result;
}

std::string origin_of(const ParsedUri& uri) {
  return uri.scheme + "://" + bracketed(uri.ascii_host) + ":" + std::to_string(uri.port);
}

}  // namespace lh
