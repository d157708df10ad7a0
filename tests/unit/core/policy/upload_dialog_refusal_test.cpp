#include <gtest/gtest.h>

#include "unit/core/policy/upload_dialog_fixture.h"

// Answers that refuse: what must not become a success later, and what must come to an end. And
// requests that are sent again or elsewhere.

namespace lh {
namespace {

using namespace upload_test;

UploadDialog begun() {
  UploadDialog dialog(order(), uris(), std::nullopt);
  (void)dialog.on_interim(head(104, {{"Location", "/up/1"}}), kNow);
  return dialog;
}

UploadDialog appending(UploadProtocol protocol = UploadProtocol::Draft, ByteOffset from = 1_MiB,
                       ByteCount length = kLength) {
  const bool is_tus = protocol == UploadProtocol::Tus;
  UploadDialog dialog(order(is_tus ? UploadWish::Tus : UploadWish::Automatic, length), uris(),
                      stored(protocol));
  (void)dialog.on_answer(head(204, {offset(from), kIncomplete}), 0, kNow);
  return dialog;
}

UploadStep told_complete(const std::optional<UploadResource>& resource,
                         UploadWish wish = UploadWish::Automatic) {
  UploadDialog later(order(wish), uris(), resource);
  return later.on_answer(head(204, {offset(kLength), kComplete}), 0, kNow);
}

bool names(const UploadStep& step, int status) {
  return step.reason.find(std::to_string(status)) != std::string::npos;
}

TEST(UploadDialog, Draft_NoRefusalOfTheWholeBecomesASuccess) {
  for (const int status : {400, 401, 408, 409, 413, 415, 422, 423, 425, 429, 500, 501, 503, 507}) {
    UploadDialog dialog = appending();
    const UploadStep step = dialog.on_answer(head(status), 19_MiB, kNow);
    EXPECT_TRUE(step.resource_changed) << status;
    ASSERT_TRUE(dialog.resource()) << status;
    EXPECT_EQ(dialog.resource()->refused_with, static_cast<unsigned>(status));
    const UploadStep end = told_complete(dialog.resource());
    EXPECT_EQ(end.kind, Kind::Fail) << status;
    EXPECT_TRUE(names(end, status)) << end.reason;
  }
}

TEST(UploadDialog, Draft_NoRefusalOfACreationThatBroughtAllBecomesASuccess) {
  for (const int status : {408, 413, 425, 429, 500, 503}) {
    UploadDialog dialog = begun();
    const UploadStep step = dialog.on_answer(head(status), kLength, kNow);
    EXPECT_TRUE(step.resource_changed) << status;
    const UploadStep end = dialog.on_answer(head(204, {offset(kLength), kComplete}), 0, kNow);
    EXPECT_EQ(end.kind, Kind::Fail) << status;
    EXPECT_TRUE(names(end, status)) << end.reason;
  }
}

TEST(UploadDialog, Tus_NoRefusalOfTheLastAppendBecomesASuccess) {
  for (const int status : {400, 408, 409, 413, 423, 429, 503}) {
    UploadDialog dialog = appending(UploadProtocol::Tus, 19_MiB);
    EXPECT_TRUE(dialog.on_answer(head(status), 1_MiB, kNow).resource_changed) << status;
    EXPECT_EQ(told_complete(dialog.resource(), UploadWish::Tus).kind, Kind::Fail) << status;
  }
}

TEST(UploadDialog, Draft_WhatDidNotBringAllOrComesOfAGatewayIsNoRefusal) {
  for (const int status : {413, 429, 500}) {
    UploadDialog dialog = appending();
    (void)dialog.on_answer(head(status), 19_MiB - 1, kNow);
    EXPECT_EQ(dialog.resource()->refused_with, 0U) << status;
  }
  for (const int status : {502, 504}) {
    UploadDialog dialog = appending();
    (void)dialog.on_answer(head(status), 19_MiB, kNow);
    EXPECT_TRUE(told_complete(dialog.resource()).response_lost) << status;
  }
}

TEST(UploadDialog, Draft_ARefusalHasHadNoEffectIfTheServerLacksBytes) {
  UploadDialog dialog = appending();
  (void)dialog.on_answer(head(503), 19_MiB, kNow);
  EXPECT_TRUE(dialog.on_answer(head(204, {offset(15_MiB), kIncomplete}), 0, kNow).resource_changed);
  EXPECT_EQ(dialog.resource()->refused_with, 0U);
  (void)dialog.on_answer(head(503), 5_MiB, kNow);
  (void)dialog.on_answer(head(204, {offset(kLength), kIncomplete}), 0, kNow);
  EXPECT_EQ(dialog.resource()->refused_with, 503U);
}

TEST(UploadDialog, Draft_AConflictThatTellsWhatLacksIsNoRefusal) {
  UploadDialog dialog = appending();
  (void)dialog.on_answer(head(409, {offset(2_MiB)}), 19_MiB, kNow);
  EXPECT_EQ(dialog.resource()->refused_with, 0U);
}

TEST(UploadDialog, Draft_A413CountsUntilAnAppendCompletes) {
  UploadDialog dialog = begun();
  (void)dialog.on_answer(head(413), kLength, kNow);
  (void)dialog.on_answer(head(204, {offset(12_MiB), kIncomplete}), 0, kNow);
  EXPECT_EQ(dialog.resource()->refused_with, 413U);
  UploadDialog broken = dialog;
  (void)broken.on_break(8_MiB);
  EXPECT_TRUE(names(told_complete(broken.resource()), 413));
  UploadDialog silent = dialog;  // as to whether it is complete
  EXPECT_TRUE(silent.on_answer(head(200), 8_MiB, kNow).resource_changed);
  EXPECT_TRUE(told_complete(silent.resource()).response_lost);
  EXPECT_EQ(dialog.on_answer(head(200, {kComplete}), 8_MiB, kNow).kind, Kind::Final);
}

TEST(UploadDialog, Draft_WhatIsSaidOfACompleteUploadIsTheLastWord) {
  for (const int status : {200, 400, 408, 413, 429, 500, 502, 503}) {
    for (UploadDialog dialog : {appending(), begun()}) {
      const ByteCount length = *dialog.next().length;
      const UploadStep step = dialog.on_answer(head(status, {kComplete}), length, kNow);
      EXPECT_EQ(step.kind, Kind::Final) << status;
      EXPECT_TRUE(step.is_last_word) << status;
      EXPECT_TRUE(step.resource_changed) << status;
      EXPECT_FALSE(step.is_early) << status;
    }
  }
}

TEST(UploadDialog, AnOrdinaryAnswerIsNotTheLastWord) {
  UploadDialog unaware(order(), uris(), std::nullopt);
  EXPECT_FALSE(unaware.on_answer(head(200), kLength, kNow).is_last_word);
  UploadDialog plain(order(UploadWish::None), uris(), std::nullopt);
  EXPECT_FALSE(plain.on_answer(head(400, {kComplete}), kLength, kNow).is_last_word);
}

TEST(UploadDialog, ASuccessBeforeAllWasSentIsEarly) {
  for (const auto wish : {UploadWish::None, UploadWish::Automatic}) {
    for (const ByteCount lacks : {0U, 1U}) {
      UploadDialog dialog(order(wish), uris(), std::nullopt);
      const UploadStep step = dialog.on_answer(head(200), kLength - lacks, kNow);
      EXPECT_EQ(step.kind, Kind::Final);
      EXPECT_EQ(step.is_early, lacks > 0);
    }
    UploadDialog refused(order(wish), uris(), std::nullopt);
    EXPECT_FALSE(refused.on_answer(head(400), 0, kNow).is_early);
  }
}

ResponseHead too_large(ByteCount at_once) {
  return head(413, {{"Upload-Limit", "max-append-size=" + std::to_string(at_once)}});
}

TEST(UploadDialog, Draft_ACreationThatIsAlwaysTooLargeEnds) {
  UploadDialog dialog(order(), uris(), std::nullopt);
  int answers = 0;
  UploadStep step;
  for (ByteCount last = kLength;; last = *dialog.next().length) {
    step = dialog.on_answer(too_large(last - 1), 0, kNow);
    if (step.kind != Kind::Send) break;
    ASSERT_LE(*dialog.next().length, last / 2);
    ASSERT_LT(++answers, 100);
  }
  EXPECT_EQ(step.kind, Kind::Fail);
  EXPECT_EQ(answers, kMaxUploadCorrections);
}

TEST(UploadDialog, Draft_AnAppendThatIsAlwaysTooLargeEnds) {
  UploadDialog dialog = appending();
  int answers = 0;
  UploadStep step;
  for (ByteCount last = 19_MiB;; last = *dialog.next().length) {
    step = dialog.on_answer(too_large(last - 1), 0, kNow);
    if (step.kind != Kind::Send) break;
    (void)dialog.on_answer(head(204, {offset(1_MiB), kIncomplete}), 0, kNow);
    ASSERT_LE(*dialog.next().length, last / 2);
    ASSERT_LT(++answers, 100);
  }
  EXPECT_EQ(step.kind, Kind::Fail);
  EXPECT_EQ(answers, kMaxUploadCorrections);
}

TEST(UploadDialog, Draft_TooLargeForALimitThatIsKeptToEndsItAtOnce) {
  for (const ByteCount more : {0U, 1U}) {
    UploadDialog creating(order(), uris(), std::nullopt);
    EXPECT_EQ(creating.on_answer(too_large(kLength + more), 0, kNow).kind, Kind::Fail);
    UploadDialog dialog = appending();
    EXPECT_EQ(dialog.on_answer(too_large(19_MiB + more), 0, kNow).kind, Kind::Fail);
  }
}

TEST(UploadDialog, Draft_WhoTakesNoHalfOfWhatIsTooLargeIsLeft) {
  UploadDialog dialog = appending();
  EXPECT_EQ(
      dialog.on_answer(head(413, {{"Upload-Limit", "min-append-size=15728640"}}), 0, kNow).kind,
      Kind::Fail);
}

TEST(UploadDialog, Draft_WhatARequestBeganIsForgottenWhenItIsRepeated) {
  UploadDialog dialog(order(), uris(), std::nullopt);
  (void)dialog.on_interim(
      head(104, {{"Location", "/up/1"}, {"Upload-Limit", "max-size=99999999"}, offset(5)}), kNow);
  dialog.on_repeat();
  EXPECT_FALSE(dialog.resource());
  UploadDialog broken = dialog;
  EXPECT_TRUE(broken.on_break(0).resource_changed);
  EXPECT_EQ(broken.next().purpose, Purpose::Create);
  EXPECT_EQ(dialog.on_interim(head(104, {{"Location", "/up/2"}}), kNow), UploadInterim::Changed);
  EXPECT_EQ(dialog.resource()->uri, "http://server/up/2");
  EXPECT_EQ(dialog.resource()->max_size, std::nullopt);
  EXPECT_EQ(dialog.acknowledged(), 0U);
}

TEST(UploadDialog, Draft_OfARepeatedCreationOnlyWhatFollowsWasSentToTheResource) {
  UploadDialog dialog(order(), uris(), std::nullopt);
  dialog.on_repeat();
  (void)dialog.on_interim(head(104, {{"Location", "/up/1"}}), kNow);
  (void)dialog.on_break(1_MiB);
  EXPECT_EQ(dialog.on_answer(head(204, {offset(2_MiB), kIncomplete}), 0, kNow).kind,
            Kind::StartOver);
}

TEST(UploadDialog, Draft_WhatWasThereBeforeStaysWhenARequestIsRepeated) {
  UploadDialog dialog = begun();
  (void)dialog.on_break(1_MiB);
  (void)dialog.on_answer(head(204, {offset(1_MiB), kIncomplete}), 0, kNow);
  dialog.on_repeat();
  ASSERT_TRUE(dialog.resource());
  // What had gone before may have arrived.
  (void)dialog.on_break(0);
  EXPECT_EQ(dialog.on_answer(head(204, {offset(3_MiB), kIncomplete}), 0, kNow).kind, Kind::Send);
}

TEST(UploadDialog, R68_AnotherOriginGetsNothingThatIsForTheAppsOwn) {
  UploadOrder wanted = order();
  wanted.headers.insert(wanted.headers.end(), {{"host", "virtual"},
                                               {"Authorization", "Basic x"},
                                               {"Cookie", "a=b"},
                                               {"Proxy-Authorization", "Basic y"}});
  UploadResource elsewhere = stored(UploadProtocol::Draft);
  elsewhere.uri = "http://other/up/1";
  UploadDialog dialog(wanted, uris(), elsewhere);
  const UploadRequest asked = dialog.next();
  (void)dialog.on_answer(head(204, {offset(5), kIncomplete}), 0, kNow);
  for (const UploadRequest& request : {asked, dialog.next(), *dialog.cancel_request()}) {
    for (const char* name : {"Host", "Authorization", "Cookie", "Proxy-Authorization"}) {
      EXPECT_EQ(field(request, name), "(none)");
    }
    EXPECT_EQ(field(request, "X-App"), "1");
  }
  const UploadDialog at_home(wanted, uris(), stored(UploadProtocol::Draft));
  EXPECT_EQ(field(at_home.next(), "Host"), "virtual");
  EXPECT_EQ(field(at_home.next(), "Authorization"), "Basic x");
}

TEST(UploadDialog, Tus_WhatTheAppSaysInTheProtocolsIsLeftOut) {
  UploadOrder wanted = order(UploadWish::Tus);
  wanted.headers.insert(wanted.headers.end(), {{"Upload-Defer-Length", "1"},
                                               {"upload-offset", "7"},
                                               {"Tus-Extension", "x"},
                                               {"Upload-Metadata", "a Yg=="}});
  UploadDialog dialog(wanted, uris(), std::nullopt);
  (void)dialog.on_break(0);
  EXPECT_EQ(field(dialog.next(), "Upload-Metadata"), "a Yg==");
  const UploadRequest created = dialog.next();
  (void)dialog.on_answer(head(201, {{"Location", "/up/1"}}), 0, kNow);
  EXPECT_EQ(field(dialog.next(), "Upload-Metadata"), "(none)");
  EXPECT_EQ(field(dialog.next(), "Upload-Offset"), "0");
  for (const UploadRequest& request : {created, dialog.next()}) {
    EXPECT_EQ(field(request, "Upload-Defer-Length"), "(none)");
    EXPECT_EQ(field(request, "Tus-Extension"), "(none)");
  }
}

/// How many requests of content it needs to bring all to a server that takes so little of each.
int appends_to_server_that_takes(ByteCount at_once, std::vector<ByteCount>& lengths) {
  UploadDialog dialog = appending(UploadProtocol::Tus, 0);
  ByteOffset has = 0;
  for (int appends = 1; appends < 1000; ++appends) {
    const ByteCount length = *dialog.next().length;
    lengths.push_back(length);
    has += std::min(length, at_once);
    UploadStep step = dialog.on_answer(head(204, {offset(has)}), length, kNow);
    if (step.kind == Kind::Final) return appends;
    if (step.kind == Kind::Send && dialog.next().purpose == Purpose::AskOffset) {
      step = dialog.on_answer(head(200, {offset(has)}), 0, kNow);
      if (step.kind == Kind::Final) return appends;
    }
    if (step.kind != Kind::Send) return -1;
  }
  return -1;
}

TEST(UploadDialog, Tus_WhoTakesLessThanAChunkGetsLessAndIsServed) {
  std::vector<ByteCount> lengths;
  EXPECT_GT(appends_to_server_that_takes(1_MiB, lengths), 0);
  EXPECT_EQ(lengths[1], 8_MiB);  // once is not always
  EXPECT_EQ(lengths[2], 4_MiB);
  EXPECT_EQ(lengths[4], 1_MiB);
  EXPECT_EQ(lengths.back(), 1_MiB);
  lengths.clear();
  EXPECT_GT(appends_to_server_that_takes(64_KiB, lengths), 0);
  EXPECT_EQ(lengths.back(), 64_KiB);
}

TEST(UploadDialog, Tus_WhoTakesNextToNothingIsLeft) {
  std::vector<ByteCount> lengths;
  EXPECT_EQ(appends_to_server_that_takes(64_KiB - 1, lengths), -1);
  EXPECT_LT(lengths.size(), 12U);
  EXPECT_EQ(lengths.back(), 64_KiB);
}

TEST(UploadDialog, Tus_ToGetOnALittleIsNoCorrection) {
  UploadDialog dialog = appending(UploadProtocol::Tus, 0);
  for (int spent = 0; spent < kMaxUploadCorrections; ++spent) {
    (void)dialog.on_answer(head(409), 8_MiB, kNow);
    (void)dialog.on_answer(head(200, {offset(0)}), 0, kNow);
  }
  UploadDialog less = dialog;
  EXPECT_EQ(less.on_answer(head(204, {offset(64_KiB - 1)}), 8_MiB, kNow).kind, Kind::Fail);
  EXPECT_EQ(dialog.on_answer(head(204, {offset(64_KiB)}), 8_MiB, kNow).kind, Kind::Send);
  EXPECT_EQ(dialog.acknowledged(), 64_KiB);
}

/// It takes, and has not taken after all.
TEST(UploadDialog, Tus_WhoTakesLessAndLosesItIsLeft) {
  UploadDialog dialog = appending(UploadProtocol::Tus, 0);
  int appends = 0;
  for (UploadStep step; step.kind == Kind::Send; ++appends) {
    ASSERT_LT(appends, 2 * kMaxUploadCorrections);
    (void)dialog.on_answer(head(204, {offset(dialog.next().from + 64_KiB)}), *dialog.next().length,
                           kNow);
    step = dialog.on_answer(head(200, {offset(0)}), 0, kNow);
  }
}

}  // namespace
}  // namespace lh
