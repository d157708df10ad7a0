#include "core/http/content_disposition.h"

#include <random>
#include <string>

#include <gtest/gtest.h>

#include "core/http/utf8.h"

namespace lh {
namespace {

struct Row {
  const char* value;
  const char* name;
};

TEST(ContentDisposition, ReadsWhatServersSend) {
  for (const Row& row : {
           Row{"attachment; filename=\"a b.txt\"", "a b.txt"},
           Row{"attachment; filename=a.txt", "a.txt"},
           Row{"attachment;filename = a.txt ;x=y", "a.txt"},
           Row{"ATTACHMENT; FileName=\"a.txt\"", "a.txt"},
           Row{"inline; x=\"a;filename=evil\"; filename=\"a\\\"b.txt\"", "a\"b.txt"},
           Row{"filename=a.txt", "a.txt"},
           Row{"attachment; filename=\"not closed", "not closed"},
           Row{"attachment; filename=\"a.txt\" junk; y", "a.txt"},
           Row{"attachment; filename=\"na\xC3\xAFve.txt\"", "na\xC3\xAFve.txt"},
           Row{"attachment; filename=\"na\xEFve.txt\"", "na\xC3\xAFve.txt"},  // ISO-8859-1
           Row{"attachment; filename*=UTF-8''%e2%82%ac.txt", "\xE2\x82\xAC.txt"},
           Row{"attachment; filename*=iso-8859-1'en'%A3.txt", "\xC2\xA3.txt"},
       }) {
    EXPECT_EQ(disposition_file_name(row.value), row.name) << row.value;
  }
}

TEST(ContentDisposition, TheExtendedNameWinsInAnyOrder) {
  EXPECT_EQ(disposition_file_name("attachment; filename=\"e.txt\"; filename*=UTF-8''%C3%A4.txt"),
            "\xC3\xA4.txt");
  EXPECT_EQ(disposition_file_name("attachment; filename*=UTF-8''%C3%A4.txt; filename=\"e.txt\""),
            "\xC3\xA4.txt");
}

TEST(ContentDisposition, AnUnusableExtendedNameGivesWayToThePlainOne) {
  for (const char* extended : {"KOI8-R''%C1", "UTF-8''%FF", "UTF-8%C3", "", "UTF-8''"}) {
    const std::string value = std::string("attachment; filename*=") + extended + "; filename=e.txt";
    EXPECT_EQ(disposition_file_name(value), "e.txt") << value;
  }
}

TEST(ContentDisposition, NoNameIsNothing) {
  for (const char* value : {"", "attachment", "attachment;", "attachment; filename", "inline; x=y",
                            "attachment; filename=\"\"", ";;;=;=\"", "attachment; filename=; a"}) {
    EXPECT_FALSE(disposition_file_name(value)) << value;
  }
}

TEST(UrlFileName, IsTheLastSegmentDecoded) {
  for (const Row& row : {
           Row{"http://h/a/b%20c.txt", "b c.txt"},
           Row{"http://h/a.txt?x=/y#/z", "a.txt"},
           Row{"http://h/a/", ""},
           Row{"http://h", ""},
           Row{"http://h/", ""},
           Row{"http://h?a/b", ""},
           Row{"http://h/%2e%2e%2fpasswd", "../passwd"},
           Row{"http://h/100%", "100%"},
           Row{"http://h/%zz%4", "%zz%4"},
       }) {
    EXPECT_EQ(url_file_name(row.value), row.name) << row.value;
  }
}

TEST(SanitiseFileName, MakesNamesSafe) {
  for (const Row& row : {
           Row{"a.txt", "a.txt"},
           Row{"../../etc/passwd", "passwd"},
           Row{"/etc/passwd", "passwd"},
           Row{"C:\\dir\\a.txt", "a.txt"},
           Row{"dir/", "dir"},
           Row{"..", ""},
           Row{"...", ""},
           Row{"", ""},
           Row{"///", ""},
           Row{".bashrc", "bashrc"},
           Row{" . .a b . txt ", "a b . txt"},
           Row{"a\r\nb\tc\x7F.txt", "abc.txt"},
           Row{"evil\xE2\x80\xAEtxt.exe", "eviltxt.exe"},  // right-to-left override
           Row{"\xC2\xA0\xE3\x80\x80x", "x"},              // no-break and ideographic blanks
           Row{"\xEF\xBB\xBF"
               "a",
               "a"},                        // byte order mark
           Row{"a\xFF\xC0\x80z", "a___z"},  // no UTF-8
           Row{"\xED\xA0\x80", "___"},      // a surrogate
           Row{"\xF0\x9F\x8E\xB5.mp3", "\xF0\x9F\x8E\xB5.mp3"},
       }) {
    EXPECT_EQ(sanitise_file_name(row.value), row.name) << row.value;
  }
  EXPECT_EQ(sanitise_file_name(std::string_view("a\0b", 3)), "ab");
}

TEST(SanitiseFileName, CutsTheStemAndKeepsTheExtension) {
  EXPECT_EQ(sanitise_file_name(std::string(300, 'a') + ".tar.gz"),
            std::string(248, 'a') + ".tar.gz");
  EXPECT_EQ(sanitise_file_name(std::string(300, 'a')), std::string(255, 'a'));
  std::string euros;
  for (int i = 0; i < 100; ++i) euros += "\xE2\x82\xAC";
  EXPECT_EQ(sanitise_file_name(euros + ".txt"), euros.substr(0, 249) + ".txt");
  // No extension, only a dot near the front.
  EXPECT_EQ(sanitise_file_name("a." + std::string(300, 'b')).size(), 255U);
}

TEST(SanitiseFileName, ACutLeavesNoBlankAtTheEnd) {
  const std::string name = std::string(254, 'a') + " " + std::string(100, 'b');
  EXPECT_EQ(sanitise_file_name(name), std::string(254, 'a'));
  EXPECT_EQ(sanitise_file_name(std::string(250, 'a') + "\u3000 bc.txt"),
            std::string(250, 'a') + ".txt");
}

TEST(SanitiseFileName, YieldsASafeNameOrNone) {
  std::mt19937 random(7);
  const std::string_view pieces = "./\\ a\xE2\x80\xAE\xC3\xA4\n\x7F.";
  for (int i = 0; i < 20000; ++i) {
    std::string name;
    const std::size_t length = random() % 400;
    for (std::size_t j = 0; j < length; ++j) {
      name += random() % 4 == 0 ? static_cast<char>(random()) : pieces[random() % pieces.size()];
    }
    const std::string safe = sanitise_file_name(name);
    if (safe.empty()) continue;
    ASSERT_LE(safe.size(), 255U);
    ASSERT_TRUE(utf8::is_valid(safe));
    ASSERT_NE(safe.front(), '.');
    ASSERT_NE(safe.front(), ' ');
    ASSERT_EQ(safe.find_first_of(std::string_view("/\\\0\n\x7F", 5)), std::string::npos);
    ASSERT_EQ(safe.find("\xE2\x80\xAE"), std::string::npos);
    ASSERT_EQ(sanitise_file_name(safe).size() <= safe.size(), true);
  }
}

TEST(NumberedFileName, PutsTheNumberBeforeTheExtension) {
  EXPECT_EQ(numbered_file_name("a.txt", 2), "a (2).txt");
  EXPECT_EQ(numbered_file_name("a.tar.gz", 3), "a (3).tar.gz");
  EXPECT_EQ(numbered_file_name("a", 4), "a (4)");
  EXPECT_EQ(numbered_file_name(".a", 5), ".a (5)");
}

TEST(NumberedFileName, FitsInto255Bytes) {
  const std::string name = numbered_file_name(std::string(251, 'a') + ".txt", 4294967295U);
  EXPECT_EQ(name.size(), 255U);
  EXPECT_TRUE(name.ends_with("a (4294967295).txt"));
}

TEST(DispositionAndUrlNames, NoBytesCrashThem) {
  std::mt19937 random(8);
  const std::string_view pieces = "filename*=\"\\;'%C3UTF-8 ";
  for (int i = 0; i < 50000; ++i) {
    std::string text;
    const std::size_t length = random() % 40;
    for (std::size_t j = 0; j < length; ++j) {
      text += random() % 8 == 0 ? static_cast<char>(random()) : pieces[random() % pieces.size()];
    }
    if (const auto name = disposition_file_name(text)) {
      EXPECT_TRUE(utf8::is_valid(*name));
    }
    (void)url_file_name(text);
  }
}

}  // namespace
}  // namespace lh
