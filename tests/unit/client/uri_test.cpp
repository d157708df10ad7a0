#include "longhaul/foundation/uri.h"

#include <gtest/gtest.h>

#include "longhaul/foundation/hresult.h"

namespace longhaul {
namespace {

TEST(Uri, TakesAnAddressApart) {
  const Uri uri(L"http://user:pw@Example.org:8080/a/b%20c.tar.gz?x=1&y=2#part");
  EXPECT_EQ(uri.SchemeName(), L"http");
  EXPECT_EQ(uri.Host(), L"example.org");
  EXPECT_EQ(uri.Port(), 8080);
  EXPECT_EQ(uri.Path(), L"/a/b%20c.tar.gz");
  EXPECT_EQ(uri.Query(), L"?x=1&y=2");
  EXPECT_EQ(uri.Fragment(), L"#part");
  EXPECT_EQ(uri.Extension(), L".gz");
  EXPECT_EQ(uri.UserName(), L"user");
  EXPECT_EQ(uri.Password(), L"pw");
}

TEST(Uri, KnowsTheDefaultPort) {
  EXPECT_EQ(Uri(L"https://example.org/").Port(), 443);
  EXPECT_EQ(Uri(L"http://example.org").Port(), 80);
  EXPECT_EQ(Uri(L"http://example.org").Path(), L"/");
  EXPECT_TRUE(Uri(L"http://example.org").Query().empty());
}

TEST(Uri, R168_AnInvalidStringThrows) {
  for (const char* text : {"", "relative/path", "/absolute", "http://", "http://[::1", "::"}) {
    EXPECT_THROW(Uri{hstring(text)}, hresult_invalid_argument) << text;
  }
}

TEST(Uri, R69_HoldsSchemesThatTransfersRefuse) {
  EXPECT_EQ(Uri(L"ftp://example.org/x").SchemeName(), L"ftp");
}

TEST(Uri, CombinesABaseWithARelativeAddress) {
  EXPECT_EQ(Uri(L"http://example.org/a/b", L"../c?d").AbsoluteUri(), L"http://example.org/c?d");
  EXPECT_EQ(Uri(L"http://example.org/a/b").CombineUri(L"/x").AbsoluteUri(),
            L"http://example.org/x");
}

TEST(Uri, EqualityIsThatOfTheCanonicalForm) {
  EXPECT_TRUE(Uri(L"HTTP://Example.ORG/a").Equals(Uri(L"http://example.org:80/a")));
  EXPECT_FALSE(Uri(L"http://example.org/a").Equals(Uri(L"http://example.org/A")));
}

TEST(Uri, ANullOneSaysSo) {
  const Uri none = nullptr;
  EXPECT_TRUE(none == nullptr);
  EXPECT_THROW(static_cast<void>(none.Host()), hresult_error);
}

TEST(Uri, EscapesOneComponent) {
  EXPECT_EQ(Uri::EscapeComponent(L"a b/ü"), L"a%20b%2F%C3%BC");
  EXPECT_EQ(Uri::UnescapeComponent(L"a%20b%2F%C3%BC"), L"a b/ü");
}

}  // namespace
}  // namespace longhaul
