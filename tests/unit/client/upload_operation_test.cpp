#include "longhaul/upload_operation.h"

#include "upload_support.h"

// Uploads as apps see them, with the real service.
namespace longhaul::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kLarge = 16UL * 1024 * 1024;  // more than sockets buffer

bool has_ended(const TransferInfo& info) {
  return info.HasEnded();
}

TEST_F(Uploads, R84_AFileArrivesByteForByteByPost) {
  const std::string sent = random_bytes(300'000);
  const StorageFile file = file_with(sent);
  const UploadOperation operation = uploader_.CreateUpload(uri(), file);
  EXPECT_EQ(operation.Progress().Status, BackgroundTransferStatus::Idle);
  EXPECT_EQ(operation.GetResponseInformation(), nullptr);
  EXPECT_EQ(operation.Method(), L"POST");
  EXPECT_EQ(operation.RequestedUri().AbsoluteUri(), uri().AbsoluteUri());
  EXPECT_EQ(operation.SourceFile().Path(), file.Path());
  EXPECT_EQ(operation.SourceFile(), operation.SourceFile()) << "the same object";
  EXPECT_EQ(operation.StartAsync().get(), operation);
  EXPECT_TRUE(server_.contents().back() == sent);
  EXPECT_TRUE(server_.requests().back().starts_with("POST /in ")) << server_.requests().back();
}

TEST_F(Uploads, R99_TheAnswerIsReadAfterTheEnd) {
  const UploadOperation operation = new_upload("what");
  operation.StartAsync().get();
  const ResponseInformation response = operation.GetResponseInformation();
  ASSERT_NE(response, nullptr);
  EXPECT_EQ(response.StatusCode(), 200U);
  EXPECT_EQ(response.Headers().Lookup(L"X-Twice"), L"a, b");
  EXPECT_TRUE(is_forgotten(operation.Guid())) << "the service keeps it no more";
  EXPECT_EQ(read_all(operation.GetResultStreamAt(0)), "thank you");
  EXPECT_EQ(read_all(operation.GetResultStreamAt(6)), "you");
  EXPECT_EQ(read_all(operation.GetResultStreamAt(9)), "");
  EXPECT_EQ(read_all(operation.GetResultStreamAt(100)), "");
}

TEST_F(Uploads, R99_ALongAnswerIsReadAfterTheEnd) {
  const std::string page = random_bytes(300'000);
  server_.replace(page, "\"two\"");
  const UploadOperation operation = new_upload("what");
  operation.StartAsync().get();
  EXPECT_TRUE(is_forgotten(operation.Guid()));
  EXPECT_TRUE(read_all(operation.GetResultStreamAt(0)) == page);
  EXPECT_TRUE(read_all(operation.GetResultStreamAt(200'000)) == page.substr(200'000));
}

TEST_F(Uploads, R99_AStreamOfBeforeTheEndGivesTheAnswerToo) {
  const UploadOperation operation = new_upload("what");
  const IInputStream stream = operation.GetResultStreamAt(0);
  operation.StartAsync().get();
  EXPECT_TRUE(is_forgotten(operation.Guid()));
  EXPECT_EQ(read_all(stream), "thank you");
}

TEST_F(Uploads, R100_AnErrorStatusIsAnErrorAndItsPageCanBeRead) {
  server_.refuse_with("403 Forbidden");
  const UploadOperation operation = new_upload("what");
  const UploadAsync watched = operation.StartAsync();
  EXPECT_EQ(code_of([&] { watched.get(); }), hresult(0x80190193U));
  EXPECT_EQ(operation.Progress().Status, BackgroundTransferStatus::Error);
  ASSERT_NE(operation.GetResponseInformation(), nullptr);
  EXPECT_EQ(operation.GetResponseInformation().StatusCode(), 403U);
  EXPECT_EQ(operation.GetResponseInformation().Headers().Lookup(L"X-Reason"), L"refused");
  EXPECT_TRUE(is_forgotten(operation.Guid()));
  EXPECT_EQ(read_all(operation.GetResultStreamAt(0)), "thank you");
}

TEST_F(Uploads, R99_AnAnswerWithoutBodyIsAnEmptyStream) {
  server_.replace("", "\"none\"");
  const UploadOperation operation = new_upload("what");
  operation.StartAsync().get();
  EXPECT_EQ(read_all(operation.GetResultStreamAt(0)), "");
}

TEST_F(Uploads, R96_ProgressCountsWhatIsSentAndWhatIsAnswered) {
  server_.hold_reading_at(1);
  const UploadOperation operation = new_upload(random_bytes(kLarge));
  const UploadAsync watched = operation.StartAsync();
  ASSERT_TRUE(wait_for(operation, watched, [](const BackgroundUploadProgress& progress) {
    return progress.BytesSent > 0;
  }));
  const BackgroundUploadProgress middle = operation.Progress();
  EXPECT_LT(middle.BytesSent, kLarge);
  EXPECT_EQ(middle.TotalBytesToSend, kLarge);
  EXPECT_EQ(middle.BytesReceived, 0U);
  EXPECT_EQ(middle.Status, BackgroundTransferStatus::Running);
  server_.release();
  watched.get();
  EXPECT_EQ(operation.Progress(),
            (BackgroundUploadProgress{9, kLarge, 9, kLarge, BackgroundTransferStatus::Completed,
                                      operation.Progress().HasResponseChanged, false}));
}

TEST_F(Uploads, R27_TheReportOfTheResponseFindsItInPlace) {
  server_.hold_at(3);
  const UploadOperation operation = new_upload("what");
  const UploadAsync watched = operation.StartAsync();
  ASSERT_TRUE(wait_for(operation, watched, [&](const BackgroundUploadProgress& progress) {
    return progress.BytesReceived > 0 || operation.GetResponseInformation() != nullptr;
  }));
  EXPECT_EQ(operation.GetResponseInformation().StatusCode(), 200U);
  server_.release();
  watched.get();
}

TEST_F(Uploads, R32_CancellingTheObjectCancelsTheUpload) {
  server_.hold_reading_at(1);
  const UploadOperation operation = new_upload(random_bytes(kLarge));
  const UploadAsync watched = operation.StartAsync();
  watched.Cancel();
  EXPECT_EQ(code_of([&] { watched.get(); }), hresult(0x800704C7U));
  EXPECT_EQ(watched.Status(), AsyncStatus::Canceled);
  EXPECT_EQ(operation.Progress().Status, BackgroundTransferStatus::Canceled);
  EXPECT_EQ(code_of([&] { read_all(operation.GetResultStreamAt(0)); }), hresult(0x800704C7U));
}

TEST_F(Uploads, R13_R22_MisuseIsRefused) {
  const UploadOperation operation = new_upload("what");
  EXPECT_THROW(static_cast<void>(operation.AttachAsync()), hresult_illegal_method_call);
  const UploadAsync watched = operation.StartAsync();
  EXPECT_THROW(static_cast<void>(operation.StartAsync()), hresult_illegal_method_call);
  watched.get();
  EXPECT_THROW(operation.SetRequestHeader(L"X-Late", L"1"), hresult_illegal_method_call);
  EXPECT_THROW(operation.Priority(BackgroundTransferPriority::High), hresult_illegal_method_call);
  EXPECT_THROW(static_cast<void>(UploadOperation(nullptr).StartAsync()), hresult_error);
}

TEST_F(Uploads, R60_R61_WhatIsSetOnTheOperationCounts) {
  const UploadOperation operation = new_upload("what");
  operation.SetRequestHeader(L"X-One", L"a");
  operation.SetRequestHeader(L"X-One", L"b");
  operation.SetRequestHeader(L"X-Two", L"c");
  operation.RemoveRequestHeader(L"x-two");
  operation.Priority(BackgroundTransferPriority::High);
  operation.CostPolicy(BackgroundTransferCostPolicy::Always);
  EXPECT_EQ(operation.Priority(), BackgroundTransferPriority::High);
  EXPECT_EQ(operation.CostPolicy(), BackgroundTransferCostPolicy::Always);
  EXPECT_THROW(operation.SetRequestHeader(L"Content-Length", L"1"), hresult_invalid_argument);
  operation.StartAsync().get();
  EXPECT_NE(server_.requests().back().find("X-One: a, b\r\n"), std::string::npos);
  EXPECT_EQ(server_.requests().back().find("X-Two"), std::string::npos);
}

TEST_F(Uploads, R98_AFileThatHasChangedIsNotSent) {
  const StorageFile file = file_with("what it was");
  const UploadOperation operation = uploader_.CreateUpload(uri(), file);
  std::ofstream(to_string(file.Path())) << "what it is now";
  EXPECT_NE(code_of([&] { operation.StartAsync().get(); }), hresult(0));
  EXPECT_EQ(operation.Progress().Status, BackgroundTransferStatus::Error);
  EXPECT_EQ(operation.GetResponseInformation(), nullptr);
}

// --- the next run of the app ---------------------------------------------------------------------

TEST_F(Uploads, R6_TheNextRunFindsWhatIsUnderWayAndAttaches) {
  server_.hold_reading_at(1);
  const std::string sent = random_bytes(kLarge);
  const guid id = left_behind(sent, "PUT");
  const UploadOperation operation = find(id);
  ASSERT_TRUE(operation);
  EXPECT_EQ(operation.Method(), L"PUT");
  EXPECT_TRUE(operation.SourceFile());
  const UploadAsync watched = operation.AttachAsync();
  server_.release();
  EXPECT_EQ(watched.get(), operation);
  EXPECT_TRUE(server_.contents().back() == sent);
  EXPECT_EQ(read_all(operation.GetResultStreamAt(0)), "thank you");
}

TEST_F(Uploads, R9_R10_OneThatHasEndedIsDeliveredWithItsAnswer) {
  for (const char* refusal : {"", "404 Not Found"}) {
    server_.refuse_with(refusal);
    const guid id = left_behind("what", "PUT");
    ASSERT_TRUE(wait_until(id, has_ended));
    const UploadOperation operation = find(id);
    ASSERT_TRUE(operation);
    const UploadAsync watched = operation.AttachAsync();
    EXPECT_EQ(code_of([&] { watched.get(); }), hresult(*refusal == 0 ? 0U : 0x80190194U));
    EXPECT_TRUE(is_forgotten(id));
    ASSERT_NE(operation.GetResponseInformation(), nullptr);
    EXPECT_EQ(operation.GetResponseInformation().StatusCode(), *refusal == 0 ? 200U : 404U);
    EXPECT_EQ(read_all(operation.GetResultStreamAt(0)), "thank you");
  }
}

TEST_F(Uploads, R6_DownloadsAndUploadsAreFoundApart) {
  const UploadOperation upload = new_upload("what");
  const DownloadOperation download = new_download(server_);
  EXPECT_TRUE(find(upload.Guid()));
  EXPECT_EQ(find(upload.Guid()), upload) << "the same operation";
  EXPECT_FALSE(find(download.Guid()));
  for (const DownloadOperation& each : BackgroundDownloader::GetCurrentDownloadsAsync().get()) {
    EXPECT_NE(each.Guid(), upload.Guid());
  }
  upload.StartAsync().get();
  start(download).get();
}

TEST_F(Uploads, R85_AServiceThatDiesSendsAPutAgain) {
  server_.hold_reading_at(1);
  const std::string sent = random_bytes(kLarge);
  uploader_.Method(L"PUT");
  const UploadOperation operation = new_upload(sent);
  const UploadAsync watched = operation.StartAsync();
  ASSERT_TRUE(wait_for(operation, watched, [](const BackgroundUploadProgress& progress) {
    return progress.BytesSent > 0;
  }));
  kill_daemon();
  server_.release();
  watched.get();
  EXPECT_TRUE(server_.contents().back() == sent);
  EXPECT_EQ(operation.Progress().BytesSent, kLarge);
}

TEST_F(Uploads, R44_R86_APostIsSentAgainWhileItsAppIsAttached) {
  server_.hold_reading_at(1);
  const std::string sent = random_bytes(kLarge);
  const guid id = left_behind(sent, "POST");
  ASSERT_TRUE(wait_until(id, [](const TransferInfo& info) { return info.BytesSent > 0; }));
  kill_daemon();
  const UploadOperation operation = find(id);
  ASSERT_TRUE(operation);
  const UploadAsync watched = operation.AttachAsync();
  server_.release();
  EXPECT_EQ(watched.get(), operation);
  EXPECT_TRUE(server_.contents().back() == sent);
}

}  // namespace
}  // namespace longhaul::test
