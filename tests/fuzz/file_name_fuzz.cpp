// Names that a server chooses: Content-Disposition and URLs.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/http/content_disposition.h"
#include "core/http/utf8.h"
#include "fuzz/require.h"

namespace lh::fuzz {
namespace {

void check_safe(std::string_view name) {
  const std::string safe = sanitise_file_name(name);
  if (safe.empty()) return;
  require(safe.size() <= 255 && utf8::is_valid(safe));
  require(safe.front() != '.' && safe.front() != ' ');
  for (const char c : safe) require(static_cast<unsigned char>(c) >= 0x20 && c != '/' && c != 0x7f);
  require(sanitise_file_name(safe) == safe);
  const std::string second = numbered_file_name(safe, 1000);
  require(second.size() <= 255 && second != safe && utf8::is_valid(second));
}

}  // namespace
}  // namespace lh::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  lh::fuzz::check_safe(text);
  lh::fuzz::check_safe(lh::url_file_name(text));
  lh::fuzz::check_safe(lh::disposition_file_name(text).value_or(""));
  return 0;
}
