#include "core/model/spec_check.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "core/http/text.h"
#include "core/http/utf8.h"

namespace lh {
namespace {

constexpr std::size_t kMaxNameBytes = 255;

// R62: those that the service sets itself.
constexpr std::array<std::string_view, 5> kReservedHeaders = {"Range", "If-Range", "Content-Length",
                                                              "Transfer-Encoding", "Connection"};

struct Algorithm {
  std::string_view name;
  std::size_t hex_digits;
};
constexpr std::array<Algorithm, 4> kAlgorithms = {
    {{"sha256", 64}, {"sha512", 128}, {"sha1", 40}, {"md5", 32}}};

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, is_control);
}

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) result += is_control(c) ? '?' : c;
  return result + "\"";
}

Error bad(std::string_view what, std::string_view value, std::string_view why) {
  return invalid_argument(std::string(what) + " " + quoted(value) + ": " + std::string(why));
}

/// A short name that is shown in lists and sent over the bus.
Result<void> check_label(std::string_view what, std::string_view text) {
  if (text.size() > kMaxNameBytes) return bad(what, text.substr(0, 40), "longer than 255 bytes");
  if (has_control(text)) return bad(what, text, "control characters are not allowed");
  return check_utf8(what, text);
}

Result<void> check_target(const Target& target) {
  if (!target.folder.starts_with('/')) return bad("folder", target.folder, "not an absolute path");
  if (target.folder.find('\0') != std::string::npos) {
    return bad("folder", target.folder, "holds a NUL");
  }
  if (target.collision != Collision::Replace && target.collision != Collision::MakeUnique) {
    return invalid_argument("unknown way to treat an existing file");
  }
  if (target.file_name.empty()) return {};
  return check_file_name(target.file_name);
}

Result<void> check_digest(const Checksum& checksum) {
  if (auto parsed = parse_checksum(checksum.algorithm + ":" + checksum.hex); !parsed) {
    return std::move(parsed).error();
  } else if (*parsed != checksum) {
    return invalid_argument("checksum: not in lower case");
  }
  return {};
}

Result<void> check_enums(const TransferSpec& spec) {
  if (spec.kind != TransferKind::Download && spec.kind != TransferKind::Upload) {
    return invalid_argument("neither a download nor an upload");
  }
  switch (spec.priority) {
    case BackgroundTransferPriority::Default:
    case BackgroundTransferPriority::High:
    case BackgroundTransferPriority::Low:
      break;
    default:
      return invalid_argument("unknown priority");
  }
  switch (spec.cost_policy) {
    case BackgroundTransferCostPolicy::Default:
    case BackgroundTransferCostPolicy::UnrestrictedOnly:
    case BackgroundTransferCostPolicy::Always:
      return {};
    default:
      return invalid_argument("unknown cost policy");
  }
}

}  // namespace

Result<void> check_request_header(std::string_view name, std::string_view value) {
  if (!is_token(name)) return bad("header name", name, "not an HTTP token");
  const bool reserved = std::ranges::any_of(
      kReservedHeaders, [name](std::string_view other) { return same_field_name(name, other); });
  if (reserved) return bad("header", name, "set by the service itself");
  // The value is not shown: it may be a secret.
  if (!is_safe_field_value(value)) return bad("header", name, "CR, LF or NUL in its value");
  const bool controls =
      std::ranges::any_of(value, [](char c) { return is_control(c) && c != '\t'; });
  if (controls) return bad("header", name, "control characters in its value");
  return {};
}

Result<void> check_scheme(std::string_view scheme) {
  if (scheme == "http" || scheme == "https" || scheme == "ftp") return {};
  return bad("scheme", scheme, "only http, https and ftp are supported");
}

Result<void> check_request_uri(std::string_view uri) {
  if (uri.size() > kMaxRequestUri) {
    return bad("URL", uri.substr(0, 40),
               "longer than " + std::to_string(kMaxRequestUri) + " bytes");
  }
  const bool clean = std::ranges::all_of(uri, [](char c) { return c > ' ' && c != 0x7F; });
  if (!clean) return invalid_argument("the URL has blanks, control or non-ASCII characters");
  const auto mark = uri.find("://");
  if (mark == std::string_view::npos) return bad("URL", uri, "not absolute");
  if (auto scheme = check_scheme(uri.substr(0, mark)); !scheme) return scheme;
  const auto rest = uri.substr(mark + 3);
  const auto authority = rest.substr(0, rest.find_first_of("/?#"));
  if (authority.empty()) return bad("URL", uri, "no host");
  if (authority.find('@') != std::string_view::npos) {
    return invalid_argument("the URL holds a user name or password");
  }
  if (rest.find('#') != std::string_view::npos) return invalid_argument("the URL has a fragment");
  return {};
}

Result<void> check_ca_file(std::string_view path) {
  if (path.empty()) return {};
  if (!path.starts_with('/')) return bad("file of certificates", path, "not an absolute path");
  if (has_control(path)) return bad("file of certificates", path, "control characters in its path");
  return check_utf8("the path of the file of certificates", path);
}

Result<void> check_method(std::string_view method) {
  if (!is_token(method)) return bad("method", method, "not an HTTP token");
  return {};
}

Result<void> check_file_name(std::string_view name) {
  if (name.empty()) return invalid_argument("the file name is empty");
  if (name == "." || name == "..") return bad("file name", name, "names a folder");
  if (name.find('/') != std::string_view::npos) return bad("file name", name, "holds a slash");
  if (name.find('\0') != std::string_view::npos) return bad("file name", name, "holds a NUL");
  if (name.size() > kMaxNameBytes) {
    return bad("file name", utf8::cut(name, 40), "longer than 255 bytes");
  }
  return {};
}

Result<void> check_utf8(std::string_view what, std::string_view text) {
  if (utf8::is_valid(text)) return {};
  return invalid_argument(std::string(what) + " is not UTF-8, and nothing else can be handed over");
}

Result<Checksum> parse_checksum(std::string_view text) {
  const auto given = text;
  std::string_view rest = text;
  const auto name = text::take_until(rest, ':');
  Checksum checksum;
  std::ranges::transform(name, std::back_inserter(checksum.algorithm), text::to_lower);
  std::ranges::transform(rest, std::back_inserter(checksum.hex), text::to_lower);
  const auto* const known = std::ranges::find(kAlgorithms, checksum.algorithm, &Algorithm::name);
  if (known == kAlgorithms.end()) {
    return bad("checksum", given, "expected sha256:HEX, sha512:HEX, sha1:HEX or md5:HEX");
  }
  const bool hex =
      std::ranges::all_of(checksum.hex, [](char c) { return text::hex_value(c).has_value(); });
  if (!hex || checksum.hex.size() != known->hex_digits) {
    return bad("checksum", given,
               checksum.algorithm + " has " + std::to_string(known->hex_digits) + " hex digits");
  }
  return checksum;
}

Result<void> check_spec(const TransferSpec& spec) {
  if (spec.app.empty()) return invalid_argument("the app id is empty");
  if (auto result = check_enums(spec); !result) return result;
  if (auto result = check_label("app id", spec.app); !result) return result;
  if (auto result = check_label("group", spec.group); !result) return result;
  if (auto result = check_request_uri(spec.uri); !result) return result;
  const bool is_ftp_upload = spec.kind == TransferKind::Upload && spec.uri.starts_with("ftp:");
  if (is_ftp_upload) return bad("URL", spec.uri, "uploads go over http and https only");  // R101
  if (auto result = check_method(spec.method); !result) return result;
  for (const HeaderField& header : spec.headers) {
    if (auto result = check_request_header(header.name, header.value); !result) return result;
  }
  if (auto result = check_target(spec.target); !result) return result;
  if (auto result = check_ca_file(spec.ca_file); !result) return result;
  if (spec.checksum) return check_digest(*spec.checksum);
  return {};
}

}  // namespace lh
