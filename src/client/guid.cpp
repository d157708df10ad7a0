#include "longhaul/foundation/guid.h"

#include <cstddef>

#include "client/guid_convert.h"
#include "longhaul/foundation/hresult.h"

namespace lh {

longhaul::guid to_public(const Guid& id) {
  const Guid::Bytes& bytes = id.bytes();
  const auto joined = [&bytes](std::size_t from, std::size_t count) {
    std::uint32_t value = 0;
    for (std::size_t i = from; i < from + count; ++i) value = (value << 8) | bytes[i];
    return value;
  };
  longhaul::guid out;
  out.Data1 = joined(0, 4);
  out.Data2 = static_cast<std::uint16_t>(joined(4, 2));
  out.Data3 = static_cast<std::uint16_t>(joined(6, 2));
  for (std::size_t i = 0; i < out.Data4.size(); ++i) out.Data4[i] = bytes[8 + i];
  return out;
}

Guid from_public(const longhaul::guid& id) {
  Guid::Bytes bytes{};
  const auto split = [&bytes](std::size_t at, std::size_t count, std::uint32_t value) {
    for (std::size_t i = count; i-- > 0; value >>= 8) {
      bytes[at + i] = static_cast<std::uint8_t>(value);
    }
  };
  split(0, 4, id.Data1);
  split(4, 2, id.Data2);
  split(6, 2, id.Data3);
  for (std::size_t i = 0; i < id.Data4.size(); ++i) bytes[8 + i] = id.Data4[i];
  return Guid(bytes);
}

}  // namespace lh

namespace longhaul {

guid::guid(std::string_view text) {
  const bool braces = text.size() >= 2 && text.front() == '{' && text.back() == '}';
  const auto parsed = lh::Guid::parse(braces ? text.substr(1, text.size() - 2) : text);
  if (!parsed) throw hresult_invalid_argument(hstring("not a GUID: " + std::string(text)));
  *this = lh::to_public(*parsed);
}

std::string to_string(const guid& value) {
  return lh::from_public(value).to_string();
}

hstring to_hstring(const guid& value) {
  return hstring("{" + to_string(value) + "}");
}

}  // namespace longhaul
