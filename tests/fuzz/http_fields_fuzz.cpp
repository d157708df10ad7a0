// Values of single header fields: the first byte says of which.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/http/content_range.h"
#include "core/http/digest_field.h"
#include "core/http/etag.h"
#include "core/http/header_field.h"
#include "core/http/http_date.h"
#include "core/http/retry_after.h"
#include "core/model/spec_check.h"
#include "fuzz/require.h"

namespace lh::fuzz {
namespace {

void content_range(std::string_view value) {
  const auto range = parse_content_range(value);
  if (!range) return;
  require(range->first.has_value() == range->last.has_value());
  require(range->first || range->total);
  if (range->first) require(*range->first <= *range->last);
  if (range->last && range->total) require(*range->last < *range->total);
}

void date(std::string_view value) {
  const auto time = parse_http_date(value);
  if (time) require(parse_http_date(format_http_date(*time)) == time);
}

void etag(std::string_view value) {
  const auto tag = parse_etag(value);
  if (!tag) return;
  require(tag->opaque.size() >= 2 && tag->opaque.front() == '"' && tag->opaque.back() == '"');
  require(is_safe_field_value(tag->opaque));
  require(parse_etag(tag->opaque) == EntityTag{tag->opaque, false});
}

void digest(std::string_view value) {
  const auto found = parse_digest_field(value);
  if (found) require(parse_checksum(found->algorithm + ":" + found->hex).ok());
}

void content_md5(std::string_view value) {
  const auto found = parse_content_md5(value);
  if (found) require(parse_checksum("md5:" + found->hex).ok());
}

void retry_after(std::string_view value) {
  const auto delay = parse_retry_after(value, TimePoint(Duration(1'700'000'000'000)));
  if (delay) require(delay->count() >= 0);
}

void field_line(std::string_view line) {
  const auto field = parse_field_line(line);
  if (field) require(is_token(field->name));
}

void checksum(std::string_view text) {
  const auto parsed = parse_checksum(text);
  if (parsed) require(*parse_checksum(parsed->algorithm + ":" + parsed->hex) == *parsed);
}

constexpr void (*kParsers[])(std::string_view) = {content_range, date,        etag,       digest,
                                                  content_md5,   retry_after, field_line, checksum};

}  // namespace
}  // namespace lh::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string text(data + 1, data + size);
  lh::fuzz::kParsers[data[0] % std::size(lh::fuzz::kParsers)](text);
  return 0;
}
