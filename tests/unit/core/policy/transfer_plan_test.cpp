#include "core/policy/transfer_plan.h"

#include <gtest/gtest.h>

#include "unit/core/policy/machine_fixture.h"

namespace lh {
namespace {

using Kind = Verdict::Kind;

class TransferPlanTest : public MachineTest {
 protected:
  TransferPlan plan(const Transfer& transfer) { return plan_transfer(transfer, 9, limits, boot); }
};

TEST_F(TransferPlanTest, CarriesWhatTheEngineNeeds) {
  Transfer t = half_way();
  t.state.file_name = "x";
  const TransferPlan p = plan(t);
  EXPECT_EQ(p.attempt, 9U);
  EXPECT_EQ(p.id, t.id);
  EXPECT_EQ(p.uri, t.spec.uri);
  EXPECT_EQ(p.method, "GET");
  EXPECT_EQ(p.headers, t.spec.headers);
  EXPECT_EQ(p.target, t.spec.target);
  EXPECT_EQ(p.known_file_name, "x");
  EXPECT_EQ(p.connect_timeout, limits.connect_timeout);
  EXPECT_EQ(p.response_timeout, limits.response_timeout);
  EXPECT_EQ(p.stall_timeout, limits.stall_timeout);
  EXPECT_EQ(p.progress_interval, limits.progress_interval);
  EXPECT_EQ(p.checkpoint_interval, limits.checkpoint_interval);
  EXPECT_EQ(p.checkpoint_bytes, limits.checkpoint_bytes);
  EXPECT_EQ(p.slow_after, limits.slow_after);
  EXPECT_EQ(p.slow_bytes, limits.slow_bytes);
}

TEST_F(TransferPlanTest, R73_ResumesWhatAValidatorProves) {
  const TransferPlan p = plan(half_way());
  EXPECT_EQ(p.resume_from, 300U);
  EXPECT_EQ(p.total, kTotal);
  EXPECT_EQ(p.validator.value, "\"a\"");
}

TEST_F(TransferPlanTest, R72_WithoutAValidatorItBeginsAnew) {
  Transfer t = half_way();
  t.state.validator = {};
  const TransferPlan p = plan(t);
  EXPECT_EQ(p.resume_from, 0U);
  EXPECT_FALSE(p.trust_file_size);
  EXPECT_FALSE(p.total);
}

TEST_F(TransferPlanTest, R72_OnlyGetIsResumed) {
  Transfer t = half_way();
  t.spec.method = "POST";
  EXPECT_EQ(plan(t).resume_from, 0U);
  EXPECT_FALSE(plan(t).trust_file_size);
}

TEST_F(TransferPlanTest, TrustsTheFileSizeOnlyWithinTheBootThatRecordedIt) {
  Transfer t = half_way();
  EXPECT_TRUE(plan(t).trust_file_size);
  t.state.boot_id = "boot-0";
  EXPECT_FALSE(plan(t).trust_file_size);
  EXPECT_EQ(plan(t).resume_from, 300U);
  t = half_way();
  t.state.response.reset();
  EXPECT_FALSE(plan(t).trust_file_size);
  t = half_way();
  boot.clear();
  t.state.boot_id.clear();
  EXPECT_FALSE(plan(t).trust_file_size) << "a boot without a name is not the same boot";
}

// --- judge_response ----------------------------------------------------------------------------

constexpr ByteCount kHave = 300;

TransferPlan resumption() {
  TransferPlan p;
  p.method = "GET";
  p.resume_from = kHave;
  p.total = 1000;
  p.validator = {Validator::Kind::StrongEtag, "\"a\""};
  return p;
}

ResponseHead partial(std::string range, HeaderList more = {}) {
  if (!find_field(more, "ETag")) more.push_back({"ETag", "\"a\""});
  ResponseHead head{206, "http://h/x", std::move(more)};
  head.headers.push_back({"Content-Range", std::move(range)});
  return head;
}

Verdict judge(const ResponseHead& head, ByteCount have = kHave) {
  return judge_response(resumption(), have, head);
}

TEST(JudgeResponse, R74_AppendsWhatStartsWhereAsked) {
  EXPECT_EQ(judge(partial("bytes 300-999/1000", {{"ETag", "\"a\""}, {"Content-Length", "700"}})),
            (Verdict{Kind::Append, 0, "", 1000}));
}

TEST(JudgeResponse, R74_UsesAnEarlierStartFromTheRightOffset) {
  EXPECT_EQ(judge(partial("bytes 100-999/1000")), (Verdict{Kind::Append, 200, "", 1000}));
  EXPECT_EQ(judge(partial("bytes 0-999/1000")), (Verdict{Kind::Append, 300, "", 1000}));
}

TEST(JudgeResponse, R74_APartOfWhatIsMissingIsProgress) {
  EXPECT_EQ(judge(partial("bytes 300-499/1000")), (Verdict{Kind::Append, 0, "", 500}))
      << "and what comes behind byte 499 is no part of it";
}

TEST(JudgeResponse, R74_APartOfAFileWithAnotherDigestIsOfAnotherVersion) {
  const HeaderField of_abc = {"Repr-Digest",
                              "sha-256=:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=:"};
  const ResponseHead answer = partial("bytes 300-999/1000", {of_abc});
  TransferPlan p = resumption();
  EXPECT_EQ(judge_response(p, kHave, answer).kind, Kind::Append) << "none is known";
  p.served_digest = served_digest(answer, "GET");
  EXPECT_EQ(judge_response(p, kHave, answer).kind, Kind::Append);
  p.served_digest->hex[0] = 'c';
  EXPECT_EQ(judge_response(p, kHave, answer).kind, Kind::AskAgain);
  p.served_digest->algorithm = "md5";
  EXPECT_EQ(judge_response(p, kHave, answer).kind, Kind::Append) << "cannot be compared";
}

TEST(JudgeResponse, R74_AnythingElseInA206IsAskedForAgain) {
  const std::pair<const char*, ResponseHead> rows[] = {
      {"starts later", partial("bytes 301-999/1000")},
      {"other total", partial("bytes 300-1000/1001")},
      {"unknown total", partial("bytes 300-999/*")},
      {"nothing new", partial("bytes 0-299/1000")},
      {"unsatisfied form", partial("bytes */1000")},
      {"malformed", partial("bytes 300/1000")},
      {"no range", ResponseHead{206, "", {}}},
      {"several parts",
       partial("bytes 300-999/1000", {{"Content-Type", "multipart/ByteRanges; boundary=x"}})},
      {"encoded", partial("bytes 300-999/1000", {{"Content-Encoding", "gzip"}})},
      {"other tag", partial("bytes 300-999/1000", {{"ETag", "\"b\""}})},
      {"weak tag", partial("bytes 300-999/1000", {{"ETag", "W/\"a\""}})},
      {"no tag", {206, "", {{"Content-Range", "bytes 300-999/1000"}, {"Content-Length", "700"}}}},
      {"bad tag", partial("bytes 300-999/1000", {{"ETag", "a"}})},
      {"length is not the range's", partial("bytes 300-999/1000", {{"Content-Length", "699"}})},
  };
  for (const auto& [name, head] : rows) {
    EXPECT_EQ(judge(head).kind, Kind::AskAgain) << name;
    EXPECT_FALSE(judge(head).reason.empty()) << name;
  }
}

TEST(JudgeResponse, R73_ADateValidatorMustNameTheSameMoment) {
  TransferPlan p = resumption();
  p.validator = {Validator::Kind::LastModified, "Sun, 06 Nov 1994 08:49:37 GMT"};
  const auto judged = [&p](HeaderList headers) {
    return judge_response(p, kHave, partial("bytes 300-999/1000", std::move(headers))).kind;
  };
  EXPECT_EQ(judged({}), Kind::Append);
  EXPECT_EQ(judged({{"Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT"}}), Kind::Append);
  EXPECT_EQ(judged({{"Last-Modified", "Sun Nov  6 08:49:37 1994"}}), Kind::Append);
  EXPECT_EQ(judged({{"Last-Modified", "Sun, 06 Nov 1994 08:49:38 GMT"}}), Kind::AskAgain);
  EXPECT_EQ(judged({{"ETag", "\"new\""}}), Kind::Append) << "no tag was known before";
}

TEST(JudgeResponse, R160_ADateFromAnotherUriMustBeNamedAgain) {
  TransferPlan p = resumption();
  p.validator = {Validator::Kind::OldDate, "Sun, 06 Nov 1994 08:49:37 GMT"};
  const auto judged = [&p](HeaderList headers) {
    return judge_response(p, kHave, partial("bytes 300-999/1000", std::move(headers))).kind;
  };
  EXPECT_EQ(judged({}), Kind::AskAgain) << "nothing says that it is the same";
  EXPECT_EQ(judged({{"Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT"}}), Kind::Append);
  EXPECT_EQ(judged({{"Last-Modified", "Sun, 06 Nov 1994 08:49:38 GMT"}}), Kind::AskAgain);
}

TEST(OverlapAt, AnotherServersFileIsComparedOfWhichEnoughIsThere) {
  TransferPlan p = resumption();
  p.served_by = "http://a:80";
  EXPECT_EQ(overlap_at(p, 300'000, "http://a:80"), ByteCount{0});
  EXPECT_EQ(overlap_at(p, 300'000, "http://b:80"), 64_KiB);
  EXPECT_EQ(overlap_at(p, 64_KiB + 1, "http://b:80"), 64_KiB);
  EXPECT_EQ(overlap_at(p, 64_KiB, "http://b:80"), std::nullopt) << "too little to tell";
  EXPECT_EQ(overlap_at(p, 1, "http://b:80"), std::nullopt);
  EXPECT_EQ(overlap_at(p, 0, "http://b:80"), ByteCount{0});
  p.validator.kind = Validator::Kind::Checksum;
  EXPECT_EQ(overlap_at(p, 300'000, "http://b:80"), ByteCount{0}) << "it tells in the end";
}

TEST(OverlapAt, R177_AnFtpServerMayIgnoreRest) {
  TransferPlan p = resumption();
  p.method = "RETR";
  EXPECT_EQ(overlap_at(p, 300'000, "ftp://a:21"), 64_KiB);
  EXPECT_EQ(overlap_at(p, 10, "ftp://a:21"), ByteCount{10});
}

TEST(JudgeResponse, R74_APartMustBeginWhereItWasAskedFor) {
  const auto judged = [](const std::string& range) {
    return judge_response(resumption(), kHave, partial(range), 100);
  };
  EXPECT_EQ(judged("bytes 200-999/1000").kind, Kind::Append);
  EXPECT_EQ(judged("bytes 200-999/1000").skip, 100U);
  EXPECT_EQ(judged("bytes 201-999/1000").kind, Kind::AskAgain);
  EXPECT_EQ(judged("bytes 300-999/1000").kind, Kind::AskAgain) << "nothing would be compared";
}

TEST(JudgeResponse, WithoutAValidatorNothingIsJoined) {
  TransferPlan p = resumption();
  p.validator = {};
  EXPECT_EQ(judge_response(p, kHave, partial("bytes 300-999/1000")).kind, Kind::AskAgain);
}

TEST(JudgeResponse, OneOfTheTwoMustKnowTheTotal) {
  TransferPlan p = resumption();
  p.total.reset();
  EXPECT_EQ(judge_response(p, kHave, partial("bytes 300-999/1000")).kind, Kind::Append);
  EXPECT_EQ(judge_response(p, kHave, partial("bytes 300-999/*")).kind, Kind::AskAgain)
      << "it may be less than the rest";
}

TEST(JudgeResponse, Section3_AnUnasked206IsInvalid) {
  EXPECT_EQ(judge(partial("bytes 0-999/1000"), 0).kind, Kind::Invalid);
}

TEST(JudgeResponse, R75_TheWholeFileStartsOver) {
  for (const int status : {200, 201, 203, 204, 205, 299}) {
    EXPECT_EQ(judge({status, "", {}}).kind, Kind::AskAgain)
        << status << ": what is there must be void first";
    EXPECT_EQ(judge({status, "", {}}, 0).kind, Kind::StartOver) << status;
  }
}

TEST(JudgeResponse, AFileWhoseSizeVouchesForAVersionGetsNoBytesOfAnother) {
  TransferPlan p = resumption();
  p.resume_from = 0;
  p.trust_file_size = true;
  ResponseHead head{200, "", {{"ETag", p.validator.value}}};
  EXPECT_EQ(judge_response(p, 0, head).kind, Kind::StartOver);
  head.headers = {{"ETag", "\"another\""}};
  EXPECT_EQ(judge_response(p, 0, head).kind, Kind::AskAgain);
  head.headers.clear();
  EXPECT_EQ(judge_response(p, 0, head).kind, Kind::AskAgain);
}

TEST(JudgeResponse, A416ThatNamesOurLengthMeansComplete) {
  const auto refused = [](std::string range, HeaderList more = {}) {
    ResponseHead head = partial(std::move(range), std::move(more));
    head.status = 416;
    return head;
  };
  const auto with_all = [&](const ResponseHead& head) { return judge(head, 1000).kind; };
  EXPECT_EQ(with_all(refused("bytes */1000")), Kind::Complete);
  EXPECT_EQ(with_all(refused("bytes */1000", {{"ETag", "\"a\""}})), Kind::Complete);
  EXPECT_EQ(with_all(refused("bytes */1000", {{"ETag", "\"b\""}})), Kind::AskAgain);
  EXPECT_EQ(with_all(refused("bytes */999")), Kind::AskAgain);
  EXPECT_EQ(with_all(refused("bytes 0-999/1000")), Kind::AskAgain);
  EXPECT_EQ(with_all({416, "", {}}), Kind::AskAgain);
  EXPECT_EQ(judge(refused("bytes */300"), 300).kind, Kind::AskAgain) << "another total was known";
  EXPECT_EQ(judge(refused("bytes */0"), 0).kind, Kind::Reject);
}

TEST(JudgeResponse, R74_412AsksAgainOnlyForARange) {
  EXPECT_EQ(judge({412, "", {}}).kind, Kind::AskAgain);
  EXPECT_EQ(judge({412, "", {}}, 0).kind, Kind::Reject);
}

TEST(JudgeResponse, R80_ErrorsAreRejected) {
  for (const int status : {300, 304, 308, 400, 401, 404, 429, 500, 503, 599}) {
    EXPECT_EQ(judge({status, "", {}}).kind, Kind::Reject) << status;
    EXPECT_EQ(judge({status, "", {}}, 0).kind, Kind::Reject) << status;
  }
}

TEST(JudgeResponse, WhatIsNoFinalStatusIsInvalid) {
  for (const int status : {-1, 0, 99, 100, 103, 199, 600, 999}) {
    EXPECT_EQ(judge({status, "", {}}).kind, Kind::Invalid) << status;
  }
}

TEST(JudgeResponse, ContradictingLengthsAreInvalid) {
  EXPECT_EQ(judge({200, "", {{"Content-Length", "1"}, {"Content-Length", "2"}}}, 0).kind,
            Kind::Invalid);
}

}  // namespace
}  // namespace lh
