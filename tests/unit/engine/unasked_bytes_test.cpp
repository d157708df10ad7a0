#include <atomic>
#include <future>
#include <string>

#include "core/http/header_field.h"
#include "unit/engine/engine_fixture.h"

// RFC 9112, section 9.2: an answer belongs to the request that it follows.
namespace lh {
namespace {

using test::contains;
using test::EngineTest;
using test::ScriptedServer;
using Connection = ScriptedServer::Connection;

/// With its length, so that the connection can be kept.
std::string kept(const std::string& body, const std::string& status = "200 OK",
                 const std::string& more = {}) {
  return "HTTP/1.1 " + status + "\r\n" + more + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

class UnaskedBytesTest : public EngineTest {
 protected:
  Event run_one(AttemptId attempt, const std::string& url) {
    TransferPlan planned = plan(url);
    planned.attempt = attempt;
    start(std::move(planned));
    const auto end = log.wait_for([attempt](const Event& event) {
      const auto* done = std::get_if<event::AttemptCompleted>(&event);
      const auto* failed = std::get_if<event::AttemptFailed>(&event);
      return (done != nullptr && done->attempt == attempt) ||
             (failed != nullptr && failed->attempt == attempt);
    });
    EXPECT_TRUE(end.has_value()) << "the attempt does not end";
    return end.value_or(Event(event::WakeDue{}));
  }
  /// Answers all requests of a connection, the first one of all with `first`; after it says
  /// `unasked`, when it may.
  ScriptedServer::Script saying(std::string first, std::string unasked) {
    return [this, first = std::move(first), unasked = std::move(unasked)](
               const Connection& connection, const std::string&) {
      const bool is_first = connections_.fetch_add(1) == 0;
      connection.send(is_first ? first : kept("right"));
      if (is_first) {
        may_go_on_.get_future().wait();
        connection.send(unasked);
        said_.set_value();
      }
      while (!connection.read_request().empty()) connection.send(kept("right"));
    };
  }
  void go_on() {
    may_go_on_.set_value();
    said_.get_future().wait();
  }

  std::atomic<int> connections_ = 0;

 private:
  std::promise<void> may_go_on_;
  std::promise<void> said_;
};

TEST_F(UnaskedBytesTest, WhatWasSaidBeforeTheRequestIsNotItsAnswer) {
  const ScriptedServer server(saying(kept("first"), kept("wrong")));
  EXPECT_TRUE(std::holds_alternative<event::AttemptCompleted>(run_one(1, server.url())));
  EXPECT_EQ(content(), "first");
  go_on();
  EXPECT_TRUE(std::holds_alternative<event::AttemptCompleted>(run_one(2, server.url())));
  EXPECT_EQ(content(), "right");
  EXPECT_EQ(connections_, 2);
  leave();
}

TEST_F(UnaskedBytesTest, OneByteIsEnough) {
  const ScriptedServer server(saying(kept("first"), "\n"));
  run_one(1, server.url());
  go_on();
  run_one(2, server.url());
  EXPECT_EQ(content(), "right");
  EXPECT_EQ(connections_, 2);
  leave();
}

TEST_F(UnaskedBytesTest, AQuietConnectionIsUsedAgain) {
  const ScriptedServer server(saying(kept("first"), ""));
  run_one(1, server.url());
  go_on();
  run_one(2, server.url());
  run_one(3, server.url());
  EXPECT_EQ(content(), "right");
  EXPECT_EQ(connections_, 1);
  leave();
}

TEST_F(UnaskedBytesTest, TheRequestAfterARedirectIsNotAnsweredByIt) {
  const ScriptedServer server([this](const Connection& connection, const std::string&) {
    const bool is_first = connections_.fetch_add(1) == 0;
    connection.send(is_first ? kept("", "302 Found", "Location: /there\r\n") + kept("wrong")
                             : kept("right"));
    while (!connection.read_request().empty()) connection.send(kept("right"));
  });
  EXPECT_TRUE(std::holds_alternative<event::AttemptCompleted>(run(plan(server.url()))));
  EXPECT_EQ(content(), "right");
}

}  // namespace
}  // namespace lh
