#include "core/policy/upload_fields.h"

#include <algorithm>
#include <array>

#include "core/http/base64.h"
#include "core/http/structured_field.h"
#include "core/http/text.h"

namespace lh {
namespace {

namespace sf = structured_field;

/// All fields of that name, as one (RFC 9110, section 5.3).
std::optional<std::string> joined(const HeaderList& headers, std::string_view name) {
  std::optional<std::string> values;
  for (const HeaderField& field : headers) {
    if (!same_field_name(field.name, name)) continue;
    values = values ? *values + ", " + field.value : field.value;
  }
  return values;
}

std::optional<ByteCount> number(const ResponseHead& head, std::string_view name) {
  const auto field = joined(head.headers, name);
  return field ? sf::parse_unsigned(*field) : std::nullopt;
}

std::vector<std::string> list(const ResponseHead& head, std::string_view name) {
  std::vector<std::string> elements;
  const std::string field = joined(head.headers, name).value_or("");
  std::string_view rest = field;
  while (!rest.empty()) {
    const std::string_view element = text::trim(text::take_until(rest, ','));
    if (!element.empty()) elements.emplace_back(element);
  }
  return elements;
}

bool has(const std::vector<std::string>& elements, std::string_view wanted) {
  return std::ranges::find(elements, wanted) != elements.end();
}

bool begins_with(std::string_view name, std::string_view prefix) {
  return name.size() >= prefix.size() &&
         text::equal_ignoring_case(name.substr(0, prefix.size()), prefix);
}

bool is_any_of(std::string_view name, const auto& names) {
  return std::ranges::any_of(
      names, [name](std::string_view other) { return text::equal_ignoring_case(name, other); });
}

}  // namespace

std::optional<UploadLimit> upload_limit(const ResponseHead& head) {
  const auto field = joined(head.headers, "Upload-Limit");
  const auto members = field ? sf::parse_dictionary(*field) : std::nullopt;
  if (!members) return std::nullopt;
  UploadLimit limit;
  std::optional<ByteCount> ignored;
  for (const sf::Member& member : *members) {
    std::optional<ByteCount>* known = nullptr;
    if (member.key == "max-size") known = &limit.max_size;
    if (member.key == "min-size") known = &ignored;
    if (member.key == "min-append-size") known = &limit.min_append_size;
    if (member.key == "max-append-size") known = &limit.max_append_size;
    if (member.key == "max-age" || member.key == "expires") known = &limit.max_age_s;
    if (known == nullptr) continue;
    const auto* value = std::get_if<std::int64_t>(&member.value);
    if (value == nullptr || *value < 0) return std::nullopt;
    *known = static_cast<ByteCount>(*value);
  }
  return limit;
}

std::optional<ByteOffset> upload_offset(const ResponseHead& head) {
  return number(head, "Upload-Offset");
}

std::optional<ByteCount> upload_length(const ResponseHead& head) {
  return number(head, "Upload-Length");
}

std::optional<bool> upload_complete(const ResponseHead& head) {
  const auto field = joined(head.headers, "Upload-Complete");
  return field ? sf::parse_boolean(*field) : std::nullopt;
}

bool TusServer::offers(std::string_view extension) const {
  return has(extensions, extension);
}

std::string TusServer::checksum() const {
  if (!offers("checksum")) return {};
  for (const std::string_view algorithm : {"sha256", "sha512", "sha1"}) {
    if (has(checksums, algorithm)) return std::string(algorithm);
  }
  return {};
}

TusServer tus_server(const ResponseHead& head) {
  TusServer server;
  const auto versions = list(head, "Tus-Version");
  if (head.status < 200 || head.status > 299 || versions.empty()) return server;
  server.known = true;
  server.speaks_1_0 = has(versions, "1.0.0");
  server.extensions = list(head, "Tus-Extension");
  server.checksums = list(head, "Tus-Checksum-Algorithm");
  server.max_size = number(head, "Tus-Max-Size");
  return server;
}

std::string tus_metadata(std::string_view file_name, std::string_view file_type) {
  std::string metadata;
  if (!file_name.empty()) metadata = "filename " + to_base64(file_name);
  if (!file_type.empty()) {
    if (!metadata.empty()) metadata += ',';
    metadata += "filetype " + to_base64(file_type);
  }
  return metadata;
}

HeaderField tus_checksum(std::string_view algorithm, std::string_view base64) {
  return {"Upload-Checksum", std::string(algorithm) + ' ' + std::string(base64)};
}

bool speaks_upload_protocol(const HeaderList& headers) {
  constexpr std::array<std::string_view, 6> kSpoken = {
      "Upload-Complete", "Upload-Offset", "Upload-Incomplete",
      "Upload-Length",   "Tus-Resumable", "Upload-Draft-Interop-Version"};
  return std::ranges::any_of(
      headers, [&](const HeaderField& field) { return is_any_of(field.name, kSpoken); });
}

HeaderList headers_for_upload_resource(const HeaderList& headers) {
  constexpr std::array<std::string_view, 7> kLeftOut = {
      "Expect",           "Range",   "Digest",           "Repr-Digest",
      "Want-Repr-Digest", "Trailer", "Transfer-Encoding"};
  HeaderList kept;
  for (const HeaderField& field : headers) {
    const bool left_out = begins_with(field.name, "Content-") || begins_with(field.name, "If-") ||
                          begins_with(field.name, "Upload-") || begins_with(field.name, "Tus-") ||
                          is_any_of(field.name, kLeftOut);
    if (!left_out) kept.push_back(field);
  }
  return kept;
}

}  // namespace lh
