#include "core/model/response_head.h"

#include <utility>

#include "core/http/content_range.h"
#include "core/http/digest_field.h"
#include "core/http/etag.h"
#include "core/http/http_date.h"
#include "core/http/text.h"

namespace lh {
namespace {

// RFC 9110, section 8.8.2.2: a younger date may stand for two versions made in one second.
constexpr auto kDateIsStrongAfter = std::chrono::seconds(60);

/// Calls `visit` with every element of the comma-separated lists in the fields of that name.
template <typename Visit>
void for_each_element(const HeaderList& headers, std::string_view name, Visit visit) {
  for (const HeaderField& field : headers) {
    if (!same_field_name(field.name, name)) continue;
    std::string_view rest = field.value;
    while (!rest.empty()) visit(text::trim(text::take_until(rest, ',')));
  }
}

/// A list that may be spread over several fields of one name (RFC 9110, section 5.3).
std::string joined_values(const HeaderList& headers, std::string_view name) {
  std::string values;
  for (const HeaderField& field : headers) {
    if (!same_field_name(field.name, name)) continue;
    if (!values.empty()) values += ", ";
    values += field.value;
  }
  return values;
}

struct ContentLength {
  std::optional<ByteCount> value;
  bool conflicting = false;
};

/// "5" and "5, 5" are lengths; differing or unreadable ones are none.
ContentLength content_length(const HeaderList& headers) {
  ContentLength result;
  for_each_element(headers, "Content-Length", [&result](std::string_view element) {
    const auto length = text::parse_number<ByteCount>(element);
    if (!length || (result.value && result.value != length)) result.conflicting = true;
    result.value = length;
  });
  if (result.conflicting) result.value.reset();
  return result;
}

std::optional<ContentRange> content_range(const HeaderList& headers) {
  const auto field = find_field(headers, "Content-Range");
  return field ? parse_content_range(*field) : std::nullopt;
}

bool names_range_unit(const HeaderList& headers, std::string_view wanted) {
  bool found = false;
  for_each_element(headers, "Accept-Ranges", [&found, wanted](std::string_view unit) {
    found = found || text::equal_ignoring_case(unit, wanted);
  });
  return found;
}

bool is_old_enough(std::string_view last_modified, const HeaderList& headers) {
  const auto date = find_field(headers, "Date");
  if (!date) return false;
  const auto modified_at = parse_http_date(last_modified);
  const auto made_at = parse_http_date(*date);
  return modified_at && made_at && *made_at - *modified_at >= kDateIsStrongAfter;
}

}  // namespace

std::optional<ByteCount> total_length(const ResponseHead& head) {
  if (head.status == 206 || head.status == 416) {
    const auto range = content_range(head.headers);
    return range ? range->total : std::nullopt;
  }
  if (head.status < 200 || head.status > 299 || is_encoded(head)) return std::nullopt;
  return body_length(head);
}

std::optional<ByteCount> body_length(const ResponseHead& head) {
  // With a transfer coding the length is not that of the body (RFC 9112, section 6.3).
  if (find_field(head.headers, "Transfer-Encoding")) return std::nullopt;
  return content_length(head.headers).value;
}

bool has_conflicting_lengths(const ResponseHead& head) {
  return content_length(head.headers).conflicting;
}

Validator validator_of(const ResponseHead& head) {
  if (is_encoded(head)) return {};
  if (const auto field = find_field(head.headers, "ETag")) {
    const auto tag = parse_etag(*field);
    if (tag && !tag->weak) return {Validator::Kind::StrongEtag, tag->opaque};
  }
  const auto modified = find_field(head.headers, "Last-Modified");
  if (modified && is_old_enough(*modified, head.headers)) {
    return {Validator::Kind::LastModified, std::string(*modified)};
  }
  return {};
}

std::optional<Checksum> served_digest(const ResponseHead& head, std::string_view method) {
  if (method == "HEAD" || (head.status != 200 && head.status != 206)) return std::nullopt;
  auto digest = parse_digest_field(joined_values(head.headers, "Repr-Digest"));
  if (!digest && head.status == 200) {
    digest = parse_digest_field(joined_values(head.headers, "Content-Digest"));
  }
  if (!digest && head.status == 200) {
    digest = parse_content_md5(joined_values(head.headers, "Content-MD5"));
  }
  if (!digest) return std::nullopt;
  return Checksum{std::move(digest->algorithm), std::move(digest->hex)};
}

bool is_encoded(const ResponseHead& head) {
  bool encoded = false;
  for_each_element(head.headers, "Content-Encoding", [&encoded](std::string_view coding) {
    encoded = encoded || !(coding.empty() || text::equal_ignoring_case(coding, "identity"));
  });
  return encoded;
}

bool refuses_ranges(const ResponseHead& head) {
  return names_range_unit(head.headers, "none") && !names_range_unit(head.headers, "bytes");
}

bool is_resumable(const ResponseHead& head, std::string_view method) {
  if (method != "GET" || !total_length(head) || !validator_of(head).can_resume()) return false;
  if (head.status == 200) return names_range_unit(head.headers, "bytes");
  return head.status == 206;  // its total is known only from a valid Content-Range
}

}  // namespace lh
