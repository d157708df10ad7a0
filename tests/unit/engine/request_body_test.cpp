#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <mutex>
#include <vector>

#include "engine/curl_engine.h"
#include "files/body_source.h"
#include "unit/engine/engine_fixture.h"

// What requests send: R57, and where redirects lead it: R68.
namespace lh {
namespace {

using test::answer;
using test::contains;
using test::EngineTest;
using test::ScriptedServer;
using Connection = ScriptedServer::Connection;

constexpr std::size_t kLarge = 32UL * 1024 * 1024;  // more than lies in the buffers of a connection

std::size_t length_of(const std::string& request) {
  const std::string name = "\r\nContent-Length: ";
  const auto at = request.find(name);
  return at == std::string::npos ? 0 : std::stoul(request.substr(at + name.size()));
}

class RequestBodyTest : public EngineTest {
 protected:
  [[nodiscard]] TransferPlan sending(const std::string& url, const std::string& content,
                                     const std::string& method = "POST") {
    folder.write("body", content);
    TransferPlan planned = plan(url);
    planned.method = method;
    auto body = inspect_body(ops, folder.path("body"));
    EXPECT_TRUE(body) << (body ? "" : body.error().message());
    if (body) planned.body = *body;
    return planned;
  }
  /// Takes down what comes with the requests, then does what `then` does.
  [[nodiscard]] ScriptedServer::Script listening(ScriptedServer::Script then) {
    return
        [this, then = std::move(then)](const Connection& connection, const std::string& request) {
          if (contains(request, "Expect: 100-continue")) {
            connection.send("HTTP/1.1 100 Continue\r\n\r\n");
          }
          std::string content = connection.read_content(length_of(request));
          {
            const std::lock_guard lock(mutex_);
            contents_.push_back(std::move(content));
          }
          then(connection, request);
        };
  }
  [[nodiscard]] ScriptedServer::Script listening(std::string said) {
    return listening([said = std::move(said)](const Connection& connection, const std::string&) {
      connection.send(said);
    });
  }
  /// Redirects what is asked for /file.bin, and answers the rest.
  [[nodiscard]] ScriptedServer::Script redirecting(const std::string& status) {
    return listening([status](const Connection& connection, const std::string& request) {
      const bool is_first = contains(request, " /file.bin ");
      connection.send(is_first ? answer(status, {"Location: /there"}, "")
                               : answer("200 OK", {}, "hello"));
    });
  }
  [[nodiscard]] std::vector<std::string> contents() const {
    const std::lock_guard lock(mutex_);
    return contents_;
  }
  void complete(TransferPlan planned) {
    const Event end = run(std::move(planned));
    const auto* failed = std::get_if<event::AttemptFailed>(&end);
    EXPECT_TRUE(std::holds_alternative<event::AttemptCompleted>(end))
        << event_name(end) << (failed == nullptr ? "" : ": " + failed->failure.error.message);
  }
  Failure fail(TransferPlan planned) {
    const Event end = run(std::move(planned));
    const auto* failed = std::get_if<event::AttemptFailed>(&end);
    EXPECT_NE(failed, nullptr) << event_name(end);
    return failed == nullptr ? Failure() : failed->failure;
  }
  void expect_changed(const Failure& failure) const {
    EXPECT_EQ(failure.error.kind, ErrorKind::File) << failure.error.message;
    EXPECT_FALSE(failure.transient);
    EXPECT_TRUE(contains(failure.error.message, "the file has changed since"))
        << failure.error.message;
    EXPECT_TRUE(contains(failure.error.message, folder.path("body"))) << failure.error.message;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> contents_;
};

// --- what is sent --------------------------------------------------------------------------------

TEST_F(RequestBodyTest, R57_TheContentIsSentWithItsLengthAndNothingIsSaidOfItsType) {
  const ScriptedServer server(listening(answer("200 OK", {}, "hello")));
  complete(sending(server.url(), std::string("a\0b\r\n\r\n", 7)));
  ASSERT_EQ(server.requests().size(), 1U);
  const std::string request = server.requests().front();
  EXPECT_TRUE(request.starts_with("POST /file.bin HTTP/1.1\r\n")) << request;
  EXPECT_TRUE(contains(request, "\r\nContent-Length: 7\r\n")) << request;
  for (const char* field : {"Content-Type", "Transfer-Encoding", "Expect"}) {
    EXPECT_FALSE(contains(request, field)) << request;
  }
  EXPECT_EQ(contents().front(), std::string("a\0b\r\n\r\n", 7));
  EXPECT_EQ(content(), "hello");
}

TEST_F(RequestBodyTest, R57_TheMethodIsNotChangedByIt) {
  const ScriptedServer server(listening(answer("404 Not Found", {}, "")));
  AttemptId attempt = 100;
  for (const std::string method : {"GET", "PUT", "PATCH", "DELETE", "SEARCH-IT"}) {
    TransferPlan planned = sending(server.url(), "what", method);
    planned.attempt = ++attempt;
    start(planned);
    ASSERT_TRUE(log.wait_for([attempt](const Event& event) {
      const auto* failed = std::get_if<event::AttemptFailed>(&event);
      return failed != nullptr && failed->attempt == attempt;
    })) << method;
    EXPECT_TRUE(server.requests().back().starts_with(method + " /")) << server.requests().back();
    EXPECT_EQ(contents().back(), "what") << method;
  }
}

TEST_F(RequestBodyTest, R57_AnEmptyFileIsAContentOfNoBytes) {
  const ScriptedServer server(listening(answer("200 OK", {}, "hello")));
  complete(sending(server.url(), ""));
  const std::string request = server.requests().front();
  EXPECT_TRUE(contains(request, "\r\nContent-Length: 0\r\n")) << request;
  EXPECT_FALSE(contains(request, "Content-Type")) << request;
}

TEST_F(RequestBodyTest, R57_ALargeContentArrivesByteForByte) {
  std::string large(kLarge, '\0');
  for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i * 31 >> 7);
  const ScriptedServer server(listening(answer("200 OK", {}, "hello")));
  complete(sending(server.url(), large));
  ASSERT_EQ(contents().size(), 1U);
  EXPECT_TRUE(contents().front() == large);
}

TEST_F(RequestBodyTest, AServerThatDoesNotWantALargeContentIsHeard) {
  const ScriptedServer server([](const Connection& connection, const std::string&) {
    connection.send(answer("413 Content Too Large", {}, "no"));
  });
  const Failure failure = fail(sending(server.url(), std::string(kLarge, 'x')));
  EXPECT_EQ(failure.error.http_status, 413) << failure.error.message;
}

TEST_F(RequestBodyTest, AServerThatAnswersEarlyDoesNotTakeTheNextRequestForTheRest) {
  std::promise<std::string> rest;
  const ScriptedServer server([&rest](const Connection& connection, const std::string& request) {
    if (!contains(request, " /first ")) return (void)connection.send(answer("200 OK", {}, "hello"));
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    rest.set_value(connection.read_content(length_of(request)));
  });
  const auto completed = [](AttemptId attempt) {
    return [attempt](const Event& event) {
      const auto* end = std::get_if<event::AttemptCompleted>(&event);
      return end != nullptr && end->attempt == attempt;
    };
  };
  TransferPlan first = sending(server.url("/first"), std::string(kLarge, 'x'));
  first.attempt = 1;
  start(first);
  ASSERT_TRUE(log.wait_for(completed(1)));
  TransferPlan next = plan(server.url("/next"));
  next.attempt = 2;
  start(next);
  EXPECT_FALSE(contains(rest.get_future().get(), "/next"));
  EXPECT_TRUE(log.wait_for(completed(2)));
}

TEST_F(RequestBodyTest, AServerThatDoesNotKnowExpectIsAskedWithout) {
  // RFC 9110, section 15.5.18.
  const ScriptedServer server([this](const Connection& connection, const std::string& request) {
    if (contains(request, "Expect: 100-continue")) {
      connection.send("HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n");
      return;
    }
    listening(answer("200 OK", {}, "hello"))(connection, request);
  });
  complete(sending(server.url(), std::string(kLarge, 'x')));
  EXPECT_EQ(server.requests().size(), 2U);
  ASSERT_EQ(contents().size(), 1U);
  EXPECT_EQ(contents().front().size(), kLarge);
}

TEST_F(RequestBodyTest, AStopDoesNotWaitForAServerThatReadsNoMore) {
  std::promise<void> begun;
  std::promise<void> stopped;
  const ScriptedServer server([&begun, gate = stopped.get_future().share()](
                                  const Connection& connection, const std::string&) {
    connection.send("HTTP/1.1 100 Continue\r\n\r\n");
    static_cast<void>(connection.read_content(1));
    begun.set_value();
    gate.wait();
  });
  start(sending(server.url(), std::string(kLarge, 'x')));
  begun.get_future().wait();
  engine_->stop(7);
  EXPECT_TRUE(log.wait_for<event::AttemptStopped>());
  stopped.set_value();
  EXPECT_TRUE(std::holds_alternative<event::AttemptStopped>(wait_for_end()));
}

// --- files that change ---------------------------------------------------------------------------

TEST_F(RequestBodyTest, R57_AChangedFileFailsTheAttemptBeforeAnythingIsAsked) {
  const ScriptedServer server(listening(answer("200 OK", {}, "hello")));
  const TransferPlan planned = sending(server.url(), "what it was");
  folder.write("body", "what it is now");
  expect_changed(fail(planned));
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(RequestBodyTest, R57_AVanishedFileFailsTheAttemptBeforeAnythingIsAsked) {
  const ScriptedServer server(listening(answer("200 OK", {}, "hello")));
  const TransferPlan planned = sending(server.url(), "what it was");
  std::filesystem::remove(folder.path("body"));
  const Failure failure = fail(planned);
  EXPECT_EQ(failure.error.kind, ErrorKind::File);
  EXPECT_FALSE(failure.transient);
  EXPECT_TRUE(contains(failure.error.message, folder.path("body"))) << failure.error.message;
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(RequestBodyTest, R57_AFileThatChangesWhileItIsSentIsNeverSentAsAWhole) {
  const ScriptedServer server([this](const Connection& connection, const std::string& request) {
    connection.send("HTTP/1.1 100 Continue\r\n\r\n");
    std::string got = connection.read_content(1);
    std::ofstream(folder.path("body"), std::ios::app | std::ios::binary) << "more";
    got += connection.read_content(length_of(request) - 1);
    EXPECT_LT(got.size(), kLarge);
    connection.send(answer("200 OK", {}, "it was enough for me"));
  });
  expect_changed(fail(sending(server.url(), std::string(kLarge, 'x'))));
}

TEST_F(RequestBodyTest, R57_AFileThatCannotBeReadOnFailsTheAttempt) {
  const ScriptedServer server([this](const Connection& connection, const std::string& request) {
    connection.send("HTTP/1.1 100 Continue\r\n\r\n");
    const std::string first = connection.read_content(1);
    ops.pread_errno = EIO;
    EXPECT_LT(first.size() + connection.read_content(length_of(request) - 1).size(), kLarge);
  });
  const Failure failure = fail(sending(server.url(), std::string(kLarge, 'x')));
  EXPECT_EQ(failure.error.kind, ErrorKind::File) << failure.error.message;
  EXPECT_TRUE(contains(failure.error.message, folder.path("body"))) << failure.error.message;
}

TEST_F(RequestBodyTest, R57_AFileThatChangesBehindARedirectIsNotSentAgain) {
  const ScriptedServer server(listening([this](const Connection& connection, const std::string&) {
    std::ofstream(folder.path("body"), std::ios::app | std::ios::binary) << "more";
    connection.send(answer("307 Temporary Redirect", {"Location: /there"}, ""));
  }));
  expect_changed(fail(sending(server.url(), "what it was")));
  const auto got = contents();
  ASSERT_FALSE(got.empty());
  EXPECT_EQ(got.front(), "what it was");
  for (std::size_t i = 1; i < got.size(); ++i) EXPECT_LT(got[i].size(), got.front().size());
}

// --- redirects -----------------------------------------------------------------------------------

TEST_F(RequestBodyTest, R68_ARedirectThatKeepsTheMethodSendsTheContentAgain) {
  const ScriptedServer server(redirecting("307 Temporary Redirect"));
  TransferPlan planned = sending(server.url(), "what");
  planned.headers = {{"Content-Type", "text/plain"}};
  complete(planned);
  ASSERT_EQ(server.requests().size(), 2U);
  const std::string second = server.requests().back();
  EXPECT_TRUE(second.starts_with("POST /there ")) << second;
  EXPECT_TRUE(contains(second, "\r\nContent-Length: 4\r\n")) << second;
  EXPECT_TRUE(contains(second, "\r\nContent-Type: text/plain\r\n")) << second;
  EXPECT_EQ(contents(), (std::vector<std::string>{"what", "what"}));
}

TEST_F(RequestBodyTest, R68_ALargeContentIsSentAgainFromItsBeginning) {
  const ScriptedServer server(redirecting("308 Permanent Redirect"));
  complete(sending(server.url(), std::string(kLarge, 'x')));
  const auto got = contents();
  ASSERT_EQ(got.size(), 2U);
  EXPECT_EQ(got[0].size(), kLarge);
  EXPECT_EQ(got[1].size(), kLarge);
}

TEST_F(RequestBodyTest, R68_ARedirectThatChangesTheMethodDropsTheContentAndWhatIsSaidOfIt) {
  const ScriptedServer server(redirecting("303 See Other"));
  TransferPlan planned = sending(server.url(), "what");
  planned.headers = {{"Content-Type", "text/plain"},
                     {"content-encoding", "gzip"},
                     {"Content-Language", "de"},
                     {"Content-Location", "/x"},
                     {"Content-Digest", "sha-256=:x:"},
                     {"Repr-Digest", "sha-256=:x:"},
                     {"Digest", "x"},
                     {"X-Kept", "yes"}};
  complete(planned);
  ASSERT_EQ(server.requests().size(), 2U);
  const std::string first = server.requests().front();
  const std::string second = server.requests().back();
  EXPECT_TRUE(second.starts_with("GET /there ")) << second;
  EXPECT_TRUE(contains(second, "\r\nX-Kept: yes\r\n")) << second;
  for (const HeaderField& field : planned.headers) {
    EXPECT_TRUE(contains(first, "\r\n" + field.name + ": ")) << first;
    if (field.name == "X-Kept") continue;
    EXPECT_FALSE(contains(second, "\r\n" + field.name + ": ")) << second;
  }
  for (const char* field : {"Content-Length", "Transfer-Encoding", "Expect"}) {
    EXPECT_FALSE(contains(second, field)) << second;
  }
  EXPECT_EQ(contents(), (std::vector<std::string>{"what", ""}));
}

}  // namespace
}  // namespace lh
