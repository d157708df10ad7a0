#include "daemon/request_parts.h"

#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lh {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

RequestAddress address_of(std::string_view text) {
  auto address = read_address(text);
  if (!address) {
    ADD_FAILURE() << text << ": " << address.error().message();
    return {};
  }
  return std::move(*address);
}

RequestProxy proxy_of(const ProxySettings& given) {
  auto proxy = read_proxy(given);
  if (!proxy) {
    ADD_FAILURE() << proxy.error().message();
    return {};
  }
  return std::move(*proxy);
}

ProxySettings for_http(std::string proxy, std::string exceptions = {}) {
  return {.http = std::move(proxy), .https = {}, .ftp = {}, .exceptions = std::move(exceptions)};
}

/// How one address of a proxy is stored.
std::string stored(const std::string& given) {
  return proxy_of(for_http(given)).settings.http;
}

// --- addresses -----------------------------------------------------------------------------------

TEST(ReadAddress, R64_TheLoginIsTakenOutDecoded) {
  const RequestAddress address = address_of("https://ann:p%40ss%3A@Example.org/a?b=c");
  EXPECT_EQ(address.uri, "https://example.org/a?b=c");
  EXPECT_EQ(address.origin, "https://example.org:443");
  EXPECT_EQ(address.login, (Login{"ann", "p@ss:"}));
}

TEST(ReadAddress, AUserAloneIsALogin) {
  EXPECT_EQ(address_of("http://ann@h/").login, (Login{"ann", ""}));
}

TEST(ReadAddress, WithoutAUserThereIsNone) {
  EXPECT_EQ(address_of("http://h/a@b").login, std::nullopt);
  EXPECT_EQ(address_of("http://@h/").login, std::nullopt);
  EXPECT_EQ(address_of("http://:@h/").login, std::nullopt);
}

TEST(ReadAddress, TheFragmentIsNoPartOfIt) {
  EXPECT_EQ(address_of("http://h/a#part").uri, "http://h/a");
}

TEST(ReadAddress, R69_OtherSchemesAreRefused) {
  for (const char* text : {"file:///etc/passwd", "javascript:x", "ws://h/", "relative"}) {
    const auto refused = read_address(text);
    ASSERT_FALSE(refused.ok()) << text;
    EXPECT_EQ(refused.error().kind, ErrorKind::InvalidArgument) << text;
  }
}

TEST(ReadAddress, MessagesShowNoPassword) {
  for (const char* text : {"http://ann:hunter2@h:99999/", "gopher://ann:hunter2@h/",
                           "http://ann:hunter2@/x", "http://ann:hunter2@h h/"}) {
    const auto refused = read_address(text);
    ASSERT_FALSE(refused.ok()) << text;
    EXPECT_THAT(refused.error().message(), Not(HasSubstr("hunter2")));
  }
}

// --- proxies -------------------------------------------------------------------------------------

TEST(ReadProxy, NoneIsNone) {
  const RequestProxy proxy = proxy_of({});
  EXPECT_EQ(proxy.settings, ProxySettings());
  EXPECT_THAT(proxy.logins, IsEmpty());
}

TEST(ReadProxy, TheLoginIsTakenOutDecoded) {
  const RequestProxy proxy = proxy_of(for_http("http://ann:p%40ss@proxy.example:3128/"));
  EXPECT_EQ(proxy.settings.http, "http://proxy.example:3128");
  const std::vector<Secrets::ProxyLogin> expected = {
      {"http://proxy.example:3128", {"ann", "p@ss"}}};
  EXPECT_EQ(proxy.logins, expected);
}

TEST(ReadProxy, SixSchemesAreKnown) {
  for (const char* text : {"http://p:1", "https://p:1", "socks4://p:1", "socks4a://p:1",
                           "socks5://p:1", "socks5h://p:1"}) {
    EXPECT_EQ(stored(text), text);
  }
}

TEST(ReadProxy, WithoutASchemeItIsAnHttpProxy) {
  EXPECT_EQ(stored("proxy.example:3128"), "http://proxy.example:3128");
  EXPECT_EQ(stored("ann:pw@proxy.example:3128"), "http://proxy.example:3128");
}

TEST(ReadProxy, AnIpv6AddressKeepsItsBrackets) {
  EXPECT_EQ(stored("http://[2001:DB8::1]:3128"), "http://[2001:db8::1]:3128");
}

TEST(ReadProxy, LetterCaseOfSchemeAndHostDoesNotMatter) {
  EXPECT_EQ(stored("HTTP://Proxy.Example:3128"), "http://proxy.example:3128");
}

TEST(ReadProxy, WhatIsNoProxyIsRefused) {
  for (const char* text :
       {"ftp://p:21", "socks://p:1080", "file:///p", "http://", "http://p:99999", "http://p/path",
        "http://p?query", "http://p#part", "http://p p:1", "http://p\n:1"}) {
    const auto refused = read_proxy(for_http(text));
    ASSERT_FALSE(refused.ok()) << text;
    EXPECT_EQ(refused.error().kind, ErrorKind::InvalidArgument) << text;
  }
}

TEST(ReadProxy, MessagesShowNoPassword) {
  for (const char* text :
       {"http://ann:hunter2@p:99999", "ftp://ann:hunter2@p", "http://ann:hunter2@p/path",
        "http://ann:hunter2@", "http://ann:hunter2@p p", "http://ann:hun/ter2@p"}) {
    const auto refused = read_proxy(for_http(text));
    ASSERT_FALSE(refused.ok()) << text;
    EXPECT_THAT(refused.error().message(), Not(HasSubstr("ter2")));
  }
}

TEST(ReadProxy, OneForAllHasOneLogin) {
  const std::string one = "http://ann:pw@p:1";
  EXPECT_EQ(proxy_of({.http = one, .https = one, .ftp = one, .exceptions = {}}).logins.size(), 1U);
}

TEST(ReadProxy, EachProxyHasItsOwnLogin) {
  const RequestProxy proxy = proxy_of({.http = "http://ann:a@p:1",
                                       .https = "http://bob:b@q:2",
                                       .ftp = "http://r:3",
                                       .exceptions = {}});
  const std::vector<Secrets::ProxyLogin> expected = {{"http://p:1", {"ann", "a"}},
                                                     {"http://q:2", {"bob", "b"}}};
  EXPECT_EQ(proxy.logins, expected);
}

TEST(ReadProxy, ExceptionsStayAsTheyAre) {
  const std::string exceptions = "localhost, .Example.org,10.0.0.0/8";
  EXPECT_EQ(proxy_of(for_http("http://p:1", exceptions)).settings.exceptions, exceptions);
}

// The database keeps a line each.
TEST(ReadProxy, ControlCharactersAmongTheExceptionsAreRefused) {
  using namespace std::string_literals;
  for (const auto& exceptions : {"a\nb"s, "a\rb"s, "a\0b"s, "a\x7F"s}) {
    EXPECT_FALSE(read_proxy(for_http("http://p:1", exceptions)).ok());
  }
}

TEST(ReadProxy, WhatIsStoredReadsAsItself) {
  for (const char* text : {"p", "http://ann:pw@p", "https://p", "socks5h://p", "[::1]:3128",
                           "http://b\u00fccher.example", "socks4://10.0.0.1:1080"}) {
    const RequestProxy first = proxy_of(for_http(text));
    const RequestProxy second = proxy_of(first.settings);
    EXPECT_EQ(second.settings, first.settings) << text;
    EXPECT_THAT(second.logins, IsEmpty()) << text;
  }
}

// --- headers -------------------------------------------------------------------------------------

TEST(TakeSecretHeaders, MovesThemAndLeavesTheOthersInOrder) {
  HeaderList headers = {{"A", "1"}, {"COOKIE", "k=v"}, {"B", "2"}, {"Authorization", "Bearer t"}};
  Secrets secrets;
  take_secret_headers(headers, secrets);
  EXPECT_EQ(headers, (HeaderList{{"A", "1"}, {"B", "2"}}));
  EXPECT_EQ(secrets.headers, (HeaderList{{"COOKIE", "k=v"}, {"Authorization", "Bearer t"}}));
}

TEST(TakeSecretHeaders, R58_JoinsThoseOfOneName) {
  HeaderList headers = {{"Cookie", "a=1"}, {"cookie", "b=2"}};
  Secrets secrets;
  take_secret_headers(headers, secrets);
  EXPECT_EQ(secrets.headers, (HeaderList{{"Cookie", "a=1; b=2"}}));
}

TEST(TakeSecretHeaders, WithoutAnyNothingChanges) {
  HeaderList headers = {{"A", "1"}};
  Secrets secrets;
  take_secret_headers(headers, secrets);
  EXPECT_EQ(headers, (HeaderList{{"A", "1"}}));
  EXPECT_TRUE(secrets.empty());
}

}  // namespace
}  // namespace lh
