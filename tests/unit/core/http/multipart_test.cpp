#include "core/http/multipart.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lh {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

BodyPart text_part(std::string name, std::string text) {
  return {.name = std::move(name), .text = std::move(text)};
}
BodyPart file_part(std::string name, std::string file_name) {
  return {.name = std::move(name), .file_name = std::move(file_name), .file = "/dir/file"};
}

/// Its only part's, without the delimiters around it.
std::string laid_out(const BodyPart& part, std::string_view subtype = "") {
  const MultipartBody body = lay_out(std::vector{part}, subtype, "B");
  std::string all;
  for (const BodySegment& each : body.segments) {
    all += each.bytes + (each.file.empty() ? "" : "<" + each.file + ">");
  }
  EXPECT_TRUE(all.starts_with("--B\r\n") && all.ends_with("\r\n--B--\r\n")) << all;
  return all.substr(5, all.size() - 5 - 9);
}

std::string refused(const BodyPart& part, std::string_view subtype = "") {
  const auto checked = check_parts(std::vector{text_part("good", ""), part}, subtype, "");
  if (checked) return "it is taken";
  EXPECT_EQ(checked.error().kind, ErrorKind::InvalidArgument);
  return checked.error().message();
}

// --- what is laid out ----------------------------------------------------------------------------

TEST(Multipart, R88_PartsAreInTheirOrderBetweenDelimiters) {
  const MultipartBody body = lay_out(
      std::vector{text_part("a", "one"), file_part("b", "f"), text_part("c", "two")}, "", "B");
  EXPECT_THAT(
      body.segments,
      ElementsAre(BodySegment{"--B\r\n"
                              "Content-Disposition: form-data; name=\"a\"\r\n\r\n"
                              "one\r\n--B\r\n"
                              "Content-Disposition: form-data; name=\"b\"; filename=\"f\"\r\n"
                              "Content-Type: application/octet-stream\r\n\r\n",
                              ""},
                  BodySegment{"", "/dir/file"},
                  BodySegment{"\r\n--B\r\n"
                              "Content-Disposition: form-data; name=\"c\"\r\n\r\n"
                              "two\r\n--B--\r\n",
                              ""}));
}

TEST(Multipart, R89_WithoutASubtypeItIsFormData) {
  const std::vector parts = {text_part("a", "")};
  EXPECT_EQ(lay_out(parts, "", "B").content_type, "multipart/form-data; boundary=B");
  EXPECT_EQ(lay_out(parts, "related", "B").content_type, "multipart/related; boundary=B");
}

TEST(Multipart, R91_ABoundaryIsQuotedWhereItMustBe) {
  const std::vector parts = {text_part("a", "")};
  EXPECT_EQ(lay_out(parts, "", "a'b+c_d-e.0").content_type,
            "multipart/form-data; boundary=a'b+c_d-e.0");
  for (const std::string boundary : {"a b", "a:b", "(a)", "a,b", "a/b", "a=b", "a?"}) {
    EXPECT_EQ(lay_out(parts, "", boundary).content_type,
              "multipart/form-data; boundary=\"" + boundary + "\"");
  }
}

TEST(Multipart, R93_WhatAFormDataPartDoesNotHaveIsNotMentioned) {
  EXPECT_EQ(laid_out(text_part("", "x")), "Content-Disposition: form-data\r\n\r\nx");
  EXPECT_EQ(laid_out({.file_name = "f", .text = "x"}),
            "Content-Disposition: form-data; filename=\"f\"\r\n\r\nx");
  EXPECT_EQ(laid_out(file_part("a", "")),
            "Content-Disposition: form-data; name=\"a\"\r\n"
            "Content-Type: application/octet-stream\r\n\r\n</dir/file>");
}

TEST(Multipart, R93_OnlyFormDataHasADisposition) {
  EXPECT_EQ(laid_out(text_part("a", "x"), "mixed"), "\r\nx");
  EXPECT_EQ(laid_out(file_part("a", "f"), "related"),
            "Content-Type: application/octet-stream\r\n\r\n</dir/file>");
  EXPECT_EQ(laid_out(text_part("a", "x"), "Form-Data"),
            "Content-Disposition: form-data; name=\"a\"\r\n\r\nx");
}

TEST(Multipart, R93_TheContentTypeIsThatOfTheFile) {
  BodyPart part = file_part("a", "f");
  part.content_type = "image/png";
  EXPECT_THAT(laid_out(part), HasSubstr("\r\nContent-Type: image/png\r\n"));
}

TEST(Multipart, R93_AHeaderReplacesTheDefaultOfItsName) {
  BodyPart part = file_part("a", "f");
  part.content_type = "image/png";
  part.headers = {{"content-TYPE", "text/x"}, {"X-More", "1"}, {"Content-Disposition", "inline"}};
  EXPECT_EQ(laid_out(part),
            "content-TYPE: text/x\r\nX-More: 1\r\nContent-Disposition: inline\r\n\r\n</dir/file>");
}

TEST(Multipart, R93_TextsAndNamesInAnyScriptAreSentAsTheyAre) {
  EXPECT_EQ(laid_out({.name = "naïve", .file_name = "写真 😀.jpg", .text = "Ünï\0çode\r\n"}),
            "Content-Disposition: form-data; name=\"naïve\"; filename=\"写真 😀.jpg\"\r\n\r\n"
            "Ünï");
  const std::string with_nul("a\0\r\n\r\nb", 7);
  EXPECT_THAT(laid_out(text_part("a", with_nul)), HasSubstr("\r\n\r\n" + with_nul));
}

TEST(Multipart, R94_AFileNameHasNoFolders) {
  for (const auto& [given, sent] :
       {std::pair{"/home/u/a.txt", "a.txt"}, std::pair{"b/a", "a"}, std::pair{"/a", "a"},
        std::pair{"a.txt", "a.txt"}, std::pair{"a\\b.txt", "a\\b.txt"}}) {
    EXPECT_THAT(laid_out(file_part("n", given)),
                HasSubstr(std::string("; filename=\"") + sent + "\"\r\n"));
  }
  EXPECT_THAT(laid_out(text_part("a/b", "")), HasSubstr("name=\"a/b\"")) << "the field's stays";
}

TEST(Multipart, R94_QuotesAndLineEndsAreEncodedAndNothingElse) {
  EXPECT_THAT(laid_out(file_part("a\"b\r\nc", "\"d\"\n\r%22;=\\\t'.e")),
              HasSubstr("; name=\"a%22b%0D%0Ac\"; filename=\"%22d%22%0A%0D%22;=\\\t'.e\"\r\n"));
}

TEST(Multipart, R88_TenThousandPartsAreLaidOut) {
  std::vector<BodyPart> parts;
  for (int i = 0; i < 10'000; ++i) {
    parts.push_back(i % 2 == 0 ? file_part(std::to_string(i), "f") : text_part("t", "x"));
  }
  ASSERT_TRUE(check_parts(parts, "", ""));
  EXPECT_EQ(lay_out(parts, "", "B").segments.size(), 10'001U);
}

TEST(Multipart, R88_NothingStandsBetweenTwoFilesButADelimiterAndHeaders) {
  const auto body = lay_out(std::vector{file_part("", ""), file_part("", "")}, "mixed", "B");
  ASSERT_EQ(body.segments.size(), 5U);
  EXPECT_EQ(body.segments[2].bytes, "\r\n--B\r\nContent-Type: application/octet-stream\r\n\r\n");
}

// --- boundaries ----------------------------------------------------------------------------------

TEST(Multipart, R90_AGeneratedBoundaryHasAll128Bits) {
  const std::array<std::uint8_t, 16> random = {0x00, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd,
                                               0xef, 0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0xff};
  const std::string boundary = make_boundary(random);
  EXPECT_EQ(boundary, "longhaul-000123456789abcdeffedcba987654ff");
  EXPECT_TRUE(check_parts(std::vector{text_part("a", "")}, "", boundary));
}

TEST(Multipart, R90_ABoundaryIsLookedForInTexts) {
  const std::vector parts = {text_part("a", "xBoundx"), file_part("Bound2", "Bound3")};
  EXPECT_TRUE(occurs_in_text(parts, "Bound"));
  EXPECT_FALSE(occurs_in_text(parts, "bound"));
  EXPECT_FALSE(occurs_in_text(parts, "Bound2"));
}

TEST(Multipart, R90_AGivenBoundaryIsOneOfRfc2046) {
  const std::vector parts = {text_part("a", "")};
  for (const std::string& good : {std::string("0"), std::string(70, 'z'),
                                  std::string("aZ09'()+_,-./:=? x"), std::string(" x")}) {
    EXPECT_TRUE(check_parts(parts, "", good)) << good;
  }
  for (const std::string& bad :
       {std::string(71, 'z'), std::string("a "), std::string(" "), std::string("a\"b"),
        std::string("a;b"), std::string("a\r\nb"), std::string("a\tb"), std::string("ä"),
        std::string("a*b"), std::string("a\0b", 3), std::string("a\\b"), std::string("a@b")}) {
    const auto checked = check_parts(parts, "", bad);
    ASSERT_FALSE(checked) << bad;
    EXPECT_EQ(checked.error().kind, ErrorKind::InvalidArgument);
    EXPECT_THAT(checked.error().message(), HasSubstr("boundary"));
  }
}

// --- what is refused -----------------------------------------------------------------------------

TEST(Multipart, R92_APartIsATextOrAFile) {
  EXPECT_EQ(refused({.name = "a"}), "part 2: it has neither a text nor a file");
  EXPECT_EQ(refused({.text = "", .file = "/f"}),
            "part 2: it is a text and a file; one of them, please");
  EXPECT_EQ(refused(text_part("", "")), "it is taken");
  EXPECT_EQ(refused({.file = "/f"}), "it is taken");
}

TEST(Multipart, R95_ABodyWithoutPartsIsRefused) {
  const auto checked = check_parts({}, "", "");
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().kind, ErrorKind::InvalidArgument);
}

TEST(Multipart, R88_PartsBeyondAllMeasureAreRefused) {
  std::vector<BodyPart> parts(kMaxParts, text_part("", ""));
  EXPECT_TRUE(check_parts(parts, "", ""));
  parts.push_back(text_part("", ""));
  EXPECT_FALSE(check_parts(parts, "", ""));
}

TEST(Multipart, R89_ASubtypeIsAToken) {
  const std::vector parts = {text_part("a", "")};
  EXPECT_TRUE(check_parts(parts, "x-mixed.replace+1", ""));
  for (const char* bad : {"a b", "a;b", "a/b", " ", "a\r\nb", "ä"}) {
    EXPECT_FALSE(check_parts(parts, bad, "")) << bad;
  }
}

TEST(Multipart, R92_AFileHasAnAbsolutePath) {
  for (const std::string& path :
       {std::string(), std::string("a"), std::string("./a"), std::string("/a\0b", 4)}) {
    EXPECT_THAT(refused({.file = path}), HasSubstr("part 2: the path of its file"));
  }
}

TEST(Multipart, R93_HeadersCannotBreakOutOfTheirLine) {
  for (const std::string& bad :
       {std::string("a\r\nb"), std::string("a\nb"), std::string("a\rb"), std::string("a\0b", 3),
        std::string("\x7F"), std::string("\x1B")}) {
    BodyPart part = text_part("a", "");
    part.headers = {{"X-Secret", "hidden" + bad}};
    EXPECT_THAT(refused(part), HasSubstr("value of a header"));
    EXPECT_THAT(refused(part), Not(HasSubstr("hidden")));
    part = file_part("a", "");
    part.content_type = bad;
    EXPECT_THAT(refused(part), HasSubstr("content type"));
  }
  for (const char* bad : {"", "a b", "a:", "ä", "a\r\n"}) {
    BodyPart part = text_part("a", "");
    part.headers = {{bad, ""}};
    EXPECT_THAT(refused(part), HasSubstr("name of a header")) << bad;
  }
  BodyPart part = text_part("a", "");
  part.headers = {{"X", "tab\tand ä"}};
  EXPECT_EQ(refused(part), "it is taken");
}

TEST(Multipart, R94_ControlCharactersThatNobodyEncodesAreRefused) {
  for (const std::string& bad :
       {std::string("a\0b", 3), std::string("\x01"), std::string("\x7F")}) {
    EXPECT_THAT(refused(text_part(bad, "")), HasSubstr("in its name"));
    EXPECT_THAT(refused(file_part("a", bad)), HasSubstr("in its file name"));
  }
  EXPECT_EQ(refused(file_part("a\r\n\t\"", "b\r\n\t\"")), "it is taken");
  EXPECT_THAT(refused(file_part("a", "folder/")), HasSubstr("that of a folder"));
}

TEST(Multipart, R93_OnlyAFileHasAContentTypeOfItsOwn) {
  BodyPart part = text_part("a", "");
  part.content_type = "text/html";
  EXPECT_THAT(refused(part), HasSubstr("Content-Type header"));
}

TEST(Multipart, R93_TheHeadersOfAPartAreBounded) {
  BodyPart part = text_part("", "");
  part.headers = {{"Content-Disposition", ""}, {"X", ""}};
  const std::size_t frame = laid_out(part).size();
  part.headers[1].value = std::string(kMaxPartHead - frame, 'x');
  EXPECT_EQ(refused(part), "it is taken");
  part.headers[1].value += 'x';
  EXPECT_THAT(refused(part), HasSubstr("64 KiB"));
  EXPECT_THAT(refused(text_part(std::string(kMaxPartHead / 3 + 1, '"'), "")), HasSubstr("64 KiB"))
      << "as encoded";
}

}  // namespace
}  // namespace lh
