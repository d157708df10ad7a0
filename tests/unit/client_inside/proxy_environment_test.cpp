#include "client/proxy_environment.h"

#include <array>
#include <cstddef>
#include <optional>
#include <string>

#include <gtest/gtest.h>
#include <stdlib.h>

namespace lh {
namespace {

constexpr std::array<const char*, 10> kVariables = {
    "http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "ftp_proxy",
    "FTP_PROXY",  "all_proxy",  "ALL_PROXY",   "no_proxy",    "NO_PROXY"};

/// None of the variables is set at first; afterwards they are as they were.
class ProxyEnvironment : public testing::Test {
 protected:
  ProxyEnvironment() {
    for (std::size_t i = 0; i < kVariables.size(); ++i) {
      if (const char* const value = ::getenv(kVariables[i])) before_[i] = value;
      ::unsetenv(kVariables[i]);
    }
  }
  ~ProxyEnvironment() override {
    for (std::size_t i = 0; i < kVariables.size(); ++i) {
      ::unsetenv(kVariables[i]);
      if (before_[i]) set(kVariables[i], before_[i]->c_str());
    }
  }

  static void set(const char* name, const char* value) { ::setenv(name, value, 1); }

 private:
  std::array<std::optional<std::string>, kVariables.size()> before_;
};

TEST_F(ProxyEnvironment, NoneIsNone) {
  EXPECT_EQ(proxy_from_environment(), ProxySettings());
}

TEST_F(ProxyEnvironment, EachSchemeHasItsVariable) {
  set("http_proxy", "a:1");
  set("https_proxy", "b:2");
  set("ftp_proxy", "c:3");
  const ProxySettings expected{.http = "a:1", .https = "b:2", .ftp = "c:3", .exceptions = {}};
  EXPECT_EQ(proxy_from_environment(), expected);
}

TEST_F(ProxyEnvironment, CapitalsWillDoForAllButHttp) {
  set("HTTPS_PROXY", "b:2");
  set("FTP_PROXY", "c:3");
  set("NO_PROXY", "h");
  const ProxySettings expected{.http = {}, .https = "b:2", .ftp = "c:3", .exceptions = "h"};
  EXPECT_EQ(proxy_from_environment(), expected);
}

// A server program is handed the request's field "Proxy" under this name.
TEST_F(ProxyEnvironment, CapitalsDoNotCountForHttp) {
  set("HTTP_PROXY", "evil:1");
  EXPECT_EQ(proxy_from_environment(), ProxySettings());
}

TEST_F(ProxyEnvironment, LowerCaseGoesFirst) {
  set("https_proxy", "b:2");
  set("HTTPS_PROXY", "other:2");
  set("no_proxy", "h");
  set("NO_PROXY", "other");
  EXPECT_EQ(proxy_from_environment().https, "b:2");
  EXPECT_EQ(proxy_from_environment().exceptions, "h");
}

TEST_F(ProxyEnvironment, OneForAllIsForThoseWithoutTheirOwn) {
  set("all_proxy", "all:9");
  set("https_proxy", "b:2");
  const ProxySettings expected{.http = "all:9", .https = "b:2", .ftp = "all:9", .exceptions = {}};
  EXPECT_EQ(proxy_from_environment(), expected);
}

TEST_F(ProxyEnvironment, OneForAllMayBeInCapitals) {
  set("ALL_PROXY", "all:9");
  EXPECT_EQ(proxy_from_environment(), proxy_for_all("all:9"));
}

TEST_F(ProxyEnvironment, AnEmptyVariableIsNone) {
  set("https_proxy", "");
  set("HTTPS_PROXY", "b:2");
  set("http_proxy", "");
  EXPECT_EQ(proxy_from_environment().https, "b:2");
  EXPECT_EQ(proxy_from_environment().http, "");
}

TEST_F(ProxyEnvironment, ExceptionsWithoutAProxyMeanNothing) {
  set("no_proxy", "h");
  EXPECT_EQ(proxy_from_environment(), ProxySettings());
}

TEST(ProxyForAll, HasNoExceptions) {
  const ProxySettings expected{.http = "p:1", .https = "p:1", .ftp = "p:1", .exceptions = {}};
  EXPECT_EQ(proxy_for_all("p:1"), expected);
}

TEST(ProxyForAll, NoneIsNone) {
  EXPECT_TRUE(proxy_for_all("").empty());
}

}  // namespace
}  // namespace lh
