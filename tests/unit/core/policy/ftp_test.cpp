#include <gtest/gtest.h>

#include "core/model/ftp_answer.h"
#include "core/policy/transfer_plan.h"
#include "unit/core/policy/machine_fixture.h"

namespace lh {
namespace {

using Kind = Verdict::Kind;

constexpr ByteCount kHave = 300;
constexpr std::int64_t kTime = 1'000'000'000;

TransferPlan plan(ByteCount total = 1000) {
  TransferPlan p;
  p.method = kFtpMethod;
  p.resume_from = kHave;
  p.total = total;
  p.validator = {Validator::Kind::FileTime, std::to_string(kTime)};
  return p;
}

Verdict judge(std::optional<ByteCount> size, std::optional<std::int64_t> time,
              ByteCount have = kHave) {
  return judge_response(plan(), have, ftp_answer("ftp://h/x", size, time));
}

TEST(JudgeFtp, R177_GoesOnWhereLengthAndTimeAreTheSame) {
  EXPECT_EQ(judge(1000, kTime), (Verdict{Kind::Append, 0, "", 1000}));
}

TEST(JudgeFtp, R177_BeginsAnewWhereEitherDiffersOrIsNotTold) {
  EXPECT_EQ(judge(1001, kTime).kind, Kind::AskAgain);
  EXPECT_EQ(judge(1000, kTime + 1).kind, Kind::AskAgain);
  EXPECT_EQ(judge(std::nullopt, kTime).kind, Kind::AskAgain);
  EXPECT_EQ(judge(1000, std::nullopt).kind, Kind::AskAgain);
}

TEST(JudgeFtp, AFirstRequestTakesWhatComes) {
  EXPECT_EQ(judge(std::nullopt, std::nullopt, 0).kind, Kind::StartOver);
}

TEST(JudgeFtp, WhatVouchesForTheFileIsVoidedBeforeAnotherVersionIsTaken) {
  TransferPlan p = plan();
  p.trust_file_size = true;
  EXPECT_EQ(judge_response(p, 0, ftp_answer("ftp://h/x", 1000, kTime)).kind, Kind::StartOver);
  EXPECT_EQ(judge_response(p, 0, ftp_answer("ftp://h/x", 1000, kTime + 1)).kind, Kind::AskAgain);
}

TEST(JudgeFtp, WhereOnlyTheChecksumProvesTheLengthMustBeTheSame) {
  TransferPlan p = plan();
  p.validator = {Validator::Kind::Checksum, ""};
  EXPECT_EQ(judge_response(p, kHave, ftp_answer("ftp://h/x", 1000, 1)).kind, Kind::Append);
  EXPECT_EQ(judge_response(p, kHave, ftp_answer("ftp://h/x", 999, 1)).kind, Kind::AskAgain);
}

class FtpEvents : public MachineTest {
 protected:
  Step first_answer(std::optional<ByteCount> size, std::optional<std::int64_t> time) {
    Transfer t = running();
    t.spec.method = kFtpMethod;
    t.state.validator = {};
    t.state.response.reset();
    event::ResponseArrived e;
    e.attempt = kAttempt;
    e.head = ftp_answer("ftp://h/x", size, time);
    e.total = size;
    return feed(t, e);
  }
};

TEST_F(FtpEvents, R176_AnAnswerIsShownToNobody) {
  const Step s = first_answer(5'000'000, kTime);
  EXPECT_FALSE(s.transfer.state.response);
  EXPECT_FALSE(s.transfer.state.has_response_changed);
}

TEST_F(FtpEvents, R177_ItsTimeProvesLaterBytesIfItsLengthIsKnown) {
  EXPECT_EQ(first_answer(5'000'000, kTime).transfer.state.validator,
            (Validator{Validator::Kind::FileTime, std::to_string(kTime)}));
  EXPECT_FALSE(first_answer(std::nullopt, kTime).transfer.state.validator.can_resume());
  EXPECT_FALSE(first_answer(5'000'000, std::nullopt).transfer.state.validator.can_resume());
}

TEST_F(FtpEvents, ATimeThatWasAMomentAgoProvesNothing) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch());
  for (const std::int64_t age : {-10, 0, 59}) {
    EXPECT_FALSE(
        first_answer(5'000'000, seconds.count() - age).transfer.state.validator.can_resume())
        << age;
  }
  EXPECT_TRUE(first_answer(5'000'000, seconds.count() - 60).transfer.state.validator.can_resume());
}

}  // namespace
}  // namespace lh
