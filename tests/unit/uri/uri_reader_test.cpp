#include "uri/uri_reader.h"

#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace lh {
namespace {

std::string canonical(std::string_view text) {
  const auto uri = parse_uri(text);
  return uri ? canonical_uri(*uri) : "error: " + uri.error().detail;
}

TEST(UriReader, TakesAUriApart) {
  const auto uri = parse_uri("HTTPS://Ann%40home:p%3Aw@Example.ORG:8443/a%20b/c;d?q=1&r=%2f#part");
  ASSERT_TRUE(uri) << uri.error().message();
  EXPECT_EQ(uri->scheme, "https");
  EXPECT_EQ(uri->user, "Ann@home");
  EXPECT_EQ(uri->password, "p:w");
  EXPECT_EQ(uri->host, "example.org");
  EXPECT_EQ(uri->ascii_host, "example.org");
  EXPECT_EQ(uri->port, 8443);
  EXPECT_EQ(uri->path, "/a%20b/c;d");
  EXPECT_EQ(uri->query, "q=1&r=%2f");
  EXPECT_EQ(uri->fragment, "part");
}

TEST(UriReader, APortThatIsNotGivenIsTheSchemesOwn) {
  EXPECT_EQ(parse_uri("http://h")->port, 80);
  EXPECT_EQ(parse_uri("https://h/")->port, 443);
  EXPECT_EQ(parse_uri("ftp://h/")->port, 21);
  EXPECT_EQ(parse_uri("http://h:/")->port, 80);
  EXPECT_EQ(parse_uri("other://h/")->port, 0);
  EXPECT_EQ(parse_uri("mailto:ann@example.org")->port, 0);
}

TEST(UriReader, R69_ReadsAnySchemeEvenWithoutAHost) {
  const auto mail = parse_uri("mailto:ann@example.org?subject=x");
  ASSERT_TRUE(mail);
  EXPECT_EQ(mail->scheme, "mailto");
  EXPECT_EQ(mail->host, "");
  EXPECT_EQ(mail->path, "ann@example.org");
  EXPECT_EQ(mail->query, "subject=x");
  EXPECT_EQ(parse_uri("file:///etc/fstab")->path, "/etc/fstab");
  EXPECT_EQ(parse_uri("ms-appx:///a/b.png")->path, "/a/b.png");
  EXPECT_EQ(parse_uri("foo://host:7/x")->port, 7);
}

TEST(UriReader, AnInternationalNameHasTwoForms) {
  const auto uri = parse_uri("http://B\u00fccher.Example/");
  ASSERT_TRUE(uri) << uri.error().message();
  EXPECT_EQ(uri->host, "b\u00fccher.example");
  EXPECT_EQ(uri->ascii_host, "xn--bcher-kva.example");
  EXPECT_EQ(canonical("http://fa\u00df.de/"), "http://xn--fa-hia.de/");
  EXPECT_EQ(canonical("http://EXAMPLE\u3002org/"), "http://example.org/");
}

TEST(UriReader, AnIpv6LiteralLosesItsBrackets) {
  const auto uri = parse_uri("http://[2001:DB8::1]:8080/x");
  ASSERT_TRUE(uri) << uri.error().message();
  EXPECT_EQ(uri->host, "2001:db8::1");
  EXPECT_EQ(uri->port, 8080);
  EXPECT_EQ(canonical_uri(*uri), "http://[2001:db8::1]:8080/x");
  EXPECT_EQ(origin_of(*uri), "http://[2001:db8::1]:8080");
  EXPECT_EQ(canonical("http://[fe80::1%25eth0]/"), "http://[fe80::1%25eth0]/");
}

TEST(UriReader, TheCanonicalFormIsWhatIsSent) {
  const std::vector<std::pair<std::string, std::string>> table = {
      {"http://example.org", "http://example.org/"},
      {"HTTP://EXAMPLE.org:80/", "http://example.org/"},
      {"http://example.org:8080/", "http://example.org:8080/"},
      {"https://ann:secret@example.org/x#part", "https://example.org/x"},
      {"http://h/a b?c d", "http://h/a%20b?c%20d"},
      {"http://h/\u00e4?\u00f6", "http://h/%C3%A4?%C3%B6"},
      {"http://h/a/./b/../c", "http://h/a/c"},
      {"http://h?x", "http://h/?x"},
      {"http://h/\"<>\\^`{|}", "http://h/%22%3C%3E%5C%5E%60%7B%7C%7D"},
      {"http://h/a[1]+b,c;d=e", "http://h/a[1]+b,c;d=e"},
      {"mailto:ann@example.org", "mailto:ann@example.org"},
      {"file:///a b", "file:///a%20b"},
      {"foo:/x", "foo:///x"},
  };
  for (const auto& [given, expected] : table) EXPECT_EQ(canonical(given), expected) << given;
}

TEST(UriReader, PercentEncodingThatIsThereStaysAsItIs) {
  for (const char* uri : {"http://h/%7Ea%2fb%2F%e4", "http://h/100%", "http://h/%zz", "http://h/%",
                          "http://h/?a=%41+b%20c&d=%", "http://h/%2e%2e/x"}) {
    EXPECT_EQ(canonical(uri), uri);
  }
}

TEST(UriReader, TheOriginAlwaysNamesThePort) {
  EXPECT_EQ(origin_of(*parse_uri("http://EXAMPLE.org/x")), "http://example.org:80");
  EXPECT_EQ(origin_of(*parse_uri("https://ann@b\u00fccher.example/")),
            "https://xn--bcher-kva.example:443");
  EXPECT_EQ(origin_of(*parse_uri("https://h:99/")), "https://h:99");
}

TEST(UriReader, WhatIsWrongIsSaidInWords) {
  using namespace std::string_view_literals;
  const std::vector<std::pair<std::string_view, std::string_view>> table = {
      {"", "empty"},
      {"file.iso", "not absolute"},
      {"/a/b", "not absolute"},
      {"//example.org/x", "not absolute"},
      {"example.org/x", "not absolute"},
      {"1http://h/", "not absolute"},
      {" http://h/", "space"},
      {"http://h/ ", "space"},
      {"http://h/\n", "control character"},
      {"http://h/a\0b"sv, "control character"},
      {"http:h", "'//'"},
      {"http://", "host name"},
      {"http:///x", "host name is missing"},
      {"http://ann@/x", "host name"},
      {"http://a b/", "host name"},
      {"http://a<b/", "host name"},
      {"http://\xff\xfe/", "host name"},
      {"http://h:0/", "port"},
      {"http://h:65536/", "port"},
      {"http://h:999999999999999999999/", "port"},
      {"http://h:8o/", "port"},
      {"http://h:-1/", "port"},
      {"http://[::1/", "IPv6"},
      {"http://[::g]/", "IPv6"},
      {"http://ann%01@h/", ""},
      {"p://\u034f:1", "host"},
      {"http://\u034f/", "host"},
  };
  for (const auto& [given, word] : table) {
    const auto uri = parse_uri(given);
    ASSERT_FALSE(uri) << given;
    EXPECT_EQ(uri.error().kind, ErrorKind::InvalidArgument) << given;
    EXPECT_NE(uri.error().detail.find(word), std::string::npos)
        << given << ": " << uri.error().message();
  }
}

TEST(UriReader, R178_AMessageTellsNeitherPasswordNorQuery) {
  for (const char* given : {"http://ann:secret@h:0/x?token=secret",
                            "http://ann:se@cret@a b/#secret", "http://secret@/x"}) {
    const auto uri = parse_uri(given);
    ASSERT_FALSE(uri);
    EXPECT_EQ(uri.error().message().find("cret"), std::string::npos) << uri.error().message();
  }
}

TEST(UriReader, CombinesAsRfc3986Says) {
  constexpr std::string_view kBase = "http://a/b/c/d;p?q#f";
  const std::vector<std::pair<std::string, std::string>> table = {
      {"https://g/x", "https://g/x"},
      {"mailto:x", "mailto:x"},
      {"g", "http://a/b/c/g"},
      {"./g", "http://a/b/c/g"},
      {"g/", "http://a/b/c/g/"},
      {"/g", "http://a/g"},
      {"//g", "http://g/"},
      {"?y", "http://a/b/c/d;p?y"},
      {"g?y", "http://a/b/c/g?y"},
      {"#s", "http://a/b/c/d;p?q#s"},
      {"g#s", "http://a/b/c/g#s"},
      {"g?y#s", "http://a/b/c/g?y#s"},
      {";x", "http://a/b/c/;x"},
      {"g;x?y#s", "http://a/b/c/g;x?y#s"},
      {"", "http://a/b/c/d;p?q"},
      {".", "http://a/b/c/"},
      {"..", "http://a/b/"},
      {"../g", "http://a/b/g"},
      {"../..", "http://a/"},
      {"../../../g", "http://a/g"},
      {"/../g", "http://a/g"},
      {"g.", "http://a/b/c/g."},
      {"..g", "http://a/b/c/..g"},
      {"./g/.", "http://a/b/c/g/"},
      {"g;x=1/../y", "http://a/b/c/y"},
      {"g?y/../x", "http://a/b/c/g?y/../x"},
      {"g#s/../x", "http://a/b/c/g#s/../x"},
      {"?x=/a/b", "http://a/b/c/d;p?x=/a/b"},
      {"g?a b", "http://a/b/c/g?a%20b"},
      {"g?u=http://z/y", "http://a/b/c/g?u=http://z/y"},
  };
  for (const auto& [relative, expected] : table) {
    const auto combined = combine_uri(kBase, relative);
    ASSERT_TRUE(combined) << relative << ": " << combined.error().message();
    EXPECT_EQ(*combined, expected) << relative;
  }
}

TEST(UriReader, CombiningRefusesWhatCannotBeCombined) {
  EXPECT_FALSE(combine_uri("not absolute", "g"));
  EXPECT_FALSE(combine_uri("mailto:ann@example.org", "g"));
  EXPECT_FALSE(combine_uri("http://a/", "g\r\nHost: b"));
  EXPECT_FALSE(combine_uri("http://a/", "//h:0/"));
  EXPECT_FALSE(combine_uri("http://a/", "http://h:0/"));
}

/// Random texts made of pieces that matter to a parser.
std::string random_text(std::mt19937& random) {
  static const std::vector<std::string> kPieces = {
      "http:",  "//",     "/",   ":",   "@",     "?",  "#",    "[", "]",      "::1",
      "%",      "%25",    "%00", "%2e", ".",     "..", "a",    "B", "\u00e4", "\u3002",
      "\xff",   " ",      "8",   "80",  "99999", "\\", "xn--", "-", "_",      "foo:",
      "\uff0f", "\uff20", "1.2", "0x",  ";",     "=",  "+",    "&", "\t",     std::string(1, '\0'),
      "file:"};
  std::string text = random() % 4 == 0 ? "" : "http://";
  const std::size_t count = random() % 12;
  for (std::size_t i = 0; i < count; ++i) {
    if (random() % 8 == 0) {
      text += static_cast<char>(random() & 0xffU);
    } else {
      text += kPieces[random() % kPieces.size()];
    }
  }
  return text;
}

TEST(UriReader, RandomTextIsRefusedOrHasAStableCanonicalForm) {
  std::mt19937 random(20240607);  // NOLINT: the same sequence each time, on purpose
  int accepted = 0;
  for (int i = 0; i < 200'000; ++i) {
    const std::string text = random_text(random);
    const auto uri = parse_uri(text);
    if (!uri) {
      ASSERT_FALSE(uri.error().detail.empty());
      continue;
    }
    ++accepted;
    const std::string once = canonical_uri(*uri);
    const auto again = parse_uri(once);
    ASSERT_TRUE(again) << testing::PrintToString(text) << " gave " << once << ": "
                       << again.error().message();
    ASSERT_EQ(canonical_uri(*again), once) << testing::PrintToString(text);
    ASSERT_EQ(origin_of(*again), origin_of(*uri)) << testing::PrintToString(text);
  }
  EXPECT_GT(accepted, 10'000);
}

TEST(UriReader, RandomRelativeTextNeverBreaksCombining) {
  std::mt19937 random(7);  // NOLINT: the same sequence each time, on purpose
  for (int i = 0; i < 50'000; ++i) {
    const auto combined = combine_uri("http://a/b/c?d#e", random_text(random));
    if (!combined) continue;
    ASSERT_TRUE(parse_uri(*combined)) << *combined;
  }
}

}  // namespace
}  // namespace lh
