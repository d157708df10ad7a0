#include "core/policy/upload_dialog.h"

#include <gtest/gtest.h>

#include "unit/core/policy/upload_dialog_fixture.h"

// What all protocols share, and the IETF draft. tus: upload_dialog_tus_test.cpp.

namespace lh {
namespace {

using namespace upload_test;

/// A creation to which the server said 104.
UploadDialog begun(HeaderList more = {}) {
  UploadDialog dialog(order(), uris(), std::nullopt);
  more.push_back({"Location", "/up/1"});
  (void)dialog.on_interim(head(104, std::move(more)), kNow);
  return dialog;
}

/// A dialog that has asked for the offset and appends from it.
UploadDialog appending(ByteOffset from = 1_MiB, unsigned version = 8) {
  UploadResource resource = stored(UploadProtocol::Draft);
  resource.version = version;
  UploadDialog dialog(order(), uris(), resource);
  (void)dialog.on_answer(head(204, {offset(from), kIncomplete}), 0, kNow);
  return dialog;
}

TEST(UploadDialog, R85_WithoutAWishTheRequestIsTheAppsOwn) {
  const UploadDialog dialog(order(UploadWish::None), uris(), std::nullopt);
  EXPECT_EQ(dialog.next().purpose, Purpose::Plain);
  EXPECT_EQ(dialog.next().headers, order().headers);
  EXPECT_EQ(dialog.next().length, kLength);
}

TEST(UploadDialog, AnEmptyBodyIsSentPlainly) {
  const UploadDialog dialog(order(UploadWish::Automatic, 0), uris(), std::nullopt);
  EXPECT_EQ(dialog.next().purpose, Purpose::Plain);
  EXPECT_EQ(dialog.next().length, 0U);
}

TEST(UploadDialog, AnAppThatSpeaksAProtocolItselfIsLeftAlone) {
  for (const char* name : {"Upload-Complete", "tus-resumable", "Upload-Offset"}) {
    UploadOrder own = order();
    own.headers.push_back({name, "x"});
    EXPECT_EQ(UploadDialog(own, uris(), std::nullopt).next().headers, own.headers);
  }
}

TEST(UploadDialog, R86_ABrokenPlainRequestWouldBeRepeated) {
  UploadDialog dialog(order(UploadWish::None), uris(), std::nullopt);
  const UploadStep step = dialog.on_break(5);
  EXPECT_EQ(step.kind, Kind::Retry);
  EXPECT_TRUE(step.repeats_request);
}

TEST(UploadDialog, RFC9530_APlainRequestTellsBothDigests) {
  UploadOrder wanted = order(UploadWish::None);
  wanted.sha256 = "YWJj";
  const UploadDialog dialog(wanted, uris(), std::nullopt);
  EXPECT_EQ(field(dialog.next(), "Repr-Digest"), "sha-256=:YWJj:");
  EXPECT_EQ(field(dialog.next(), "Content-Digest"), "sha-256=:YWJj:");
}

TEST(UploadDialog, Draft_TheAppsOwnRequestInvites) {
  UploadOrder wanted = order();
  wanted.sha256 = "YWJj";
  const UploadDialog dialog(wanted, uris(), std::nullopt);
  const UploadRequest& request = dialog.next();
  EXPECT_EQ(request.purpose, Purpose::Create);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(field(request, "Upload-Complete"), "?1");
  EXPECT_EQ(field(request, "Upload-Length"), std::to_string(kLength));
  EXPECT_EQ(field(request, "Content-Type"), "video/mp4");
  EXPECT_EQ(field(request, "Repr-Digest"), "sha-256=:YWJj:");
  EXPECT_EQ(field(request, "Content-Digest"), "(none)");
}

TEST(UploadDialog, Draft_TheVersionThatIsOfferedRotatesOverAttempts) {
  const std::vector<std::string> expected = {"8", "(none)", "6", "8"};
  UploadDialog kept(order(), uris(), std::nullopt);
  for (std::uint32_t attempts = 0; attempts < expected.size(); ++attempts) {
    UploadOrder again = order();
    again.attempts = attempts;
    const UploadDialog fresh(again, uris(), std::nullopt);
    EXPECT_EQ(field(fresh.next(), "Upload-Draft-Interop-Version"), expected[attempts]);
    EXPECT_EQ(field(kept.next(), "Upload-Draft-Interop-Version"), expected[attempts]);
    (void)kept.on_break(0);
  }
}

TEST(UploadDialog, Draft_AServerThatDoesNotKnowItAnswersTheApplication) {
  for (const int status : {200, 201, 204, 301, 400, 404, 409, 413, 501}) {
    UploadDialog dialog(order(), uris(), std::nullopt);
    EXPECT_EQ(dialog.on_answer(head(status), kLength, kNow).kind, Kind::Final) << status;
  }
  for (const int status : {408, 429, 500, 503}) {
    UploadDialog dialog(order(), uris(), std::nullopt);
    const UploadStep step = dialog.on_answer(head(status), kLength, kNow);
    EXPECT_EQ(step.kind, Kind::Retry) << status;
    EXPECT_TRUE(step.repeats_request) << status;
  }
}

TEST(UploadDialog, Draft_104NamesTheResource) {
  UploadDialog dialog(order(), uris(), std::nullopt);
  EXPECT_EQ(dialog.on_interim(head(103, {{"Location", "/up/1"}}), kNow), UploadInterim::Ignored);
  EXPECT_EQ(dialog.on_interim(head(104), kNow), UploadInterim::Ignored);
  EXPECT_EQ(dialog.on_interim(head(104, {{"Location", "/up/1"},
                                         {"Upload-Limit", "max-age=60, max-size=99999999"}}),
                              kNow),
            UploadInterim::Changed);
  UploadResource expected = stored(UploadProtocol::Draft);
  expected.max_size = 99999999;
  expected.expires = kNow + 60s;
  EXPECT_EQ(dialog.resource(), expected);
}

TEST(UploadDialog, Draft_InterimOffsetsAreAcknowledgedButNeverBackwardsOrBeyond) {
  UploadDialog dialog = begun();
  EXPECT_EQ(dialog.on_interim(head(104, {offset(100)}), kNow), UploadInterim::Progressed);
  EXPECT_EQ(dialog.on_interim(head(104, {offset(50)}), kNow), UploadInterim::Ignored);
  EXPECT_EQ(dialog.on_interim(head(104, {offset(kLength + 1)}), kNow), UploadInterim::Ignored);
  EXPECT_EQ(dialog.acknowledged(), 100U);
}

TEST(UploadDialog, Draft_TwoPlacesForOneUploadEndIt) {
  UploadDialog dialog = begun();
  EXPECT_EQ(dialog.on_interim(head(104, {{"Location", "/up/2"}}), kNow), UploadInterim::Stop);
  EXPECT_EQ(dialog.on_break(10).kind, Kind::Fail);
}

TEST(UploadDialog, Draft_WhatTheServerWillNotTakeIsStoppedAtOnce) {
  UploadDialog dialog(order(), uris(), std::nullopt);
  EXPECT_EQ(
      dialog.on_interim(head(104, {{"Location", "/up/1"}, {"Upload-Limit", "max-size=5"}}), kNow),
      UploadInterim::Stop);
  EXPECT_EQ(dialog.on_break(10).kind, Kind::Fail);
  EXPECT_EQ(dialog.cancel_request()->method, "DELETE");
}

TEST(UploadDialog, Draft_ALimitForOneRequestMakesSeveral) {
  UploadDialog dialog(order(), uris(), std::nullopt);
  EXPECT_EQ(
      dialog.on_interim(
          head(104, {{"Location", "/up/1"}, {"Upload-Limit", "max-append-size=8388608"}}), kNow),
      UploadInterim::Stop);
  EXPECT_EQ(dialog.on_break(3_MiB).kind, Kind::Send);
  EXPECT_EQ(dialog.next().purpose, Purpose::AskOffset);
  (void)dialog.on_answer(head(204, {offset(2_MiB), kIncomplete}), 0, kNow);
  for (const ByteOffset from : {2_MiB, 10_MiB}) {
    EXPECT_EQ(dialog.next().from, from);
    EXPECT_EQ(dialog.next().length, 8_MiB);
    EXPECT_EQ(field(dialog.next(), "Upload-Complete"), "?0");
    (void)dialog.on_answer(head(204, {kIncomplete}), 8_MiB, kNow);
  }
  EXPECT_EQ(dialog.next().length, 2_MiB);
  EXPECT_EQ(field(dialog.next(), "Upload-Complete"), "?1");
  EXPECT_EQ(dialog.on_answer(head(200, {kComplete}), 2_MiB, kNow).kind, Kind::Final);
}

TEST(UploadDialog, Draft_AfterABreakTheOffsetIsAskedAndTheRestAppended) {
  UploadDialog dialog = begun();
  const UploadStep broken = dialog.on_break(5_MiB);
  EXPECT_EQ(broken.kind, Kind::Retry);
  EXPECT_TRUE(broken.resource_changed);
  EXPECT_FALSE(broken.repeats_request);
  EXPECT_EQ(dialog.next().method, "HEAD");
  EXPECT_EQ(dialog.next().uri, "http://server/up/1");
  EXPECT_EQ(dialog.next().length, std::nullopt);
  EXPECT_EQ(dialog.on_answer(head(204, {offset(4_MiB), kIncomplete}), 0, kNow).kind, Kind::Send);
  const UploadRequest& request = dialog.next();
  EXPECT_EQ(request.method, "PATCH");
  EXPECT_EQ(request.from, 4_MiB);
  EXPECT_EQ(request.length, 16_MiB);
  EXPECT_EQ(field(request, "Content-Type"), "application/partial-upload");
  EXPECT_EQ(field(request, "Upload-Offset"), std::to_string(4_MiB));
  EXPECT_EQ(field(request, "Upload-Complete"), "?1");
  EXPECT_EQ(field(request, "Upload-Draft-Interop-Version"), "8");
  EXPECT_EQ(field(request, "X-App"), "1");
  EXPECT_EQ(field(request, "If-Match"), "(none)");
}

TEST(UploadDialog, Draft_WhatIsStoredBeginsWithTheQuestionForTheOffset) {
  UploadResource resource = stored(UploadProtocol::Draft, 3);
  resource.uri = "http://other/up/1";
  const UploadDialog dialog(order(), uris(), resource);
  EXPECT_EQ(dialog.next().purpose, Purpose::AskOffset);
  EXPECT_TRUE(dialog.next().other_origin);
  EXPECT_EQ(dialog.acknowledged(), 3U);
}

TEST(UploadDialog, Draft_AWholeBodyThatOnlyLacksItsEndIsCompletedWithNothing) {
  const UploadDialog dialog = appending(kLength);
  EXPECT_EQ(dialog.next().length, 0U);
  EXPECT_EQ(field(dialog.next(), "Upload-Complete"), "?1");
}

TEST(UploadDialog, Draft_AnyStatusOfACompleteUploadIsTheApplications) {
  for (const int status : {200, 201, 400, 404, 500, 503}) {
    UploadDialog dialog = appending();
    const UploadStep step = dialog.on_answer(head(status, {kComplete}), 19_MiB, kNow);
    EXPECT_EQ(step.kind, Kind::Final) << status;
    EXPECT_FALSE(dialog.resource()) << status;
  }
}

TEST(UploadDialog, Draft_AConflictCorrectsTheOffset) {
  UploadDialog dialog = appending();
  EXPECT_EQ(dialog.on_answer(head(409, {offset(2_MiB)}), 0, kNow).kind, Kind::Send);
  EXPECT_EQ(dialog.next().purpose, Purpose::Append);
  EXPECT_EQ(dialog.next().from, 2_MiB);
  EXPECT_EQ(dialog.on_answer(head(409), 0, kNow).kind, Kind::Send);
  EXPECT_EQ(dialog.next().purpose, Purpose::AskOffset);
}

TEST(UploadDialog, Draft_EndlessConflictsEnd) {
  UploadDialog dialog = appending();
  int answers = 0;
  UploadStep step;
  do {
    step = dialog.on_answer(head(409, {offset(2_MiB)}), 0, kNow);
  } while (step.kind == Kind::Send && ++answers < 100);
  EXPECT_EQ(step.kind, Kind::Fail);
  EXPECT_LT(answers, 10);
}

TEST(UploadDialog, Draft_AnOffsetThatGoesBackIsFollowedAndShown) {
  UploadDialog dialog = appending(5_MiB);
  (void)dialog.on_break(0);
  const UploadStep step = dialog.on_answer(head(204, {offset(1_MiB), kIncomplete}), 0, kNow);
  EXPECT_EQ(step.kind, Kind::Send);
  EXPECT_TRUE(step.went_back);
  EXPECT_TRUE(step.resource_changed);
  EXPECT_EQ(dialog.next().from, 1_MiB);
}

TEST(UploadDialog, Draft_AnOffsetBeyondTheBodyEndsIt) {
  UploadDialog dialog(order(), uris(), stored(UploadProtocol::Draft));
  EXPECT_EQ(dialog.on_answer(head(204, {offset(kLength + 1), kIncomplete}), 0, kNow).kind,
            Kind::Fail);
}

TEST(UploadDialog, Draft_BytesThatWereNeverSentAreNotOurs) {
  UploadDialog dialog = begun();
  (void)dialog.on_break(1_MiB);
  EXPECT_EQ(dialog.on_answer(head(204, {offset(2_MiB), kIncomplete}), 0, kNow).kind,
            Kind::StartOver);
}

TEST(UploadDialog, Draft_ACompleteUploadWhoseAnswerIsLostIsDone) {
  UploadDialog dialog(order(), uris(), stored(UploadProtocol::Draft));
  const UploadStep step = dialog.on_answer(head(204, {offset(kLength), kComplete}), 0, kNow);
  EXPECT_EQ(step.kind, Kind::Final);
  EXPECT_TRUE(step.response_lost);
}

TEST(UploadDialog, Draft_ACompleteUploadThatWasAnsweredWithAnErrorIsNoSuccess) {
  UploadDialog dialog = begun();
  EXPECT_EQ(dialog.on_answer(head(500), kLength, kNow).kind, Kind::Retry);
  UploadDialog later(order(), uris(), dialog.resource());
  EXPECT_EQ(later.on_answer(head(204, {offset(kLength), kComplete}), 0, kNow).kind, Kind::Fail);
}

TEST(UploadDialog, Draft_AGatewaysErrorSaysNothingOfTheApplication) {
  UploadDialog dialog = begun();
  EXPECT_EQ(dialog.on_answer(head(504), kLength, kNow).kind, Kind::Retry);
  EXPECT_TRUE(dialog.on_answer(head(204, {offset(kLength), kComplete}), 0, kNow).response_lost);
}

TEST(UploadDialog, Draft_AnUploadCompletedWithTooLittleEndsIt) {
  UploadDialog dialog(order(), uris(), stored(UploadProtocol::Draft));
  EXPECT_EQ(dialog.on_answer(head(204, {offset(5), kComplete}), 0, kNow).kind, Kind::Fail);
}

TEST(UploadDialog, Draft_AnUploadThatIsGoneStartsOverAFewTimes) {
  for (const int status : {403, 404, 410}) {
    UploadDialog dialog(order(), uris(), stored(UploadProtocol::Draft));
    for (std::uint32_t times = 1; times <= kMaxUploadRestarts; ++times) {
      const UploadStep step = dialog.on_answer(head(status), 0, kNow);
      EXPECT_EQ(step.kind, Kind::StartOver);
      EXPECT_TRUE(step.resource_changed);
      EXPECT_TRUE(step.repeats_request);
      EXPECT_EQ(dialog.restarts(), times);
      EXPECT_EQ(dialog.next().purpose, Purpose::Create);
      EXPECT_EQ(field(dialog.next(), "Upload-Draft-Interop-Version"), "8");
      (void)dialog.on_interim(head(104, {{"Location", "/up/2"}}), kNow);
      (void)dialog.on_break(0);
    }
    EXPECT_EQ(dialog.on_answer(head(status), 0, kNow).kind, Kind::Fail);
  }
}

TEST(UploadDialog, Draft_BeginningsAnewAreCountedOverDialogs) {
  UploadOrder again = order();
  again.restarts = kMaxUploadRestarts;
  UploadDialog dialog(again, uris(), stored(UploadProtocol::Draft));
  EXPECT_EQ(dialog.on_answer(head(404), 0, kNow).kind, Kind::Fail);
}

TEST(UploadDialog, Draft_AnotherLengthIsAnotherUpload) {
  UploadDialog dialog(order(), uris(), stored(UploadProtocol::Draft));
  EXPECT_EQ(dialog.on_answer(head(204, {offset(5), {"Upload-Length", "7"}}), 0, kNow).kind,
            Kind::StartOver);
}

TEST(UploadDialog, Draft_Version8MustSayThatItIsComplete) {
  UploadDialog dialog = appending();
  EXPECT_EQ(dialog.on_answer(head(200), 19_MiB, kNow).kind, Kind::Send);
  EXPECT_EQ(dialog.next().purpose, Purpose::AskOffset);
}

TEST(UploadDialog, Draft_Version6NeedNotSayIt) {
  UploadDialog dialog = appending(1_MiB, 6);
  EXPECT_EQ(dialog.on_answer(head(200), 19_MiB, kNow).kind, Kind::Final);
}

TEST(UploadDialog, Draft_413WithALimitMakesTheCreationSmaller) {
  UploadDialog dialog(order(), uris(), std::nullopt);
  EXPECT_EQ(
      dialog.on_answer(head(413, {{"Upload-Limit", "max-append-size=1048576"}}), 0, kNow).kind,
      Kind::Send);
  EXPECT_EQ(dialog.next().length, 1_MiB);
  EXPECT_EQ(field(dialog.next(), "Upload-Complete"), "?0");
  const UploadStep step = dialog.on_answer(head(201, {{"Location", "/up/1"}}), 1_MiB, kNow);
  EXPECT_EQ(step.kind, Kind::Send);
  EXPECT_TRUE(step.resource_changed);
  EXPECT_EQ(dialog.next().purpose, Purpose::Append);
  EXPECT_EQ(dialog.next().from, 1_MiB);
}

TEST(UploadDialog, Draft_413ToAnAppendSendsLessAtOnce) {
  UploadDialog dialog = appending();
  ByteCount last = 19_MiB;
  UploadStep step;
  while ((step = dialog.on_answer(head(413), 0, kNow)).kind == Kind::Send) {
    (void)dialog.on_answer(head(204, {offset(1_MiB), kIncomplete}), 0, kNow);
    ASSERT_LT(*dialog.next().length, last);
    last = *dialog.next().length;
  }
  EXPECT_EQ(step.kind, Kind::Fail);
  EXPECT_LE(last, 64_KiB);
}

TEST(UploadDialog, Draft_WhoLosesMuchOnTheWayGetsLessAtOnce) {
  UploadDialog dialog = begun();
  (void)dialog.on_break(kLength - 1);
  (void)dialog.on_answer(head(204, {offset(0), kIncomplete}), 0, kNow);
  EXPECT_EQ(dialog.next().length, kUploadChunk);
}

TEST(UploadDialog, Draft_AnOddFieldIsNoField) {
  UploadDialog dialog(order(), uris(), stored(UploadProtocol::Draft));
  EXPECT_EQ(dialog.on_answer(head(204, {{"Upload-Offset", "5, 5"}}), 0, kNow).kind,
            Kind::StartOver);
}

}  // namespace
}  // namespace lh
