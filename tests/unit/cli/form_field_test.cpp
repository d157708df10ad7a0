#include "cli/form_field.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/failure.h"

namespace lh::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

class FormField : public testing::Test {
 protected:
  FormField() {
    char pattern[] = "/tmp/lh-form-XXXXXX";
    folder_ = ::mkdtemp(pattern);
    for (const char* name : {"a.jpg", "b;c \"d\".txt"}) std::ofstream(folder_ / name) << "x";
  }
  ~FormField() override { std::filesystem::remove_all(folder_); }

  static std::string refusal(const std::string& text) {
    try {
      static_cast<void>(parse_form_field(text));
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.status(), ExitStatus::Refused);
      return failure.what();
    }
    return "";
  }

  std::filesystem::path folder_;
};

TEST_F(FormField, AValueIsTextAsItStandsThere) {
  for (const std::string value :
       {"", "value", "a=b", "a;b", "<a>", "\"q\"", " x ", "caf\xC3\xA9"}) {
    const auto part = parse_form_field("name=" + value);
    EXPECT_EQ(part.Name, "name");
    EXPECT_EQ(part.Text, value);
    EXPECT_FALSE(part.File);
    EXPECT_EQ(part.FileName, "");
    EXPECT_THAT(part.Headers, IsEmpty());
  }
  EXPECT_EQ(parse_form_field("=value").Name, "");
}

TEST_F(FormField, AnAtIsAFileWithTheLastPartOfItsPathAsName) {
  const std::string path = folder_ / "a.jpg";
  const auto part = parse_form_field("photo=@" + path);
  EXPECT_EQ(part.File, path);
  EXPECT_FALSE(part.Text);
  EXPECT_EQ(part.FileName, "a.jpg");
  EXPECT_EQ(part.ContentType, "");
}

TEST_F(FormField, TypeAndFileNameFollowAFile) {
  const std::string path = folder_ / "a.jpg";
  for (const std::string suffix :
       {";type=image/jpeg;filename=x y.jpg", ";filename=\"x y.jpg\";type=\"image/jpeg\""}) {
    const auto part = parse_form_field("photo=@" + path + suffix);
    EXPECT_EQ(part.File, path);
    EXPECT_EQ(part.FileName, "x y.jpg") << suffix;
    EXPECT_EQ(part.ContentType, "image/jpeg") << suffix;
    EXPECT_THAT(part.Headers, IsEmpty());
  }
  EXPECT_EQ(parse_form_field("p=@" + path + ";type=text/plain; charset=utf-8").ContentType,
            "text/plain; charset=utf-8");
  EXPECT_EQ(parse_form_field("p=@" + path + ";filename=").FileName, "");
}

TEST_F(FormField, TypeAndFileNameFollowAText) {
  const auto part = parse_form_field("meta={};type=application/json;filename=m.json");
  EXPECT_EQ(part.Text, "{}");
  EXPECT_EQ(part.FileName, "m.json");
  EXPECT_EQ(part.ContentType, "");
  EXPECT_THAT(part.Headers, ElementsAre(Pair("Content-Type", "application/json")));
}

TEST_F(FormField, WhatIsQuotedMayHoldAnything) {
  const std::string path = folder_ / "b;c \"d\".txt";
  std::string quoted;
  for (const char c : path) quoted += c == '"' ? std::string("\\\"") : std::string(1, c);
  const auto part = parse_form_field("f=@\"" + quoted + "\";filename=\"a;type=b\\\\\"");
  EXPECT_EQ(part.File, path);
  EXPECT_EQ(part.FileName, "a;type=b\\");
}

TEST_F(FormField, WhatIsWrongIsSaid) {
  EXPECT_THAT(refusal("name"), HasSubstr("needs an equals sign"));
  EXPECT_THAT(refusal("name=@-"), HasSubstr("standard input cannot be the field 'name'"));
  EXPECT_THAT(refusal("name=@/none"), HasSubstr("the file of the field 'name' in /none"));
  EXPECT_THAT(refusal("name=@\"/none"), HasSubstr("a quote is not closed"));
  EXPECT_THAT(refusal("name=@\"/none\"x"), HasSubstr("something follows"));
}

}  // namespace
}  // namespace lh::cli
