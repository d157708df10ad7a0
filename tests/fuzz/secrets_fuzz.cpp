// What is kept as the secrets of a transfer: a file of the user's, or an entry of a keyring.
#include <cstddef>
#include <cstdint>
#include <string>

#include "core/model/secrets.h"
#include "fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  const auto secrets = lh::parse_secrets(text);
  if (!secrets) return 0;
  for (const lh::HeaderField& field : secrets->headers) {
    lh::fuzz::require(lh::is_token(field.name) && lh::is_safe_field_value(field.value));
  }
  const auto again = lh::parse_secrets(lh::format_secrets(*secrets));
  lh::fuzz::require(again.ok() && *again == *secrets);
  return 0;
}
