#include "engine/curl_engine.h"

#include <algorithm>
#include <future>
#include <thread>

#include "core/http/content_disposition.h"
#include "unit/engine/engine_fixture.h"

namespace lh {
namespace {

using namespace std::chrono_literals;
using test::answer;
using test::begin_and_hold;
using test::contains;
using test::EngineTest;
using test::ScriptedServer;
using Connection = ScriptedServer::Connection;

using CurlEngineTest = EngineTest;

// ---- What is asked and what is stored

TEST_F(CurlEngineTest, StoresTheBodyOfAPlainAnswer) {
  const ScriptedServer server(answer("200 OK", {"ETag: \"v1\""}, "hello world"));
  const auto end = run(plan(server.url()));
  EXPECT_EQ(std::get<event::AttemptCompleted>(end).size, 11U);
  EXPECT_EQ(std::get<event::AttemptCompleted>(end).attempt, 7U);
  EXPECT_EQ(content(), "hello world");
  EXPECT_EQ(response().verdict, Verdict::Kind::StartOver);
  EXPECT_EQ(response().total, 11U);
  EXPECT_EQ(response().file_name, "file.bin");
  EXPECT_EQ(response().head.status, 200);
  EXPECT_EQ(response().head.uri, server.url());
  EXPECT_EQ(find_field(response().head.headers, "etag"), "\"v1\"");
  const std::vector<std::string> expected = {"ResponseArrived", "BytesArrived", "AttemptCompleted"};
  EXPECT_EQ(log.names(), expected);
}

TEST_F(CurlEngineTest, R71_AsksForIdentityEncodingAndNamesItself) {
  const ScriptedServer server(answer("200 OK", {}, "x"));
  auto planned = plan(server.url("/a/b?c=d"));
  planned.headers = {{"X-One", "1"}, {"X-Empty", ""}, {"Cookie", "k=v"}};
  run(planned);
  const std::string request = server.requests().at(0);
  EXPECT_TRUE(request.starts_with("GET /a/b?c=d HTTP/1.1\r\n"));
  EXPECT_TRUE(contains(request, "\r\nAccept-Encoding: identity\r\n"));
  EXPECT_TRUE(contains(request, "\r\nUser-Agent: longhaul/test\r\n"));
  EXPECT_TRUE(contains(request, "\r\nX-One: 1\r\n"));
  EXPECT_TRUE(contains(request, "\r\nX-Empty:\r\n"));
  EXPECT_TRUE(contains(request, "\r\nCookie: k=v\r\n"));
  EXPECT_FALSE(contains(request, "\r\nRange:"));
}

TEST_F(CurlEngineTest, TheAppsUserAgentWins) {
  const ScriptedServer server(answer("200 OK", {}, "x"));
  auto planned = plan(server.url());
  planned.headers = {{"user-agent", "mine"}};
  run(planned);
  const std::string request = server.requests().at(0);
  EXPECT_TRUE(contains(request, "\r\nuser-agent: mine\r\n"));
  EXPECT_FALSE(contains(request, "longhaul/test"));
}

TEST_F(CurlEngineTest, R56_AnyMethodCanBeUsed) {
  const ScriptedServer server(answer("200 OK", {}, "x"));
  auto planned = plan(server.url());
  planned.method = "POST";
  EXPECT_TRUE(std::holds_alternative<event::AttemptCompleted>(run(planned)));
  const std::string request = server.requests().at(0);
  EXPECT_TRUE(request.starts_with("POST /file.bin HTTP/1.1\r\n"));
  EXPECT_TRUE(contains(request, "\r\nContent-Length: 0\r\n"));
  EXPECT_FALSE(contains(request, "\r\nContent-Type:"));
}

TEST_F(CurlEngineTest, AnAnswerToHeadHasNoBody) {
  const ScriptedServer server("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
  auto planned = plan(server.url());
  planned.method = "HEAD";
  EXPECT_EQ(std::get<event::AttemptCompleted>(run(planned)).size, 0U);
}

TEST_F(CurlEngineTest, ABodyOfUnknownLengthEndsWithItsLastChunk) {
  const ScriptedServer server(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\nhello\r\n6\r\n world\r\n0\r\nX-Trailer: 1\r\n\r\n");
  EXPECT_EQ(std::get<event::AttemptCompleted>(run(plan(server.url()))).size, 11U);
  EXPECT_EQ(response().total, std::nullopt);
  EXPECT_EQ(content(), "hello world");
}

TEST_F(CurlEngineTest, ABodyWithoutALengthEndsWithTheConnection) {
  const ScriptedServer server("HTTP/1.0 200 OK\r\n\r\nhello");
  EXPECT_EQ(std::get<event::AttemptCompleted>(run(plan(server.url()))).size, 5U);
}

TEST_F(CurlEngineTest, AnEmptyBodyMakesAnEmptyFile) {
  const ScriptedServer server(answer("200 OK", {}, ""));
  EXPECT_EQ(std::get<event::AttemptCompleted>(run(plan(server.url()))).size, 0U);
  EXPECT_TRUE(folder.has(part()));
}

TEST_F(CurlEngineTest, InterimAnswersAreNotTheAnswer) {
  const ScriptedServer server("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" +
                              answer("200 OK", {}, "hello"));
  run(plan(server.url()));
  EXPECT_EQ(response().head.status, 200);
  EXPECT_FALSE(find_field(response().head.headers, "Link"));
}

TEST_F(CurlEngineTest, AnEncodedBodyIsStoredAsItCame) {
  const ScriptedServer server(answer("200 OK", {"Content-Encoding: gzip"}, "not really gzip"));
  EXPECT_TRUE(std::holds_alternative<event::AttemptCompleted>(run(plan(server.url()))));
  EXPECT_EQ(content(), "not really gzip");
}

TEST_F(CurlEngineTest, ALargeBodyArrivesWhole) {
  std::string body;
  for (int i = 0; body.size() < 3'000'000; ++i) body += std::to_string(i) + ",";
  const ScriptedServer server(answer("200 OK", {}, body));
  EXPECT_EQ(std::get<event::AttemptCompleted>(run(plan(server.url()))).size, body.size());
  EXPECT_TRUE(content() == body);
}

TEST_F(CurlEngineTest, ManyAttemptsRunAtOnce) {
  constexpr AttemptId kCount = 40;
  const ScriptedServer server([](const Connection& connection, const std::string& request) {
    const std::string path = request.substr(4, request.find(' ', 4) - 4);
    std::string body;
    while (body.size() < 300'000) body += path;
    connection.send(answer("200 OK", {}, body));
  });
  std::vector<TransferPlan> plans;
  for (AttemptId attempt = 1; attempt <= kCount; ++attempt) {
    plans.push_back(plan(server.url("/" + std::to_string(attempt))));
    plans.back().attempt = attempt;
    plans.back().id = random_guid();
    engine_->start(plans.back());
  }
  for (const auto& one : plans) {
    const auto end = log.wait_for([&](const Event& event) {
      const auto* completed = std::get_if<event::AttemptCompleted>(&event);
      return completed != nullptr && completed->attempt == one.attempt;
    });
    ASSERT_TRUE(end.has_value());
    const std::string path = "/" + std::to_string(one.attempt);
    std::string body;
    while (body.size() < 300'000) body += path;
    EXPECT_TRUE(folder.read(partial_file_name(one.id)) == body);
  }
  leave();
  EXPECT_EQ(ops.open_files, 0);
}

// ---- Names

TEST_F(CurlEngineTest, TheAppsFileNameWins) {
  const ScriptedServer server(
      answer("200 OK", {"Content-Disposition: attachment; filename=theirs.txt"}, "x"));
  auto planned = plan(server.url());
  planned.target.file_name = "mine.txt";
  run(planned);
  EXPECT_EQ(response().file_name, "mine.txt");
}

TEST_F(CurlEngineTest, TheServersFileNameIsMadeSafe) {
  const ScriptedServer server(
      answer("200 OK", {"Content-Disposition: attachment; filename=\"../../evil.txt\""}, "x"));
  run(plan(server.url()));
  EXPECT_EQ(response().file_name, sanitise_file_name("../../evil.txt"));
}

// ---- Answers that are refused

TEST_F(CurlEngineTest, R80_AnErrorStatusIsReportedAndLeavesNothingBehind) {
  const ScriptedServer server(answer("404 Not Found", {}, "no such thing"));
  const auto failed = std::get<event::AttemptFailed>(run(plan(server.url())));
  EXPECT_EQ(failed.failure.error.status, WebErrorStatus::NotFound);
  EXPECT_EQ(failed.failure.error.http_status, 404);
  EXPECT_FALSE(failed.failure.transient);
  EXPECT_EQ(failed.durable_prefix, 0U);
  EXPECT_EQ(response().head.status, 404);
  EXPECT_EQ(response().verdict, Verdict::Kind::Reject);
  EXPECT_TRUE(folder.names().empty());
}

TEST_F(CurlEngineTest, AnEndlessErrorPageIsCutOff) {
  const ScriptedServer server([](const Connection& connection, const std::string&) {
    connection.send("HTTP/1.1 500 Oops\r\n\r\n");
    while (connection.send(std::string(4096, 'x'))) {
    }
  });
  const auto failed = std::get<event::AttemptFailed>(run(plan(server.url())));
  EXPECT_EQ(failed.failure.error.http_status, 500);
  EXPECT_TRUE(failed.failure.transient);
}

TEST_F(CurlEngineTest, AnErrorStatusKeepsWhatIsThere) {
  const ScriptedServer server(answer("503 Busy", {}, "later"));
  const auto failed = std::get<event::AttemptFailed>(run(resume_plan(server.url(), "hello ")));
  EXPECT_EQ(failed.durable_prefix, 6U);
  EXPECT_EQ(content(), "hello ");
}

TEST_F(CurlEngineTest, R42_RetryAfterIsPassedOn) {
  const ScriptedServer server(answer("429 Slow Down", {"Retry-After: 17"}, ""));
  const auto failed = std::get<event::AttemptFailed>(run(plan(server.url())));
  EXPECT_TRUE(failed.failure.transient);
  EXPECT_EQ(failed.failure.retry_after, 17s);
}

TEST_F(CurlEngineTest, AnUnasked206IsInvalid) {
  const ScriptedServer server(
      answer("206 Partial Content", {"Content-Range: bytes 0-4/11"}, "hello"));
  const auto failed = std::get<event::AttemptFailed>(run(plan(server.url())));
  EXPECT_EQ(failed.failure.error.status, WebErrorStatus::ErrorHttpInvalidServerResponse);
  EXPECT_FALSE(failed.failure.transient);
  EXPECT_TRUE(folder.names().empty());
}

TEST_F(CurlEngineTest, HeadersWithoutEndAreInvalid) {
  const ScriptedServer server([](const Connection& connection, const std::string&) {
    connection.send("HTTP/1.1 200 OK\r\n");
    while (connection.send("X-Filler: " + std::string(2000, 'x') + "\r\n")) {
    }
  });
  const auto failed = std::get<event::AttemptFailed>(run(plan(server.url())));
  EXPECT_EQ(failed.failure.error.status, WebErrorStatus::ErrorHttpInvalidServerResponse);
  EXPECT_FALSE(failed.failure.transient);
}

TEST_F(CurlEngineTest, OneHeaderLineWithoutEndIsInvalid) {
  const ScriptedServer server([](const Connection& connection, const std::string&) {
    connection.send("HTTP/1.1 200 OK\r\nX-Filler: ");
    while (connection.send(std::string(4000, 'x'))) {
    }
  });
  const auto failed = std::get<event::AttemptFailed>(run(plan(server.url())));
  EXPECT_EQ(failed.failure.error.status, WebErrorStatus::ErrorHttpInvalidServerResponse);
}

TEST_F(CurlEngineTest, AnAnswerThatIsNoHttpIsInvalid) {
  const ScriptedServer server("220 ftp.example.org ready\r\n");
  const auto failed = std::get<event::AttemptFailed>(run(plan(server.url())));
  EXPECT_EQ(failed.failure.error.status, WebErrorStatus::ErrorHttpInvalidServerResponse);
  EXPECT_FALSE(failed.failure.transient);
}

// ---- Redirects

TEST_F(CurlEngineTest, R68_FollowsRedirectsAndTellsWhereTheDataCameFrom) {
  const ScriptedServer server([](const Connection& connection, const std::string& request) {
    if (request.starts_with("GET /start ")) {
      connection.send(
          answer("302 Found", {"Location: /end?token=1#part", "ETag: \"no\""}, "moved"));
    } else {
      connection.send(answer("200 OK", {}, "hello"));
    }
  });
  auto planned = plan(server.url("/start"));
  planned.headers = {{"Authorization", "secret"}};
  EXPECT_TRUE(std::holds_alternative<event::AttemptCompleted>(run(planned)));
  EXPECT_EQ(content(), "hello");
  EXPECT_EQ(response().head.uri, server.url("/end?token=1"));
  EXPECT_FALSE(find_field(response().head.headers, "ETag"));
  EXPECT_EQ(response().file_name, "start");
  EXPECT_TRUE(contains(server.requests().at(1), "\r\nAuthorization: secret\r\n"));
}

TEST_F(CurlEngineTest, R68_SecretsDoNotGoToAnotherOrigin) {
  const ScriptedServer other(answer("200 OK", {}, "hello"));
  const ScriptedServer server(answer("307 Temporary Redirect", {"Location: " + other.url()}, ""));
  auto planned = plan(server.url());
  planned.headers = {{"Authorization", "secret"}, {"Cookie", "k=v"}, {"X-Plain", "stays"}};
  run(planned);
  const std::string request = other.requests().at(0);
  EXPECT_FALSE(contains(request, "secret"));
  EXPECT_FALSE(contains(request, "k=v"));
  EXPECT_TRUE(contains(request, "\r\nX-Plain: stays\r\n"));
}

TEST_F(CurlEngineTest, R67_CookiesSetByARedirectAreSentOn) {
  const ScriptedServer server([](const Connection& connection, const std::string& request) {
    if (request.starts_with("GET /start ")) {
      connection.send(answer("302 Found", {"Location: /end", "Set-Cookie: seen=yes; Path=/"}, ""));
    } else {
      connection.send(answer("200 OK", {}, "hello"));
    }
  });
  run(plan(server.url("/start")));
  EXPECT_TRUE(contains(server.requests().at(1), "\r\nCookie: seen=yes\r\n"));
}

TEST_F(CurlEngineTest, ARangeIsAskedForAfterARedirectToo) {
  const ScriptedServer server([](const Connection& connection, const std::string& request) {
    if (request.starts_with("GET /start ")) {
      connection.send(answer("302 Found", {"Location: /end"}, ""));
    } else {
      connection.send(
          answer("206 Partial Content", {"ETag: \"v1\"", "Content-Range: bytes 6-10/11"}, "world"));
    }
  });
  run(resume_plan(server.url("/start"), "hello "));
  EXPECT_TRUE(contains(server.requests().at(1), "\r\nRange: bytes=6-\r\n"));
  EXPECT_EQ(content(), "hello world");
}

TEST_F(CurlEngineTest, R68_ALoopOfRedirectsEnds) {
  const ScriptedServer server(answer("301 Moved Permanently", {"Location: /again"}, ""));
  const auto failed = std::get<event::AttemptFailed>(run(plan(server.url())));
  EXPECT_EQ(failed.failure.error.status, WebErrorStatus::RedirectFailed);
  EXPECT_FALSE(failed.failure.transient);
  EXPECT_EQ(server.requests().size(), 21U);
  EXPECT_TRUE(folder.names().empty());
}

// ---- Stopping

TEST_F(CurlEngineTest, WhatIsKnownDoesNotWaitForABodyOfNoUse) {
  const ScriptedServer server([](const Connection& connection, const std::string&) {
    connection.send("HTTP/1.1 200 OK\r\nETag: \"v2\"\r\nContent-Length: 1000\r\n\r\nab");
    connection.hold();
  });
  auto planned = resume_plan(server.url(), "hello ");
  planned.stall_timeout = 50ms;
  EXPECT_EQ(std::get<event::AttemptRefusedRange>(run(planned)).status, 200);
}

TEST_F(CurlEngineTest, NorDoesTheTargetOfARedirect) {
  const ScriptedServer target(answer("200 OK", {}, "hello"));
  const ScriptedServer server([&](const Connection& connection, const std::string&) {
    connection.send("HTTP/1.1 302 Found\r\nLocation: " + target.url() +
                    "\r\nContent-Length: 1000\r\n\r\nab");
    connection.hold();
  });
  auto planned = plan(server.url());
  planned.stall_timeout = 50ms;
  EXPECT_EQ(std::get<event::AttemptCompleted>(run(planned)).size, 5U);
}

TEST_F(CurlEngineTest, NobodyVouchesForAFileThatCouldNotBeReplaced) {
  const ScriptedServer server(answer("200 OK", {"ETag: \"v2\""}, "hello"));
  folder.write(part(), "HELLO, of an earlier version");
  ops.unlink_errno = EDQUOT;
  EXPECT_TRUE(std::holds_alternative<event::AttemptDiskFull>(run(plan(server.url()))));
  EXPECT_TRUE(log.all<event::ResponseArrived>().empty());
  EXPECT_EQ(content(), "HELLO, of an earlier version");
}

TEST_F(CurlEngineTest, AStopKeepsWhatHasCome) {
  const ScriptedServer server(begin_and_hold);
  engine_->start(plan(server.url()));
  ASSERT_TRUE(log.wait_for<event::BytesArrived>());
  engine_->stop(7);
  EXPECT_EQ(std::get<event::AttemptStopped>(wait_for_end()).durable_prefix, 5U);
  EXPECT_EQ(content(), "hello");
  EXPECT_GE(ops.fdatasyncs, 1);
}

TEST_F(CurlEngineTest, AStopBeforeTheAnswerKeepsWhatWasThere) {
  std::promise<void> asked;
  const ScriptedServer server([&](const Connection& connection, const std::string&) {
    asked.set_value();
    connection.hold();
  });
  engine_->start(resume_plan(server.url(), "hello "));
  asked.get_future().wait();
  engine_->stop(7);
  EXPECT_EQ(std::get<event::AttemptStopped>(wait_for_end()).durable_prefix, 6U);
}

TEST_F(CurlEngineTest, AStopRightAfterTheStartIsAnswered) {
  const ScriptedServer server(begin_and_hold);
  engine_->start(resume_plan(server.url(), "hello "));
  engine_->stop(7);
  EXPECT_EQ(std::get<event::AttemptStopped>(wait_for_end()).durable_prefix, 6U);
}

TEST_F(CurlEngineTest, StoppingAnUnknownAttemptDoesNothing) {
  engine_->stop(99);
  const ScriptedServer server(answer("200 OK", {}, "x"));
  EXPECT_TRUE(std::holds_alternative<event::AttemptCompleted>(run(plan(server.url()))));
}

TEST_F(CurlEngineTest, LeavingEndsAttemptsWithoutEvents) {
  const ScriptedServer server(begin_and_hold);
  engine_->start(plan(server.url()));
  ASSERT_TRUE(log.wait_for<event::BytesArrived>());
  leave();
  EXPECT_TRUE(std::ranges::none_of(log.events(), test::is_end));
  EXPECT_EQ(ops.open_files, 0);
}

// ---- Progress and checkpoints

TEST_F(CurlEngineTest, R25_ReportsAreMergedButTheLastIsNotLost) {
  const ScriptedServer server([](const Connection& connection, const std::string&) {
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n");
    connection.send(std::string(2'000'000, 'x'));
    connection.hold();
  });
  auto planned = plan(server.url());
  planned.progress_interval = 20ms;
  const auto begin = std::chrono::steady_clock::now();
  engine_->start(planned);
  ASSERT_TRUE(log.wait_for([](const Event& event) {
    const auto* bytes = std::get_if<event::BytesArrived>(&event);
    return bytes != nullptr && bytes->received == 2'000'000;
  }));
  const auto intervals = (std::chrono::steady_clock::now() - begin) / planned.progress_interval;
  EXPECT_LE(static_cast<std::intmax_t>(log.all<event::BytesArrived>().size()), intervals + 2);
}

TEST_F(CurlEngineTest, ACheckpointIsReportedOnceItsBytesAreSynced) {
  const ScriptedServer server(begin_and_hold);
  auto planned = plan(server.url());
  planned.checkpoint_interval = 10ms;
  engine_->start(planned);
  const auto checkpoint = log.wait_for<event::Checkpointed>();
  ASSERT_TRUE(checkpoint);
  EXPECT_EQ(checkpoint->prefix, 5U);
  EXPECT_GE(ops.fdatasyncs, 1);
  engine_->stop(7);
  EXPECT_EQ(std::get<event::AttemptStopped>(wait_for_end()).durable_prefix, 5U);
}

}  // namespace
}  // namespace lh
