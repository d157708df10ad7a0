#include "core/model/secrets.h"

#include <algorithm>
#include <cstdint>
#include <random>

#include <gtest/gtest.h>

namespace lh {
namespace {

constexpr int kRounds = 500;

/// Random secrets; the seed is fixed, so that a failure comes back.
class Random {
 public:
  explicit Random(std::uint32_t seed) : engine_(seed) {}

  std::uint32_t number(std::uint32_t below) {
    return std::uniform_int_distribution<std::uint32_t>(0, below - 1)(engine_);
  }
  bool flag() { return number(2) == 1; }
  /// Any bytes, NUL and line ends among them.
  std::string bytes() {
    std::string out;
    for (auto n = number(12); n > 0; --n) out += static_cast<char>(number(256));
    return out;
  }
  std::string field_value() {
    std::string out = bytes();
    std::erase_if(out, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
    return out;
  }
  Login login() { return {bytes(), bytes()}; }
  Secrets secrets() {
    Secrets secrets;
    if (flag()) secrets.server = login();
    if (flag()) secrets.proxy = login();
    for (auto n = number(3); n > 0; --n) secrets.proxies.push_back({bytes(), login()});
    for (auto n = number(3); n > 0; --n) {
      secrets.headers.push_back({flag() ? "Cookie" : "Authorization", field_value()});
    }
    return secrets;
  }

 private:
  std::mt19937 engine_;
};

TEST(Secrets, WhateverTheyAreTheySurviveTheWay) {
  Random random(1);
  for (int i = 0; i < kRounds; ++i) {
    const Secrets before = random.secrets();
    const std::string text = format_secrets(before);
    const auto after = parse_secrets(text);
    ASSERT_TRUE(after.ok()) << text;
    EXPECT_EQ(*after, before) << text;
  }
}

TEST(Secrets, TheirTextIsLinesOfPrintableAscii) {
  Random random(2);
  for (int i = 0; i < kRounds; ++i) {
    const std::string text = format_secrets(random.secrets());
    EXPECT_TRUE(text.ends_with('\n'));
    EXPECT_TRUE(std::ranges::all_of(text, [](char c) {
      return c == '\n' || (c >= 0x20 && c < 0x7F);
    })) << text;
  }
}

TEST(Secrets, NothingIsKeptAsItsHeadingAndItsEnd) {
  EXPECT_EQ(format_secrets({}), "longhaul-secrets 1\nend\n");
}

// Later versions read what this one has written.
TEST(Secrets, TheirFormStaysAsItIs) {
  const Secrets secrets{.server = Login{"ann", "p w%"},
                        .proxy = Login{"", ""},
                        .proxies = {{"http://proxy.example:3128", {"bob", "\xC3\xA4"}}},
                        .headers = {{"Cookie", "a=1; b=2"}}};
  EXPECT_EQ(format_secrets(secrets),
            "longhaul-secrets 1\n"
            "server ann p%20w%25\n"
            "proxy  \n"
            "proxy-at http://proxy.example:3128 bob %C3%A4\n"
            "header Cookie a=1;%20b=2\n"
            "end\n");
}

TEST(Secrets, ALoginOfNothingIsNotNone) {
  Secrets secrets;
  secrets.server = Login{};
  const auto parsed = parse_secrets(format_secrets(secrets));
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->server, Login{}) << "the user's own ticket";
  EXPECT_FALSE(parsed->proxy);
}

TEST(Secrets, WhatIsNoneIsRefused) {
  for (const char* text :
       {"", "longhaul-secrets", "longhaul-secrets 2\n", "longhaul-secrets 1 \n",
        "longhaul-secrets 1\n\n", "longhaul-secrets 1\nserver\n", "longhaul-secrets 1\nserver a\n",
        "longhaul-secrets 1\nproxy-at p a\n", "longhaul-secrets 1\nserver a %\n",
        "longhaul-secrets 1\nserver a %2\n", "longhaul-secrets 1\nserver a %2x\n",
        "longhaul-secrets 1\nserver %zz b\n", "longhaul-secrets 1\npassword a b\n",
        "longhaul-secrets 1\nSERVER a b\n", "longhaul-secrets 1\nheader Cookie\n"}) {
    EXPECT_FALSE(parse_secrets(text).ok()) << text;
    EXPECT_FALSE(parse_secrets(std::string(text) + "end\n").ok()) << text;
  }
}

TEST(Secrets, R62_AHeaderThatCouldBreakItsLineIsRefused) {
  for (const char* line : {"header Cookie a%0D%0AEvil:%201", "header Cookie a%00b",
                           "header A%20B x", "header  x", "header A: x"}) {
    EXPECT_FALSE(parse_secrets("longhaul-secrets 1\n" + std::string(line) + "\nend\n").ok())
        << line;
  }
}

TEST(Secrets, WhatWasCutShortIsRefused) {
  Secrets secrets;
  secrets.server = Login{"ann", "hunter2"};
  const std::string whole = format_secrets(secrets);
  ASSERT_TRUE(parse_secrets(whole).ok());
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_FALSE(parse_secrets(whole.substr(0, length)).ok()) << length;
  }
}

TEST(Secrets, TheMessageDoesNotShowThem) {
  const auto refused = parse_secrets("longhaul-secrets 1\nserver ann hunter%2\nend\n");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::InvalidArgument);
  EXPECT_EQ(refused.error().message().find("hunter"), std::string::npos);
}

// They come from a file of the user's, which anything may have happened to.
TEST(Secrets, DamageIsRefusedOrReadAsSomethingThatSurvivesTheWay) {
  Random random(3);
  for (int i = 0; i < kRounds; ++i) {
    std::string text = format_secrets(random.secrets());
    for (auto n = 1 + random.number(4); n > 0; --n) {
      text[random.number(static_cast<std::uint32_t>(text.size()))] =
          static_cast<char>(random.number(256));
    }
    const auto read = parse_secrets(text);
    if (!read.ok()) continue;
    const auto again = parse_secrets(format_secrets(*read));
    ASSERT_TRUE(again.ok()) << text;
    EXPECT_EQ(*again, *read) << text;
  }
}

TEST(Secrets, AreEmptyOnlyWithoutAny) {
  EXPECT_TRUE(Secrets().empty());
  Secrets server;
  server.server = Login{};
  EXPECT_FALSE(server.empty());
  Secrets proxy;
  proxy.proxy = Login{};
  EXPECT_FALSE(proxy.empty());
  Secrets proxies;
  proxies.proxies = {{"http://p", {}}};
  EXPECT_FALSE(proxies.empty());
  Secrets headers;
  headers.headers = {{"Cookie", "k=v"}};
  EXPECT_FALSE(headers.empty());
}

TEST(SecretHeaders, AreThreeInAnyLetterCase) {
  for (const char* name : {"Authorization", "authorization", "COOKIE", "proxy-Authorization"}) {
    EXPECT_TRUE(is_secret_header(name)) << name;
  }
  for (const char* name : {"", "Cookie2", "X-Cookie", "Set-Cookie", "Host", "Authorization "}) {
    EXPECT_FALSE(is_secret_header(name)) << name;
  }
}

TEST(LoginForProxy, TheOneOfItsAddressGoesFirst) {
  Secrets secrets;
  secrets.proxy = Login{"any", "a"};
  secrets.proxies = {{"http://one:80", {"one", "1"}}, {"http://two:80", {"two", "2"}}};
  EXPECT_EQ(login_for_proxy(secrets, "http://two:80"), (Login{"two", "2"}));
  EXPECT_EQ(login_for_proxy(secrets, "http://three:80"), (Login{"any", "a"}));
}

TEST(LoginForProxy, TheServersIsNone) {
  Secrets secrets;
  secrets.server = Login{"ann", "pw"};
  EXPECT_EQ(login_for_proxy(secrets, "http://p:80"), std::nullopt);
}

TEST(LoginForProxy, AnotherProxysIsNone) {
  Secrets secrets;
  secrets.proxies = {{"http://p:80", {"ann", "pw"}}};
  EXPECT_EQ(login_for_proxy(secrets, "http://p:8"), std::nullopt);
}

}  // namespace
}  // namespace lh
