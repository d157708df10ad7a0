#include "longhaul/foundation/hstring.h"

#include <random>
#include <unordered_set>

#include <gtest/gtest.h>

#include "longhaul/foundation/guid.h"
#include "longhaul/foundation/hresult.h"

namespace longhaul {
namespace {

TEST(Hstring, WideTextAndUtf8MakeTheSame) {
  EXPECT_EQ(hstring(L"Grüße €𝄞"), hstring("Grüße €𝄞"));
  EXPECT_EQ(to_string(hstring(L"Grüße €𝄞")), "Grüße €𝄞");
  EXPECT_EQ(hstring("𝄞").size(), 1U);
}

TEST(Hstring, EmptyTextIsAZeroTerminatedString) {
  EXPECT_TRUE(hstring().empty());
  EXPECT_STREQ(hstring().c_str(), L"");
  EXPECT_EQ(hstring(), L"");
}

TEST(Hstring, CopiesShareTheirText) {
  const hstring first = L"text";
  const hstring second = first;
  EXPECT_EQ(first.c_str(), second.c_str());
}

TEST(Hstring, AnyBytesComeBackAsTheyWere) {
  std::mt19937 engine(1);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes;
    for (auto n = engine() % 12; n > 0; --n) bytes += static_cast<char>(engine() % 256);
    EXPECT_EQ(to_string(hstring(bytes)), bytes);
  }
  for (const std::string bytes : {"\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82"}) {
    EXPECT_EQ(to_string(hstring(bytes)), bytes);
  }
}

TEST(Hstring, JoinsAndCompares) {
  EXPECT_EQ(hstring(L"a") + L"b", L"ab");
  EXPECT_EQ(L"a" + hstring(L"b") + L'c', L"abc");
  EXPECT_LT(hstring(L"a"), hstring(L"b"));
  EXPECT_EQ(std::wstring_view(hstring(L"x")), L"x");
  EXPECT_EQ(to_hstring(42), L"42");
}

TEST(Hstring, IsAKeyOfHashedContainers) {
  const std::unordered_set<hstring> set{L"a", L"b", "a"};
  EXPECT_EQ(set.size(), 2U);
}

TEST(Guid, TextAndPartsAgree) {
  const guid value(std::string_view("00112233-4455-6677-8899-aabbccddeeff"));
  EXPECT_EQ(value.Data1, 0x00112233U);
  EXPECT_EQ(value.Data2, 0x4455);
  EXPECT_EQ(value.Data3, 0x6677);
  EXPECT_EQ(value.Data4[0], 0x88);
  EXPECT_EQ(value.Data4[7], 0xff);
  EXPECT_EQ(to_string(value), "00112233-4455-6677-8899-aabbccddeeff");
  EXPECT_EQ(to_hstring(value), L"{00112233-4455-6677-8899-aabbccddeeff}");
  EXPECT_EQ(guid(std::wstring_view(to_hstring(value))), value);
}

TEST(Guid, RefusesOtherText) {
  EXPECT_THROW(guid(std::string_view("0011")), hresult_invalid_argument);
}

TEST(Hresult, TheNumberChoosesTheException) {
  EXPECT_THROW(throw_hresult(hresult(0x80070057U)), hresult_invalid_argument);
  EXPECT_THROW(throw_hresult(hresult(0x80070005U)), hresult_access_denied);
  EXPECT_THROW(throw_hresult(hresult(0x800704C7U)), hresult_canceled);
  EXPECT_THROW(throw_hresult(hresult(0x8000000EU)), hresult_illegal_method_call);
  EXPECT_THROW(throw_hresult(hresult(0x80004001U)), hresult_not_implemented);
  EXPECT_THROW(throw_hresult(hresult(0x8000000BU)), hresult_out_of_bounds);
  EXPECT_THROW(check_hresult(hresult(0x80190194U)), hresult_error);
  EXPECT_NO_THROW(check_hresult(hresult(0)));
}

TEST(Hresult, IsAStandardExceptionWithItsText) {
  try {
    throw hresult_invalid_argument(L"schlecht: ü");
  } catch (const std::exception& error) {
    EXPECT_STREQ(error.what(), "schlecht: ü");
    EXPECT_EQ(to_hresult(), hresult(0x80070057U));
    EXPECT_EQ(to_message(), L"schlecht: ü");
  }
  EXPECT_STREQ(hresult_error(hresult(0x80190194U)).what(), "error 0x80190194");
}

}  // namespace
}  // namespace longhaul
