// URLs, and what is relative to them.
#include <cstddef>
#include <cstdint>
#include <string>

#include "core/http/header_field.h"
#include "fuzz/require.h"
#include "uri/uri_reader.h"

namespace lh::fuzz {
namespace {

void check(const std::string& text) {
  const auto parsed = parse_uri(text);
  if (!parsed) return;
  const std::string canonical = canonical_uri(*parsed);
  require(is_safe_field_value(canonical) && canonical.find(' ') == std::string::npos);
  require(canonical.find('#') == std::string::npos);
  const auto again = parse_uri(canonical);
  require(again.ok());
  require(again->user.empty() && again->password.empty());
  require(canonical_uri(*again) == canonical);
  require(origin_of(*again) == origin_of(*parsed));
}

}  // namespace
}  // namespace lh::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  lh::fuzz::check(text);
  lh::fuzz::check("http://" + text);
  if (const auto combined = lh::combine_uri("http://host/one/two?three", text)) {
    lh::fuzz::check(*combined);
  }
  return 0;
}
