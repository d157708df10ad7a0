#include <future>

#include "unit/engine/secrets_fixture.h"

// Logins, cookies and secret headers, and the stores they come from.
namespace lh {
namespace {

using namespace std::chrono_literals;
using test::answer;
using test::contains;
using test::ScriptedServer;
using test::secret_headers;
using test::server_login;
using Connection = ScriptedServer::Connection;

const std::string kChallenge = "WWW-Authenticate: Basic realm=\"files\"";

bool has_login(const std::string& request) {
  return contains(request, "\r\nAuthorization: ");
}

/// Asks for a login, and takes any.
void let_in_with_login(const Connection& connection, const std::string& request) {
  connection.send(has_login(request) ? answer("200 OK", {}, "hello")
                                     : answer("401 Unauthorized", {kChallenge}, "who?"));
}

class LoginsTest : public test::SecretsEngineTest {
 protected:
  LoginsTest() { secrets = server_login("ann", "pa:ss word"); }
};

// ---- Challenges

TEST_F(LoginsTest, R64_AChallengeIsAnswered) {
  const ScriptedServer server(let_in_with_login);
  complete(with_secret(plan(server.url())));
  EXPECT_EQ(content(), "hello");
}

TEST_F(LoginsTest, R64_TheLoginIsSentAsItIs) {
  const ScriptedServer server(let_in_with_login);
  complete(with_secret(plan(server.url())));
  ASSERT_EQ(server.requests().size(), 2U);
  EXPECT_TRUE(
      contains(server.requests().at(1), "\r\nAuthorization: Basic YW5uOnBhOnNzIHdvcmQ=\r\n"))
      << server.requests().at(1);
}

TEST_F(LoginsTest, R64_ItIsNotGivenToAServerThatDoesNotAsk) {
  const ScriptedServer server(answer("200 OK", {}, "hello"));
  complete(with_secret(plan(server.url())));
  ASSERT_EQ(server.requests().size(), 1U);
  EXPECT_FALSE(has_login(server.requests().at(0)));
}

TEST_F(LoginsTest, TheChallengeIsNotTheAnswer) {
  const ScriptedServer server(let_in_with_login);
  complete(with_secret(plan(server.url())));
  EXPECT_EQ(response().head.status, 200);
}

TEST_F(LoginsTest, R65_ALoginThatIsWrongIsUnauthorized) {
  const ScriptedServer server(answer("401 Unauthorized", {kChallenge}, "no"));
  const Failure failure = fail(with_secret(plan(server.url())));
  EXPECT_EQ(failure.error.status, WebErrorStatus::Unauthorized);
  EXPECT_EQ(failure.error.http_status, 401);
  EXPECT_FALSE(failure.transient);
}

TEST_F(LoginsTest, R65_ALoginThatIsWrongIsTriedOnce) {
  const ScriptedServer server(answer("401 Unauthorized", {kChallenge}, "no"));
  fail(with_secret(plan(server.url())));
  EXPECT_EQ(server.requests().size(), 2U);
}

TEST_F(LoginsTest, R80_TheLastChallengeIsShown) {
  const ScriptedServer server(answer("401 Unauthorized", {kChallenge, "X-Why: no"}, "no"));
  fail(with_secret(plan(server.url())));
  EXPECT_EQ(response().head.status, 401);
  EXPECT_EQ(response().verdict, Verdict::Kind::Reject);
  EXPECT_EQ(find_field(response().head.headers, "X-Why"), "no");
}

TEST_F(LoginsTest, WithoutALoginAChallengeIsTheAnswer) {
  secrets = Secrets();
  const ScriptedServer server(answer("401 Unauthorized", {kChallenge}, "no"));
  EXPECT_EQ(fail(with_secret(plan(server.url()))).error.status, WebErrorStatus::Unauthorized);
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(LoginsTest, AChallengeThatNoLoginAnswersIsTheAnswer) {
  const ScriptedServer server(answer("401 Unauthorized", {"WWW-Authenticate: Odd"}, "no"));
  EXPECT_EQ(fail(with_secret(plan(server.url()))).error.status, WebErrorStatus::Unauthorized);
  EXPECT_FALSE(has_login(server.requests().back()));
}

// The login was never sent, so nobody has refused it.
TEST_F(LoginsTest, AChallengeWhoseBodyDoesNotEndTimesOut) {
  const ScriptedServer server([](const Connection& connection, const std::string&) {
    connection.send("HTTP/1.1 401 Unauthorized\r\n" + kChallenge +
                    "\r\nContent-Length: 1000000\r\n\r\nno");
    connection.hold();
  });
  auto planned = with_secret(plan(server.url()));
  planned.connect_timeout = 50ms;
  planned.stall_timeout = 50ms;
  const Failure failure = fail(planned);
  EXPECT_EQ(failure.error.status, WebErrorStatus::Timeout);
  EXPECT_TRUE(failure.transient);
}

TEST_F(LoginsTest, AChallengeIsNoReasonToTouchWhatIsThere) {
  const ScriptedServer server(answer("401 Unauthorized", {kChallenge}, "no"));
  const auto failed =
      std::get<event::AttemptFailed>(run(with_secret(resume_plan(server.url(), "hello "))));
  EXPECT_EQ(failed.durable_prefix, 6U);
  EXPECT_EQ(content(), "hello ");
}

TEST_F(LoginsTest, ARangeIsAskedForWithTheLoginToo) {
  const ScriptedServer server([](const Connection& connection, const std::string& request) {
    connection.send(has_login(request)
                        ? answer("206 Partial Content",
                                 {"ETag: \"v1\"", "Content-Range: bytes 6-10/11"}, "world")
                        : answer("401 Unauthorized", {kChallenge}, "who?"));
  });
  complete(with_secret(resume_plan(server.url(), "hello ")));
  EXPECT_EQ(content(), "hello world");
}

TEST_F(LoginsTest, MessagesHoldNoPassword) {
  const ScriptedServer server(answer("401 Unauthorized", {kChallenge}, "no"));
  const std::string message = fail(with_secret(plan(server.url()))).error.message;
  EXPECT_FALSE(contains(message, "pa:ss"));
  EXPECT_FALSE(contains(message, "ann"));
}

// ---- Redirects

TEST_F(LoginsTest, R68_AnotherOriginIsNotGivenTheLogin) {
  const ScriptedServer other(answer("200 OK", {}, "hello"));
  const ScriptedServer server([&other](const Connection& connection, const std::string& request) {
    connection.send(has_login(request) ? answer("302 Found", {"Location: " + other.url()}, "")
                                       : answer("401 Unauthorized", {kChallenge}, "who?"));
  });
  complete(with_secret(plan(server.url())));
  ASSERT_EQ(other.requests().size(), 1U);
  EXPECT_FALSE(has_login(other.requests().at(0)));
}

TEST_F(LoginsTest, R68_AnotherOriginIsNotGivenTheLoginWhenItAsks) {
  const ScriptedServer other(let_in_with_login);
  const ScriptedServer server(answer("302 Found", {"Location: " + other.url()}, ""));
  EXPECT_EQ(fail(with_secret(plan(server.url()))).error.status, WebErrorStatus::Unauthorized);
  ASSERT_EQ(other.requests().size(), 1U);
  EXPECT_FALSE(has_login(other.requests().at(0)));
}

TEST_F(LoginsTest, R68_TheWayBackFromThereIsNotGivenTheLogin) {
  std::promise<std::string> way_back;
  const ScriptedServer other(
      [back = way_back.get_future().share()](const Connection& connection, const std::string&) {
        connection.send(answer("302 Found", {"Location: " + back.get()}, ""));
      });
  const ScriptedServer server([&other](const Connection& connection, const std::string& request) {
    if (contains(request, "/back")) return let_in_with_login(connection, request);
    connection.send(answer("302 Found", {"Location: " + other.url()}, ""));
  });
  way_back.set_value(server.url("/back"));
  EXPECT_EQ(fail(with_secret(plan(server.url()))).error.status, WebErrorStatus::Unauthorized);
  EXPECT_FALSE(has_login(server.requests().back()));
}

TEST_F(LoginsTest, R68_TheLoginIsGivenWithinItsOrigin) {
  const ScriptedServer server([](const Connection& connection, const std::string& request) {
    if (contains(request, "/end")) return let_in_with_login(connection, request);
    connection.send(answer("302 Found", {"Location: /end"}, ""));
  });
  complete(with_secret(plan(server.url())));
  EXPECT_EQ(content(), "hello");
}

// ---- Secret headers

TEST_F(LoginsTest, SecretHeadersAreSentWithTheOthers) {
  secrets = secret_headers({{"Authorization", "Bearer t"}, {"Cookie", "k=v"}});
  const ScriptedServer server(answer("200 OK", {}, "hello"));
  auto planned = with_secret(plan(server.url()));
  planned.headers = {{"X-Plain", "1"}};
  complete(planned);
  const std::string request = server.requests().at(0);
  EXPECT_TRUE(contains(request, "\r\nAuthorization: Bearer t\r\n"));
  EXPECT_TRUE(contains(request, "\r\nCookie: k=v\r\n"));
  EXPECT_TRUE(contains(request, "\r\nX-Plain: 1\r\n"));
}

TEST_F(LoginsTest, R68_SecretHeadersDoNotGoToAnotherOrigin) {
  secrets = secret_headers({{"Authorization", "Bearer t"}, {"Cookie", "k=v"}});
  const ScriptedServer other(answer("200 OK", {}, "hello"));
  const ScriptedServer server(answer("302 Found", {"Location: " + other.url()}, ""));
  complete(with_secret(plan(server.url())));
  const std::string request = other.requests().at(0);
  EXPECT_FALSE(has_login(request));
  EXPECT_FALSE(contains(request, "\r\nCookie:"));
}

TEST_F(LoginsTest, TheProxysHeaderDoesNotGoToTheServer) {
  secrets = secret_headers({{"Proxy-Authorization", "Basic x"}});
  const ScriptedServer server(answer("200 OK", {}, "hello"));
  complete(with_secret(plan(server.url())));
  EXPECT_FALSE(contains(server.requests().at(0), "Proxy-Authorization"));
}

// ---- Where secrets come from

TEST_F(LoginsTest, TheEntryOfThePlanIsAskedForOnce) {
  const ScriptedServer server(let_in_with_login);
  complete(with_secret(plan(server.url())));
  EXPECT_EQ(asked(), std::vector{secret_id});
}

TEST_F(LoginsTest, WithoutAnEntryNobodyIsAsked) {
  const ScriptedServer server(answer("200 OK", {}, "hello"));
  complete(plan(server.url()));
  EXPECT_TRUE(asked().empty());
}

TEST_F(LoginsTest, SecretsThatCannotBeReadNowAreWaitedFor) {
  secrets = Error{ErrorKind::Unavailable, 0, {}, {}, "the keyring is locked"};
  const ScriptedServer server(answer("200 OK", {}, "hello"));
  const Failure failure = fail(with_secret(plan(server.url())));
  EXPECT_TRUE(failure.transient);
  EXPECT_FALSE(failure.counts) << "however long the user is away";
  EXPECT_TRUE(failure.retry_after.has_value());
  EXPECT_EQ(failure.error.kind, ErrorKind::Unavailable)
      << "it is not the server that makes it wait";
  EXPECT_TRUE(contains(failure.error.message, "the keyring is locked")) << failure.error.message;
}

TEST_F(LoginsTest, SecretsThatAreDamagedAreFinalAndTheirPlaceIsNamed) {
  secrets = Error{ErrorKind::File, 27, "read", "/state/secrets/x", {}};
  const ScriptedServer server(answer("200 OK", {}, "hello"));
  const Failure failure = fail(with_secret(plan(server.url())));
  EXPECT_EQ(failure.error.status, WebErrorStatus::Unauthorized);
  EXPECT_FALSE(failure.transient);
  EXPECT_TRUE(contains(failure.error.message, "/state/secrets/x")) << failure.error.message;
}

TEST_F(LoginsTest, SecretsThatAreGoneAreFinal) {
  secrets = Error{ErrorKind::NotFound, 0, {}, {}, "there is no entry"};
  const ScriptedServer server(answer("200 OK", {}, "hello"));
  const Failure failure = fail(with_secret(plan(server.url())));
  EXPECT_EQ(failure.error.status, WebErrorStatus::Unauthorized);
  EXPECT_FALSE(failure.transient);
}

TEST_F(LoginsTest, NothingIsSentWithoutTheSecrets) {
  secrets = Error{ErrorKind::Unavailable, 0, {}, {}, "the keyring is locked"};
  const ScriptedServer server(answer("200 OK", {}, "hello"));
  fail(with_secret(plan(server.url())));
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(LoginsTest, SecretsThatCannotBeReadNowCostNoBytes) {
  secrets = Error{ErrorKind::Unavailable, 0, {}, {}, "the keyring is locked"};
  const ScriptedServer server(answer("200 OK", {}, "hello"));
  const auto failed =
      std::get<event::AttemptFailed>(run(with_secret(resume_plan(server.url(), "hello "))));
  EXPECT_EQ(failed.durable_prefix, 6U) << "what is claimed as durable is lost to the next attempt";
}

/// Stops an attempt that waits for its secrets, which come afterwards.
class StopWhileAskingTest : public LoginsTest {
 protected:
  event::AttemptStopped stop_while_asking(TransferPlan planned) {
    const auto asked_for = std::make_shared<std::promise<Answer>>();
    tell = [asked_for](const Answer& done) { asked_for->set_value(done); };
    auto waiting = asked_for->get_future();
    const AttemptId attempt = planned.attempt;
    start(std::move(planned));
    if (waiting.wait_for(20s) != std::future_status::ready) {
      ADD_FAILURE() << "no secrets are asked for";
      return {};
    }
    engine_->stop(attempt);
    waiting.get()(secrets);
    const Event end = wait_for_end();
    const auto* stopped = std::get_if<event::AttemptStopped>(&end);
    EXPECT_NE(stopped, nullptr) << event_name(end);
    return stopped == nullptr ? event::AttemptStopped{} : *stopped;
  }
};

TEST_F(StopWhileAskingTest, R29_NothingIsSentAfterwards) {
  const ScriptedServer server(answer("200 OK", {}, "hello"));
  stop_while_asking(with_secret(plan(server.url())));
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(StopWhileAskingTest, R29_ItCostsNoBytes) {
  const ScriptedServer server(answer("200 OK", {}, "hello"));
  const auto stopped = stop_while_asking(with_secret(resume_plan(server.url(), "hello ")));
  EXPECT_EQ(stopped.durable_prefix, 6U);
}

// ---- Cookies

/// Two attempts, of which the first is told to come again with a cookie.
class CookiesTest : public test::SecretsEngineTest {
 protected:
  static void set_cookie_at_first(const Connection& connection, const std::string& request) {
    connection.send(contains(request, "/first")
                        ? answer("503 Busy", {"Set-Cookie: seen=yes; Path=/"}, "later")
                        : answer("200 OK", {}, "hello"));
  }
  void run_both(const TransferPlan& first, const TransferPlan& second) {
    start(first);
    ASSERT_TRUE(log.wait_for<event::AttemptFailed>());
    start(second);
    ASSERT_TRUE(log.wait_for<event::AttemptCompleted>());
    leave();
  }
  [[nodiscard]] TransferPlan second_plan(const std::string& url) const {
    auto second = plan(url);
    second.attempt = 8;
    return second;
  }

  const ScriptedServer server{set_cookie_at_first};
};

TEST_F(CookiesTest, R67_AreKeptForTheNextAttempt) {
  run_both(plan(server.url("/first")), second_plan(server.url("/second")));
  EXPECT_TRUE(contains(server.requests().back(), "\r\nCookie: seen=yes\r\n"));
}

TEST_F(CookiesTest, R67_AreNoOtherOperations) {
  auto other = second_plan(server.url("/second"));
  other.id = random_guid();
  run_both(plan(server.url("/first")), other);
  EXPECT_FALSE(contains(server.requests().back(), "\r\nCookie:"));
}

}  // namespace
}  // namespace lh
