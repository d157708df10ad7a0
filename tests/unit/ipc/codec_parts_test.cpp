#include "ipc/codec_parts.h"

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "ipc/codec.h"
#include "ipc/names.h"

// The parts of uploads on their way over the bus.
namespace lh {
namespace {

using wire::HeaderArray;
using wire::WirePart;
using Bytes = std::vector<std::uint8_t>;

TransferSettings settings_with(std::vector<BodyPart> parts) {
  TransferSettings settings;
  settings.parts = std::move(parts);
  return settings;
}

/// What decoding says of parts on the wire.
std::string refusal(const sdbus::Variant& parts) {
  WireDictionary dictionary = encode_settings({});
  dictionary.emplace(bus::key::kParts, parts);
  const auto decoded = decode_settings(dictionary);
  return decoded.ok() ? "" : decoded.error().message();
}

std::string refusal(WirePart part) {
  return refusal(sdbus::Variant(std::vector<WirePart>{std::move(part)}));
}

TEST(CodecParts, R88_PartsSurviveTheWay) {
  TransferSettings before = settings_with({
      {.name = "a", .text = "text"},
      {.text = ""},
      {.name = "b", .headers = {{"X", "1"}, {"Y", ""}}, .text = std::string("\xFF\0\r\n", 4)},
      {.name = "c", .file_name = "c.jpg", .file = "/tmp/\xFF", .content_type = "image/jpeg"},
      {.file = "/"},
  });
  before.subtype = "mixed";
  before.boundary = "x y";
  const auto after = decode_settings(encode_settings(before));
  ASSERT_TRUE(after.ok()) << after.error().message();
  EXPECT_EQ(*after, before);
}

TEST(CodecParts, WhereThereAreNoneNothingIsSent) {
  const WireDictionary dictionary = encode_settings({});
  for (const char* key : {bus::key::kParts, bus::key::kSubtype, bus::key::kBoundary}) {
    EXPECT_FALSE(dictionary.contains(key)) << key;
  }
}

TEST(CodecParts, OneThatIsNoPartIsRefused) {
  const WirePart good("n", "f", HeaderArray(), "image/png", true, Bytes{'/', 'a'});
  EXPECT_EQ(refusal(good), "");
  EXPECT_NE(refusal(WirePart("n", "", HeaderArray(), "", true, Bytes{'a'})), "")
      << "a relative path";
  EXPECT_NE(refusal(WirePart("n", "", HeaderArray(), "", true, Bytes{})), "") << "no path";
  EXPECT_NE(refusal(WirePart("n", "", HeaderArray(), "text/plain", false, Bytes{'a'})), "")
      << "a content type of a text";
}

TEST(CodecParts, AnotherTypeIsRefused) {
  EXPECT_NE(refusal(sdbus::Variant(std::string("parts"))), "");
  EXPECT_NE(refusal(sdbus::Variant(std::vector<std::string>{"part"})), "");
}

}  // namespace
}  // namespace lh
