#include <algorithm>
#include <future>
#include <thread>

#include "engine/curl_engine.h"
#include "unit/engine/engine_fixture.h"

// Connections and disks that fail.
namespace lh {
namespace {

using namespace std::chrono_literals;
using test::answer;
using test::begin_and_hold;
using test::contains;
using test::EngineTest;
using test::ScriptedServer;
using Connection = ScriptedServer::Connection;

using CurlEngineFailureTest = EngineTest;

// ---- Connections that fail

TEST_F(CurlEngineFailureTest, ACutBodyKeepsItsBytes) {
  const ScriptedServer server("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello");
  const auto failed = std::get<event::AttemptFailed>(run(plan(server.url())));
  EXPECT_EQ(failed.failure.error.status, WebErrorStatus::Disconnected);
  EXPECT_TRUE(failed.failure.transient);
  EXPECT_EQ(failed.durable_prefix, 5U);
  EXPECT_EQ(content(), "hello");
  EXPECT_GE(ops.fdatasyncs, 1);
}

TEST_F(CurlEngineFailureTest, A206ThatDeliversLessThanTheRestIsCutShort) {
  const ScriptedServer server(
      answer("206 Partial Content", {"ETag: \"v1\"", "Content-Range: bytes 6-7/11"}, "wo"));
  const auto failed = std::get<event::AttemptFailed>(run(resume_plan(server.url(), "hello ")));
  EXPECT_EQ(failed.failure.error.status, WebErrorStatus::Disconnected);
  EXPECT_TRUE(failed.failure.transient);
  EXPECT_EQ(failed.durable_prefix, 8U);
}

TEST_F(CurlEngineFailureTest, AnUnfinishedChunkedBodyIsNotComplete) {
  const ScriptedServer server(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
  const auto failed = std::get<event::AttemptFailed>(run(plan(server.url())));
  EXPECT_EQ(failed.failure.error.status, WebErrorStatus::Disconnected);
  EXPECT_TRUE(failed.failure.transient);
}

TEST_F(CurlEngineFailureTest, AResetIsTransient) {
  std::promise<void> arrived;
  const ScriptedServer server(
      [gate = arrived.get_future().share()](const Connection& connection, const std::string&) {
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello");
        gate.wait();
        connection.reset();
      });
  engine_->start(plan(server.url()));
  ASSERT_TRUE(log.wait_for<event::BytesArrived>());
  arrived.set_value();
  const auto failed = std::get<event::AttemptFailed>(wait_for_end());
  EXPECT_EQ(failed.failure.error.status, WebErrorStatus::ConnectionReset);
  EXPECT_TRUE(failed.failure.transient);
  EXPECT_EQ(failed.durable_prefix, 5U);
}

TEST_F(CurlEngineFailureTest, AConnectionThatIsRefusedIsTransient) {
  std::string url;
  {
    const ScriptedServer gone(std::string{});
    url = gone.url();
  }
  const auto failed = std::get<event::AttemptFailed>(run(plan(url)));
  EXPECT_EQ(failed.failure.error.status, WebErrorStatus::CannotConnect);
  EXPECT_TRUE(failed.failure.transient);
  EXPECT_TRUE(contains(failed.failure.error.message, url));
}

// libcurl refuses some options on a handle whose name lookup has failed.
TEST_F(CurlEngineFailureTest, ALookupThatFailsDoesNotSpoilTheNextAttempt) {
  const ScriptedServer server(answer("200 OK", {}, "hello"));
  // A label that is too long fails without asking any name server.
  engine_->start(plan("http://" + std::string(70, 'x') + ".test/"));
  const auto failed = log.wait_for<event::AttemptFailed>();
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->failure.error.status, WebErrorStatus::HostNameNotResolved);
  auto next = plan(server.url());
  next.attempt = 8;
  engine_->start(next);
  const auto second = log.wait_for([](const Event& event) {
    const auto* one = std::get_if<event::AttemptFailed>(&event);
    return std::holds_alternative<event::AttemptCompleted>(event) ||
           (one != nullptr && one->attempt == 8);
  });
  ASSERT_TRUE(second);
  const auto* completed = std::get_if<event::AttemptCompleted>(&*second);
  ASSERT_NE(completed, nullptr) << std::get<event::AttemptFailed>(*second).failure.error.message;
  EXPECT_EQ(completed->size, 5U);
}

TEST_F(CurlEngineFailureTest, AnAnswerOfNothingIsTransient) {
  const ScriptedServer server(std::string{});
  const auto failed = std::get<event::AttemptFailed>(run(plan(server.url())));
  EXPECT_EQ(failed.failure.error.status, WebErrorStatus::ConnectionAborted);
  EXPECT_TRUE(failed.failure.transient);
}

TEST_F(CurlEngineFailureTest, R38_AServerThatDoesNotAnswerTimesOut) {
  const ScriptedServer server(
      [](const Connection& connection, const std::string&) { connection.hold(); });
  auto planned = plan(server.url());
  planned.response_timeout = 50ms;
  const auto failed = std::get<event::AttemptFailed>(run(planned));
  EXPECT_EQ(failed.failure.error.status, WebErrorStatus::Timeout);
  EXPECT_TRUE(failed.failure.transient);
}

TEST_F(CurlEngineFailureTest, R38_ABodyThatStandsStillTimesOut) {
  const ScriptedServer server([](const Connection& connection, const std::string&) {
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello");
    connection.hold();
  });
  auto planned = plan(server.url());
  planned.stall_timeout = 50ms;
  const auto failed = std::get<event::AttemptFailed>(run(planned));
  EXPECT_EQ(failed.failure.error.status, WebErrorStatus::Timeout);
  EXPECT_TRUE(failed.failure.transient);
  EXPECT_EQ(failed.durable_prefix, 5U);
}

TEST_F(CurlEngineFailureTest, R38_AHeadThatTricklesTimesOut) {
  const ScriptedServer server([](const Connection& connection, const std::string&) {
    connection.send("HTTP/1.1 200 OK\r\n");
    while (connection.send("X-More: x\r\n")) std::this_thread::sleep_for(10ms);
  });
  auto planned = plan(server.url());
  planned.response_timeout = 100ms;
  const auto failed = std::get<event::AttemptFailed>(run(planned));
  EXPECT_EQ(failed.failure.error.status, WebErrorStatus::Timeout);
  EXPECT_TRUE(contains(failed.failure.error.message, "does not end its headers"));
  EXPECT_TRUE(failed.failure.transient);
}

TEST_F(CurlEngineFailureTest, R38_InterimAnswersDoNotPutOffTheEndForEver) {
  const ScriptedServer server([](const Connection& connection, const std::string&) {
    while (connection.send("HTTP/1.1 102 Processing\r\n\r\n")) std::this_thread::sleep_for(10ms);
  });
  auto planned = plan(server.url());
  planned.response_timeout = 50ms;
  const auto failed = std::get<event::AttemptFailed>(run(planned));
  EXPECT_EQ(failed.failure.error.status, WebErrorStatus::Timeout);
}

TEST_F(CurlEngineFailureTest, OneThatHasNotBegunIsNotStuck) {
  std::promise<void> disk_is_free;
  on_file_thread([&] { disk_is_free.get_future().wait(); });
  const ScriptedServer silent(
      [](const Connection& connection, const std::string&) { connection.hold(); });
  const ScriptedServer server(answer("200 OK", {"ETag: \"v1\""}, "hello world"));
  auto waiting = resume_plan(server.url(), "hello ");
  waiting.attempt = 8;
  auto stuck = plan(silent.url());
  stuck.slow_after = 30ms;
  start(waiting);
  start(stuck);
  const auto is_pace = [](const Event& event) {
    return std::holds_alternative<event::PaceChanged>(event);
  };
  const auto told = log.wait_for(is_pace);  // every attempt has been looked at
  ASSERT_TRUE(told);
  EXPECT_EQ(std::get<event::PaceChanged>(*told).attempt, stuck.attempt);
  disk_is_free.set_value();
  ASSERT_TRUE(log.wait_for(test::is_end));
  for (const auto& pace : log.all<event::PaceChanged>()) EXPECT_EQ(pace.attempt, stuck.attempt);
  leave();
}

TEST_F(CurlEngineFailureTest, SaysWhenItIsStuckAndWhenItMovesAgain) {
  std::promise<void> heard_stuck;
  std::promise<void> heard_moving;
  const ScriptedServer server([&](const Connection& connection, const std::string&) {
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10005\r\n\r\nhello");
    heard_stuck.get_future().wait();
    connection.send(std::string(5000, 'x'));
    heard_moving.get_future().wait();
    connection.send(std::string(5000, 'y'));
  });
  auto planned = plan(server.url());
  planned.slow_after = 50ms;
  start(planned);
  const auto is_pace = [](bool stuck) {
    return [stuck](const Event& event) {
      const auto* pace = std::get_if<event::PaceChanged>(&event);
      return pace != nullptr && pace->stuck == stuck;
    };
  };
  ASSERT_TRUE(log.wait_for(is_pace(true)));
  heard_stuck.set_value();
  EXPECT_TRUE(log.wait_for(is_pace(false)));
  heard_moving.set_value();
  EXPECT_EQ(std::get<event::AttemptCompleted>(wait_for_end()).size, 10005U);
}

TEST_F(CurlEngineFailureTest, MessagesHoldNoQuery) {
  const ScriptedServer server(answer("404 Not Found", {}, ""));
  const auto failed = std::get<event::AttemptFailed>(run(plan(server.url("/x?token=secret"))));
  EXPECT_FALSE(contains(failed.failure.error.message, "secret"));
  EXPECT_TRUE(contains(failed.failure.error.message, "/x"));
}

// ---- Disks that fail

TEST_F(CurlEngineFailureTest, ADiskThatIsFullIsSaidBeforeAnyByte) {
  const ScriptedServer server(answer("200 OK", {}, std::string(2'000'000, 'x')));
  ops.fallocate_errno = ENOSPC;
  const auto full = std::get<event::AttemptDiskFull>(run(plan(server.url())));
  EXPECT_EQ(full.bytes_needed, 2'000'000U);
  EXPECT_EQ(full.durable_prefix, 0U);
  EXPECT_EQ(full.error.kind, ErrorKind::DiskFull);
}

TEST_F(CurlEngineFailureTest, ADiskThatFillsUpKeepsWhatFits) {
  const ScriptedServer server(answer("200 OK", {}, "0123456789"));
  ops.room = 4;
  const auto full = std::get<event::AttemptDiskFull>(run(plan(server.url())));
  EXPECT_EQ(full.bytes_needed, 6U);
  EXPECT_EQ(full.durable_prefix, 4U);
  EXPECT_EQ(content(), "0123");
}

TEST_F(CurlEngineFailureTest, R79_AFileThatIsTooLargeFailsAtOnce) {
  const ScriptedServer server(answer("200 OK", {}, std::string(2'000'000, 'x')));
  ops.fallocate_errno = EFBIG;
  const auto failed = std::get<event::AttemptFailed>(run(plan(server.url())));
  EXPECT_EQ(failed.failure.error.hresult, hr::kFileTooLarge);
  EXPECT_FALSE(failed.failure.transient);
}

TEST_F(CurlEngineFailureTest, AWriteErrorNamesTheFileAndIsFinal) {
  const ScriptedServer server(answer("200 OK", {}, "hello"));
  ops.pwrite_errno = EIO;
  const auto failed = std::get<event::AttemptFailed>(run(plan(server.url())));
  EXPECT_EQ(failed.failure.error.kind, ErrorKind::File);
  EXPECT_EQ(failed.failure.error.message, "write " + folder.path(part()) + ": Input/output error");
  EXPECT_FALSE(failed.failure.transient);
}

TEST_F(CurlEngineFailureTest, AMissingFolderIsAFileError) {
  const ScriptedServer server(answer("200 OK", {}, "hello"));
  auto planned = plan(server.url());
  planned.target.folder = folder.path("missing");
  const auto failed = std::get<event::AttemptFailed>(run(planned));
  EXPECT_EQ(failed.failure.error.kind, ErrorKind::File);
  EXPECT_TRUE(contains(failed.failure.error.message, folder.path("missing")));
}

TEST_F(CurlEngineFailureTest, AfterAFailedSyncNothingIsTrusted) {
  const ScriptedServer server(begin_and_hold);
  engine_->start(plan(server.url()));
  ASSERT_TRUE(log.wait_for<event::BytesArrived>());
  ops.fdatasync_errno = EIO;
  engine_->stop(7);
  EXPECT_EQ(std::get<event::AttemptStopped>(wait_for_end()).durable_prefix, 0U);
}

TEST_F(CurlEngineFailureTest, AFileThatIsCutWhileItIsWrittenIsFetchedAgain) {
  std::promise<void> cut;
  const ScriptedServer server(
      [&cut](const ScriptedServer::Connection& connection, const std::string& /*request*/) {
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
        cut.get_future().wait();
        connection.send("world");
      });
  start(plan(server.url()));
  ASSERT_TRUE(log.wait_for<event::BytesArrived>());
  std::filesystem::resize_file(folder.path(part()), 3);
  cut.set_value();
  const auto failed = std::get<event::AttemptFailed>(wait_for_end());
  EXPECT_TRUE(failed.bytes_lost);
  EXPECT_TRUE(failed.failure.transient);
  EXPECT_EQ(failed.durable_prefix, 0U);
  EXPECT_FALSE(folder.has(part()));
}

TEST_F(CurlEngineFailureTest, AFileThatIsMovedAwayIsNotCalledComplete) {
  std::promise<void> moved;
  const ScriptedServer server(
      [&moved](const ScriptedServer::Connection& connection, const std::string& /*request*/) {
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
        moved.get_future().wait();
        connection.send("world");
      });
  start(plan(server.url()));
  ASSERT_TRUE(log.wait_for<event::BytesArrived>());
  std::filesystem::rename(folder.path(part()), folder.path("elsewhere"));
  moved.set_value();
  EXPECT_TRUE(std::get<event::AttemptFailed>(wait_for_end()).bytes_lost);
}

TEST_F(CurlEngineFailureTest, ACanceledFileGoesThoughItsFolderHasMoved) {
  const ScriptedServer server(begin_and_hold);
  const std::string before = folder.path("before");
  std::filesystem::create_directory(before);
  auto planned = plan(server.url());
  planned.target.folder = before;
  start(planned);
  ASSERT_TRUE(log.wait_for<event::BytesArrived>());
  std::filesystem::rename(before, folder.path("after"));
  engine_->cancel(7);
  wait_for_end();
  EXPECT_FALSE(folder.has("after/" + part()));
}

TEST_F(CurlEngineFailureTest, ACheckpointThatFailsEndsTheAttempt) {
  const ScriptedServer server(begin_and_hold);
  ops.fdatasync_errno = EIO;
  auto planned = plan(server.url());
  planned.checkpoint_interval = 10ms;
  const auto failed = std::get<event::AttemptFailed>(run(planned));
  EXPECT_EQ(failed.failure.error.kind, ErrorKind::File);
  EXPECT_EQ(failed.durable_prefix, 0U);
}

}  // namespace
}  // namespace lh
