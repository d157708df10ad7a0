#include "core/http/content_disposition.h"
#include "engine/curl_engine.h"
#include "unit/engine/engine_fixture.h"

// Going on with what is there.
namespace lh {
namespace {

using namespace std::chrono_literals;
using test::answer;
using test::contains;
using test::EngineTest;
using test::ScriptedServer;
using Connection = ScriptedServer::Connection;

using CurlEngineResumeTest = EngineTest;

TEST_F(CurlEngineResumeTest, R73_AsksForTheRestOnConditionThatTheFileIsTheSame) {
  const ScriptedServer server(
      answer("206 Partial Content", {"ETag: \"v1\"", "Content-Range: bytes 6-10/11"}, "world"));
  EXPECT_EQ(std::get<event::AttemptCompleted>(run(resume_plan(server.url(), "hello "))).size, 11U);
  const std::string request = server.requests().at(0);
  EXPECT_TRUE(contains(request, "\r\nRange: bytes=6-\r\n"));
  EXPECT_TRUE(contains(request, "\r\nIf-Range: \"v1\"\r\n"));
  EXPECT_EQ(content(), "hello world");
  EXPECT_EQ(response().verdict, Verdict::Kind::Append);
  EXPECT_EQ(response().total, 11U);
  EXPECT_EQ(response().file_name, "known.bin");
}

TEST_F(CurlEngineResumeTest, R74_A206ThatStartsEarlierIsUsedFromTheRightByte) {
  const ScriptedServer server(
      answer("206 Partial Content", {"ETag: \"v1\"", "Content-Range: bytes 2-10/11"}, "llo world"));
  EXPECT_EQ(std::get<event::AttemptCompleted>(run(resume_plan(server.url(), "hello "))).size, 11U);
  EXPECT_EQ(content(), "hello world");
}

TEST_F(CurlEngineResumeTest, R75_A200ToARangeRequestLeavesTheFileAloneUntilItsClaimsAreVoid) {
  const ScriptedServer server(answer("200 OK", {"ETag: \"v2\""}, "something new"));
  const auto end = run(resume_plan(server.url(), "hello "));
  EXPECT_EQ(std::get<event::AttemptRefusedRange>(end).status, 200);
  EXPECT_EQ(content(), "hello ");
}

TEST_F(CurlEngineResumeTest, R74_A206OfAnotherVersionIsNotUsed) {
  const ScriptedServer server(
      answer("206 Partial Content", {"ETag: \"v2\"", "Content-Range: bytes 6-10/11"}, "WORLD"));
  const auto end = run(resume_plan(server.url(), "hello "));
  EXPECT_EQ(std::get<event::AttemptRefusedRange>(end).status, 206);
  EXPECT_EQ(content(), "hello ");
}

TEST_F(CurlEngineResumeTest, A416ThatNamesTheLengthWeHaveCompletes) {
  const ScriptedServer server(
      answer("416 Range Not Satisfiable", {"Content-Range: bytes */6"}, "no"));
  EXPECT_EQ(std::get<event::AttemptCompleted>(run(resume_plan(server.url(), "hello "))).size, 6U);
  EXPECT_EQ(content(), "hello ");
  EXPECT_EQ(response().verdict, Verdict::Kind::Complete);
}

TEST_F(CurlEngineResumeTest, R74_AnyOther416AsksAgain) {
  const ScriptedServer server(
      answer("416 Range Not Satisfiable", {"Content-Range: bytes */3"}, "no"));
  const auto end = run(resume_plan(server.url(), "hello "));
  EXPECT_EQ(std::get<event::AttemptRefusedRange>(end).status, 416);
}

TEST_F(CurlEngineResumeTest, ACompleteFileNeedsNoRequest) {
  const ScriptedServer server(answer("200 OK", {}, "x"));
  auto planned = resume_plan(server.url(), "hello ");
  planned.total = 6;
  EXPECT_EQ(std::get<event::AttemptCompleted>(run(planned)).size, 6U);
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(CurlEngineResumeTest, WithinOneBootTheFilesOwnSizeIsContinued) {
  const ScriptedServer server(
      answer("206 Partial Content", {"ETag: \"v1\"", "Content-Range: bytes 6-10/11"}, "world"));
  auto planned = resume_plan(server.url(), "hello ");
  planned.resume_from = 2;
  planned.trust_file_size = true;
  EXPECT_EQ(std::get<event::AttemptCompleted>(run(planned)).size, 11U);
  EXPECT_TRUE(contains(server.requests().at(0), "\r\nRange: bytes=6-\r\n"));
}

TEST_F(CurlEngineResumeTest, APartialFileThatHasLostBytesIsNoBeginning) {
  const ScriptedServer server(answer("200 OK", {"ETag: \"v1\""}, "hello world"));
  auto planned = resume_plan(server.url(), "hello ");
  std::filesystem::remove(folder.path(part()));
  EXPECT_EQ(std::get<event::AttemptRefusedRange>(run(planned)).status, 0);
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(CurlEngineResumeTest, R73_WhatNothingVouchesForIsReplaced) {
  const ScriptedServer server(answer("200 OK", {}, "hello world"));
  auto planned = resume_plan(server.url(), "HELLO ");
  planned.validator = {};
  planned.resume_from = 0;
  run(planned);
  EXPECT_FALSE(contains(server.requests().at(0), "\r\nRange:"));
  EXPECT_TRUE(response().replaced);
  EXPECT_EQ(content(), "hello world");
}

TEST_F(CurlEngineResumeTest, ABeginningReplacesNothing) {
  const ScriptedServer server(answer("200 OK", {}, "hello world"));
  run(plan(server.url()));
  EXPECT_FALSE(response().replaced);
}

}  // namespace
}  // namespace lh
