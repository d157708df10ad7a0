#include "unit/engine/secrets_fixture.h"

// Requests that go through an HTTP proxy, which the scripted server is here.
namespace lh {
namespace {

using test::answer;
using test::contains;
using test::proxy_login;
using test::ScriptedServer;
using test::secret_headers;
using test::server_login;
using Connection = ScriptedServer::Connection;

const std::string kChallenge = "Proxy-Authenticate: Basic realm=\"proxy\"";
const std::string kFarAway = "http://far.invalid/file.bin";

bool has_login(const std::string& request) {
  return contains(request, "\r\nProxy-Authorization: ");
}

/// Asks for a login, and takes any.
void let_through_with_login(const Connection& connection, const std::string& request) {
  connection.send(has_login(request)
                      ? answer("200 OK", {}, "hello")
                      : answer("407 Proxy Authentication Required", {kChallenge}, "who?"));
}

class ProxiesTest : public test::SecretsEngineTest {
 protected:
  [[nodiscard]] TransferPlan plan_through(const ScriptedServer& proxy,
                                          const std::string& url = kFarAway) const {
    auto planned = with_secret(plan(url));
    planned.proxy.http = proxy.url("");
    return planned;
  }
};

TEST_F(ProxiesTest, TheProxyIsAskedInPlaceOfTheServer) {
  const ScriptedServer proxy(answer("200 OK", {}, "hello"));
  complete(plan_through(proxy));
  EXPECT_TRUE(proxy.requests().at(0).starts_with("GET " + kFarAway + " HTTP/1.1\r\n"));
}

TEST_F(ProxiesTest, AnExceptionIsReachedWithoutIt) {
  const ScriptedServer server(answer("200 OK", {}, "hello"));
  const ScriptedServer proxy(answer("500 Oops", {}, ""));
  auto planned = plan_through(proxy, server.url());
  planned.proxy.exceptions = "127.0.0.1";
  complete(planned);
  EXPECT_TRUE(proxy.requests().empty());
}

TEST_F(ProxiesTest, AProxyOfAnotherSchemeIsNotUsed) {
  const ScriptedServer server(answer("200 OK", {}, "hello"));
  const ScriptedServer proxy(answer("500 Oops", {}, ""));
  auto planned = plan(server.url());
  planned.proxy.https = proxy.url("");
  complete(planned);
  EXPECT_TRUE(proxy.requests().empty());
}

TEST_F(ProxiesTest, ItsChallengeIsAnswered) {
  secrets = proxy_login("ann", "pa:ss word");
  const ScriptedServer proxy(let_through_with_login);
  complete(plan_through(proxy));
  EXPECT_TRUE(
      contains(proxy.requests().back(), "\r\nProxy-Authorization: Basic YW5uOnBhOnNzIHdvcmQ=\r\n"))
      << proxy.requests().back();
}

TEST_F(ProxiesTest, ALoginForItsAddressGoesFirst) {
  const ScriptedServer proxy(let_through_with_login);
  Secrets both = proxy_login("any", "any");
  both.proxies = {{proxy.url(""), {"ann", "pw"}}};
  secrets = both;
  complete(plan_through(proxy));
  EXPECT_TRUE(contains(proxy.requests().back(), "\r\nProxy-Authorization: Basic YW5uOnB3\r\n"))
      << proxy.requests().back();
}

TEST_F(ProxiesTest, WithoutALoginItsChallengeIsTheAnswer) {
  const ScriptedServer proxy(let_through_with_login);
  const Failure failure = fail(plan_through(proxy));
  EXPECT_EQ(failure.error.status, WebErrorStatus::ProxyAuthenticationRequired);
  EXPECT_EQ(failure.error.http_status, 407);
  EXPECT_EQ(proxy.requests().size(), 1U);
}

TEST_F(ProxiesTest, ALoginThatIsWrongIsTriedOnce) {
  secrets = proxy_login("ann", "pw");
  const ScriptedServer proxy(answer("407 Proxy Authentication Required", {kChallenge}, "no"));
  EXPECT_EQ(fail(plan_through(proxy)).error.status, WebErrorStatus::ProxyAuthenticationRequired);
  EXPECT_EQ(proxy.requests().size(), 2U);
}

TEST_F(ProxiesTest, R64_TheServersLoginIsNotForTheProxy) {
  secrets = server_login("ann", "pw");
  const ScriptedServer proxy(let_through_with_login);
  EXPECT_EQ(fail(plan_through(proxy)).error.status, WebErrorStatus::ProxyAuthenticationRequired);
  for (const std::string& request : proxy.requests()) {
    EXPECT_FALSE(contains(request, "Authorization: ")) << request;
  }
}

TEST_F(ProxiesTest, TheProxysLoginIsNotForTheServer) {
  secrets = proxy_login("ann", "pw");
  const ScriptedServer server(
      answer("401 Unauthorized", {"WWW-Authenticate: Basic realm=\"x\""}, "who?"));
  EXPECT_EQ(fail(with_secret(plan(server.url()))).error.status, WebErrorStatus::Unauthorized);
  for (const std::string& request : server.requests()) {
    EXPECT_FALSE(contains(request, "Authorization: ")) << request;
  }
}

TEST_F(ProxiesTest, TheHeaderOfTheAppsIsSentToTheProxy) {
  secrets = secret_headers({{"Proxy-Authorization", "Bearer t"}});
  const ScriptedServer proxy(answer("200 OK", {}, "hello"));
  complete(plan_through(proxy));
  EXPECT_TRUE(contains(proxy.requests().at(0), "\r\nProxy-Authorization: Bearer t\r\n"));
}

TEST_F(ProxiesTest, OneThatIsNotThereIsNamedAndTriedAgain) {
  std::string gone_url;
  {
    const ScriptedServer gone(std::string{});
    gone_url = gone.url("");
  }
  auto planned = plan(kFarAway);
  planned.proxy.http = gone_url;
  const Failure failure = fail(planned);
  EXPECT_EQ(failure.error.status, WebErrorStatus::CannotConnect);
  EXPECT_TRUE(failure.transient);
  EXPECT_TRUE(contains(failure.error.message, "the proxy " + gone_url)) << failure.error.message;
}

TEST_F(ProxiesTest, MessagesHoldNoPassword) {
  secrets = proxy_login("ann", "hunter2");
  const ScriptedServer proxy(answer("407 Proxy Authentication Required", {kChallenge}, "no"));
  EXPECT_FALSE(contains(fail(plan_through(proxy)).error.message, "hunter2"));
}

}  // namespace
}  // namespace lh
