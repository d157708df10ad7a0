#include <gtest/gtest.h>

#include "unit/core/policy/upload_dialog_fixture.h"

namespace lh {
namespace {

using namespace upload_test;

ResponseHead options(std::string extensions, HeaderList more = {}) {
  more.push_back({"Tus-Version", "1.0.0, 0.2.2"});
  more.push_back({"Tus-Extension", std::move(extensions)});
  return head(204, std::move(more));
}

ResponseHead created(HeaderList more = {}) {
  more.push_back({"Location", "/up/1"});
  return head(201, std::move(more));
}

UploadDialog discovered(const ResponseHead& answer, UploadOrder wanted = order(UploadWish::Tus)) {
  UploadDialog dialog(std::move(wanted), uris(), std::nullopt);
  (void)dialog.on_answer(answer, 0, kNow);
  return dialog;
}

UploadDialog appending(ByteOffset from = 0, ByteCount length = kLength) {
  UploadDialog dialog(order(UploadWish::Tus, length), uris(), stored(UploadProtocol::Tus));
  (void)dialog.on_answer(head(200, {offset(from)}), 0, kNow);
  return dialog;
}

TEST(UploadDialog, Tus_TheServerIsAskedFirstAndNeedNotAnswer) {
  UploadDialog dialog(order(UploadWish::Tus), uris(), std::nullopt);
  EXPECT_EQ(dialog.next().method, "OPTIONS");
  EXPECT_EQ(field(dialog.next(), "Tus-Resumable"), "(none)");
  for (const int status : {200, 404, 405, 500}) {
    UploadDialog answered = discovered(head(status));
    EXPECT_EQ(answered.next().purpose, Purpose::Create) << status;
  }
  EXPECT_EQ(dialog.on_break(0).kind, Kind::Send);
  EXPECT_EQ(dialog.next().purpose, Purpose::Create);
}

TEST(UploadDialog, Tus_ACreationIsAPostWithTheLengthAndMetadata) {
  UploadOrder wanted = order(UploadWish::Tus);
  wanted.method = "PUT";
  wanted.file_name = "world_domination_plan.pdf";
  const UploadDialog dialog = discovered(options("creation"), wanted);
  const UploadRequest& request = dialog.next();
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.uri, kUri);
  EXPECT_EQ(request.length, 0U);
  EXPECT_EQ(field(request, "Tus-Resumable"), "1.0.0");
  EXPECT_EQ(field(request, "Upload-Length"), std::to_string(kLength));
  EXPECT_EQ(field(request, "Upload-Metadata"),
            "filename d29ybGRfZG9taW5hdGlvbl9wbGFuLnBkZg==,filetype dmlkZW8vbXA0");
  EXPECT_EQ(field(request, "Content-Type"), "(none)");
}

const ResponseHead kWithUpload = options("creation,creation-with-upload");

TEST(UploadDialog, Tus_ACreationBringsASmallBodyWhereThatIsOffered) {
  const UploadOrder small = order(UploadWish::Tus, 100_KiB);
  EXPECT_EQ(discovered(options("creation"), small).next().length, 0U);
  EXPECT_EQ(discovered(kWithUpload).next().length, 0U);
  UploadDialog dialog = discovered(kWithUpload, small);
  EXPECT_EQ(dialog.next().length, 100_KiB);
  EXPECT_EQ(field(dialog.next(), "Content-Type"), "application/offset+octet-stream");
  EXPECT_EQ(dialog.on_answer(created({offset(100_KiB)}), 100_KiB, kNow).kind, Kind::Final);
}

TEST(UploadDialog, Tus_WhatACreationDidNotTakeIsAppended) {
  UploadDialog dialog = discovered(kWithUpload, order(UploadWish::Tus, 100_KiB));
  EXPECT_EQ(dialog.on_answer(created({offset(40_KiB)}), 100_KiB, kNow).kind, Kind::Send);
  EXPECT_EQ(dialog.next().from, 40_KiB);
  EXPECT_EQ(dialog.next().length, 60_KiB);
}

TEST(UploadDialog, Tus_ACreationThatBrokeBringsNothingTheNextTime) {
  UploadDialog dialog = discovered(kWithUpload, order(UploadWish::Tus, 100_KiB));
  EXPECT_TRUE(dialog.on_break(100_KiB).repeats_request);
  EXPECT_EQ(dialog.next().purpose, Purpose::Create);
  EXPECT_EQ(dialog.next().length, 0U);
  EXPECT_FALSE(dialog.on_break(0).repeats_request);
}

TEST(UploadDialog, Tus_ACreationThatIsTooLargeIsTriedEmpty) {
  UploadDialog dialog = discovered(kWithUpload, order(UploadWish::Tus, 100_KiB));
  EXPECT_EQ(dialog.on_answer(head(413), 100, kNow).kind, Kind::Send);
  EXPECT_EQ(dialog.next().length, 0U);
  EXPECT_EQ(dialog.on_answer(head(413), 0, kNow).kind, Kind::Final);
}

TEST(UploadDialog, Tus_WhatTheServerCannotDoFailsBeforeAByteIsSent) {
  EXPECT_NE(discovered(options("creation", {{"Tus-Max-Size", "5"}})).next().purpose,
            Purpose::Create);
  UploadDialog old(order(UploadWish::Tus), uris(), std::nullopt);
  EXPECT_EQ(old.on_answer(head(204, {{"Tus-Version", "0.2.2"}}), 0, kNow).kind, Kind::Fail);
  UploadDialog fixed(order(UploadWish::Tus), uris(), std::nullopt);
  EXPECT_EQ(fixed.on_answer(options("termination"), 0, kNow).kind, Kind::Fail);
}

TEST(UploadDialog, Tus_AnEmptyBodyIsDoneWhenCreated) {
  UploadDialog dialog =
      discovered(options("creation,creation-with-upload"), order(UploadWish::Tus, 0));
  EXPECT_EQ(dialog.next().length, 0U);
  EXPECT_EQ(dialog.on_answer(created(), 0, kNow).kind, Kind::Final);
}

TEST(UploadDialog, Tus_ChunksAreAtMost8MiBAndTheLastAnswerIsTheApplications) {
  UploadDialog dialog = discovered(options("creation"));
  const UploadStep step =
      dialog.on_answer(created({{"Upload-Expires", "Wed, 25 Jun 2014 16:00:00 GMT"}}), 0, kNow);
  EXPECT_TRUE(step.resource_changed);
  EXPECT_TRUE(dialog.resource()->expires);
  for (const ByteOffset from : {0_MiB, 8_MiB}) {
    EXPECT_EQ(dialog.next().from, from);
    EXPECT_EQ(dialog.next().length, 8_MiB);
    EXPECT_EQ(dialog.on_answer(head(204, {offset(from + 8_MiB)}), 8_MiB, kNow).kind, Kind::Send);
    EXPECT_EQ(dialog.acknowledged(), from + 8_MiB);
  }
  EXPECT_EQ(dialog.next().length, 4_MiB);
  EXPECT_EQ(dialog.on_answer(head(204, {offset(kLength)}), 4_MiB, kNow).kind, Kind::Final);
}

TEST(UploadDialog, Tus_ABodyOfExactlyOneChunkNeedsOneAppend) {
  UploadDialog dialog = appending(0, 8_MiB);
  EXPECT_EQ(dialog.next().length, 8_MiB);
  EXPECT_EQ(dialog.on_answer(head(204, {offset(8_MiB)}), 8_MiB, kNow).kind, Kind::Final);
}

TEST(UploadDialog, Tus_AnAnswerWithAnotherOffsetIsCorrectedByAQuestion) {
  for (HeaderList headers : {HeaderList{offset(5)}, HeaderList{}}) {
    UploadDialog dialog = appending();
    EXPECT_EQ(dialog.on_answer(head(204, std::move(headers)), 8_MiB, kNow).kind, Kind::Send);
    EXPECT_EQ(dialog.next().purpose, Purpose::AskOffset);
  }
}

TEST(UploadDialog, Tus_StatusesOfAnAppend) {
  const std::vector<std::pair<int, Kind>> expected = {
      {409, Kind::Send},      {412, Kind::Fail},  {404, Kind::StartOver}, {410, Kind::StartOver},
      {403, Kind::StartOver}, {423, Kind::Retry}, {500, Kind::Retry},     {413, Kind::Send},
      {415, Kind::Fail},      {460, Kind::Fail},  {401, Kind::Fail},      {301, Kind::Fail}};
  for (const auto& [status, kind] : expected) {
    UploadDialog dialog = appending();
    EXPECT_EQ(dialog.on_answer(head(status), 0, kNow).kind, kind) << status;
  }
}

TEST(UploadDialog, Tus_ChecksumsAreSentWhereTheServerTakesThem) {
  UploadOrder wanted = order(UploadWish::Tus);
  wanted.chunk_checksums = true;
  UploadDialog dialog = discovered(
      options("creation,creation-with-upload,checksum", {{"Tus-Checksum-Algorithm", "md5,sha1"}}),
      wanted);
  EXPECT_EQ(dialog.next().length, 0U);
  (void)dialog.on_answer(created(), 0, kNow);
  EXPECT_EQ(dialog.next().checksum, "sha1");
  EXPECT_EQ(tus_checksum("sha1", "YQ=="), (HeaderField{"Upload-Checksum", "sha1 YQ=="}));
  int mismatches = 0;
  while (dialog.on_answer(head(460), 8_MiB, kNow).kind == Kind::Send) {
    EXPECT_EQ(dialog.next().from, 0U);
    ASSERT_LT(++mismatches, 20);
  }
  EXPECT_GT(mismatches, 1);
}

TEST(UploadDialog, Tus_AnUploadThatWasWholeBeforeIsDone) {
  UploadDialog dialog(order(UploadWish::Tus), uris(), stored(UploadProtocol::Tus));
  EXPECT_TRUE(dialog.on_answer(head(200, {offset(kLength)}), 0, kNow).response_lost);
}

TEST(UploadDialog, Tus_ALastAppendThatWasRefusedIsNoSuccess) {
  UploadDialog dialog = appending(19_MiB);
  EXPECT_EQ(dialog.on_answer(head(500), 1_MiB, kNow).kind, Kind::Retry);
  EXPECT_EQ(dialog.on_answer(head(200, {offset(kLength)}), 0, kNow).kind, Kind::Fail);
}

TEST(UploadDialog, Tus_TerminationIsNotAskedWhereItIsNotOffered) {
  for (const bool offered : {true, false}) {
    UploadDialog dialog = discovered(options(offered ? "creation,termination" : "creation"));
    (void)dialog.on_answer(created(), 0, kNow);
    EXPECT_EQ(dialog.cancel_request().has_value(), offered);
  }
  const UploadRequest request =
      upload_cancel_request(order(UploadWish::Tus), uris(), stored(UploadProtocol::Tus));
  EXPECT_EQ(request.method, "DELETE");
  EXPECT_EQ(field(request, "Tus-Resumable"), "1.0.0");
}

}  // namespace
}  // namespace lh
