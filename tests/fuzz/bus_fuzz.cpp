// Dictionaries of the bus, with known and unknown keys and values of any type.
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <fuzzer/FuzzedDataProvider.h>

#include "fuzz/require.h"
#include "ipc/codec.h"
#include "ipc/names.h"

namespace lh::fuzz {
namespace {

/// What a bus carries: UTF-8 without NUL; here ASCII.
std::string text(FuzzedDataProvider& input, std::size_t most) {
  std::string bytes = input.ConsumeRandomLengthString(most);
  for (char& c : bytes) c = static_cast<char>(1 + (static_cast<unsigned char>(c) % 127));
  return bytes;
}

std::string any_key(FuzzedDataProvider& input) {
  static const std::vector<std::string> kKnown = {
      bus::key::kMethod,   bus::key::kHeaders,  bus::key::kPriority,   bus::key::kCostPolicy,
      bus::key::kGroup,    bus::key::kChecksum, bus::key::kKeep,       bus::key::kCollision,
      bus::key::kBatch,    bus::key::kIds,      bus::key::kApp,        bus::key::kAllApps,
      bus::key::kIdPrefix, bus::key::kStatuses, bus::key::kSetHeaders, bus::key::kRemoveHeaders};
  if (input.ConsumeBool())
    return kKnown[input.ConsumeIntegralInRange<std::size_t>(0, kKnown.size() - 1)];
  return text(input, 8);
}

std::vector<std::string> texts(FuzzedDataProvider& input) {
  std::vector<std::string> list;
  while (input.ConsumeBool() && list.size() < 8) list.push_back(text(input, 40));
  return list;
}

sdbus::Variant any_value(FuzzedDataProvider& input) {
  switch (input.ConsumeIntegralInRange(0, 8)) {
    case 0:
      return sdbus::Variant(text(input, 100));
    case 1:
      return sdbus::Variant(input.ConsumeIntegral<std::int32_t>());
    case 2:
      return sdbus::Variant(input.ConsumeIntegral<std::uint32_t>());
    case 3:
      return sdbus::Variant(input.ConsumeIntegral<std::uint64_t>());
    case 4:
      return sdbus::Variant(input.ConsumeIntegral<std::int64_t>());
    case 5:
      return sdbus::Variant(input.ConsumeBool());
    case 6:
      return sdbus::Variant(texts(input));
    case 7: {
      std::vector<std::int32_t> numbers;
      while (input.ConsumeBool() && numbers.size() < 8) {
        numbers.push_back(input.ConsumeIntegral<std::int32_t>());
      }
      return sdbus::Variant(numbers);
    }
    default: {
      std::vector<sdbus::Struct<std::string, std::string>> pairs;
      while (input.ConsumeBool() && pairs.size() < 8) {
        std::string name = text(input, 20);
        pairs.emplace_back(std::move(name), text(input, 20));
      }
      return sdbus::Variant(pairs);
    }
  }
}

/// What can be read says the same after the way back.
template <typename T>
void check(const Result<T>& decoded, WireDictionary (*encode)(const T&),
           Result<T> (*decode)(const WireDictionary&)) {
  if (!decoded) return;
  const auto again = decode(encode(*decoded));
  require(again.ok() && *again == *decoded);
}

}  // namespace
}  // namespace lh::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider input(data, size);
  lh::WireDictionary wire;
  while (input.remaining_bytes() > 0 && wire.size() < 20) {
    wire.insert_or_assign(lh::fuzz::any_key(input), lh::fuzz::any_value(input));
  }
  lh::fuzz::check(lh::decode_settings(wire), &lh::encode_settings, &lh::decode_settings);
  lh::fuzz::check(lh::decode_list_request(wire), &lh::encode_list_request,
                  &lh::decode_list_request);
  lh::fuzz::check(lh::decode_change_request(wire), &lh::encode_change_request,
                  &lh::decode_change_request);
  static_cast<void>(lh::decode_hello(wire));
  static_cast<void>(lh::decode_details(wire));
  static_cast<void>(lh::decode_status_report(wire));
  return 0;
}
