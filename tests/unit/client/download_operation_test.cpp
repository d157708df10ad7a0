#include "longhaul/download_operation.h"

#include "live_service.h"

namespace longhaul::test {
namespace {

using namespace std::chrono_literals;

class Downloads : public LiveService {
 protected:
  static constexpr std::size_t kSize = 300'000;
  HttpStub server_{random_bytes(kSize)};

  static bool has_bytes(const BackgroundDownloadProgress& progress) {
    return progress.BytesReceived > 0;
  }
  static bool is_paused(const BackgroundDownloadProgress& progress) {
    return progress.Status == BackgroundTransferStatus::PausedByApplication;
  }
  static std::vector<guid> current() {
    std::vector<guid> ids;
    for (const auto& operation : BackgroundDownloader::GetCurrentDownloadsAsync().get()) {
      ids.push_back(operation.Guid());
    }
    return ids;
  }
  static bool is_current(const guid& id) {
    const auto ids = current();
    return std::find(ids.begin(), ids.end(), id) != ids.end();
  }
};

TEST_F(Downloads, ADownloadArrivesByteForByte) {
  const DownloadOperation operation = new_download(server_);
  EXPECT_EQ(operation.Progress().Status, BackgroundTransferStatus::Idle);
  EXPECT_EQ(operation.GetResponseInformation(), nullptr);
  EXPECT_EQ(start(operation).get(), operation);
  EXPECT_EQ(content(operation), random_bytes(kSize));
  EXPECT_EQ(operation.Progress().Status, BackgroundTransferStatus::Completed);
  EXPECT_EQ(operation.Progress().BytesReceived, kSize);
  const ResponseInformation response = operation.GetResponseInformation();
  ASSERT_NE(response, nullptr);
  EXPECT_EQ(response.StatusCode(), 200U);
  EXPECT_TRUE(response.IsResumable());
  EXPECT_EQ(to_string(response.ActualUri().AbsoluteUri()), server_.url());
  EXPECT_EQ(response.Headers().Lookup(L"ETag"), L"\"one\"");
  EXPECT_EQ(response.Headers().Lookup(L"X-Twice"), L"a, b");
  EXPECT_EQ(response, operation.GetResponseInformation()) << "the same object";
}

TEST_F(Downloads, R23_HandlersAreToldTheOperationAndTheEndOnce) {
  server_.hold_at(100'000);
  const DownloadOperation operation = new_download(server_);
  const Watched watched = start(operation);
  Signal signal;
  int ends = 0;
  bool is_same = true;
  watched.Completed([&](const Watched& async, AsyncStatus status) {
    signal.notify([&] {
      ++ends;
      is_same = is_same && async == watched && status == AsyncStatus::Completed &&
                async.GetResults() == operation;
    });
  });
  ASSERT_TRUE(wait_for(watched, has_bytes));
  server_.release();
  ASSERT_TRUE(signal.wait([&] { return ends > 0; }));
  EXPECT_EQ(watched.get(), operation);
  EXPECT_EQ(ends, 1);
  EXPECT_TRUE(is_same);
}

TEST_F(Downloads, NoProgressHandlerRunsOnceGetHasReturned) {
  for (int round = 0; round < 20; ++round) {
    const DownloadOperation operation = new_download(server_);
    auto reports = std::make_unique<std::vector<std::uint64_t>>();
    const Watched watched = operation.StartAsync();
    watched.Progress([&reports](const Watched&, const DownloadOperation& sender) {
      reports->push_back(sender.Progress().BytesReceived);
    });
    watched.get();
    reports.reset();  // a late handler would be seen by the sanitizers
  }
}

TEST_F(Downloads, AHandlerMayWaitForAnotherDownload) {
  const DownloadOperation first = new_download(server_);
  const DownloadOperation second = new_download(server_);
  const Watched watched = start(first);
  Signal signal;
  bool done = false;
  watched.Completed([&](const Watched&, AsyncStatus) {
    const Watched inner = second.StartAsync();
    inner.Progress([](const Watched&, const DownloadOperation&) {});
    inner.get();
    signal.notify([&] { done = true; });
  });
  ASSERT_TRUE(signal.wait([&] { return done; }));
  EXPECT_EQ(content(second), random_bytes(kSize));
}

TEST_F(Downloads, R27_TheReportOfANewResponseFindsItInPlace) {
  const DownloadOperation operation = new_download(server_);
  server_.hold_at(1000);
  const Watched watched = start(operation);
  Signal signal;
  bool told = false;
  bool in_place = false;
  watched.Progress([&](const Watched&, const DownloadOperation& sender) {
    if (!sender.Progress().HasResponseChanged) return;
    const ResponseInformation response = sender.GetResponseInformation();
    signal.notify([&] {
      told = true;
      in_place = response != nullptr && response.StatusCode() == 200;
    });
  });
  // The report may have come before there was a handler; the response is there all the same.
  const bool missed = operation.GetResponseInformation() != nullptr;
  EXPECT_TRUE(missed || signal.wait([&] { return told; }));
  EXPECT_TRUE(missed || in_place);
  server_.release();
  watched.get();
}

TEST_F(Downloads, R13_R22_AttachIsForStartedOnesAndStartForTheOthers) {
  const DownloadOperation operation = new_download(server_);
  EXPECT_THROW(static_cast<void>(operation.AttachAsync()), hresult_illegal_method_call);
  const Watched watched = start(operation);
  EXPECT_THROW(static_cast<void>(operation.StartAsync()), hresult_illegal_method_call);
  watched.get();
  EXPECT_THROW(static_cast<void>(operation.StartAsync()), hresult_illegal_method_call);
}

TEST_F(Downloads, R10_R11_EveryAttachHasItsOwnEnd) {
  server_.hold_at(1000);
  const DownloadOperation operation = new_download(server_);
  const Watched first = start(operation);
  const Watched second = operation.AttachAsync();
  const Watched third = operation.AttachAsync();
  EXPECT_EQ(second.Status(), AsyncStatus::Started);
  server_.release();
  EXPECT_EQ(first.get(), operation);
  EXPECT_EQ(second.get(), operation);
  EXPECT_EQ(third.get(), operation);
  EXPECT_EQ(operation.AttachAsync().wait_for(0s), AsyncStatus::Completed) << "at once";
}

TEST_F(Downloads, R80_AnHttpErrorEndsItWithItsNumberAndResponse) {
  const DownloadOperation operation = new_download(server_, "/missing");
  const Watched watched = start(operation);
  const hresult code = code_of([&] { watched.get(); });
  EXPECT_EQ(code, hresult(0x80190194U));
  EXPECT_EQ(BackgroundTransferError::GetStatus(code), WebErrorStatus::NotFound);
  EXPECT_EQ(watched.Status(), AsyncStatus::Error);
  EXPECT_EQ(operation.CurrentWebErrorStatus().Value(), WebErrorStatus::NotFound);
  ASSERT_NE(operation.GetResponseInformation(), nullptr);
  EXPECT_EQ(operation.GetResponseInformation().StatusCode(), 404U);
  EXPECT_EQ(operation.GetResponseInformation().Headers().Lookup(L"X-Reason"), L"gone");
  EXPECT_EQ(content(operation), "") << "the result file is as the app made it";
}

TEST_F(Downloads, R32_CancellingTheObjectCancelsTheDownload) {
  server_.hold_at(1000);
  const DownloadOperation operation = new_download(server_);
  const Watched watched = start(operation);
  ASSERT_TRUE(wait_for(watched, has_bytes));
  watched.Cancel();
  EXPECT_THROW(watched.get(), hresult_canceled);
  EXPECT_EQ(watched.Status(), AsyncStatus::Canceled);
  EXPECT_EQ(operation.Progress().Status, BackgroundTransferStatus::Canceled);
  EXPECT_EQ(content(operation), "");
  EXPECT_THROW(operation.Pause(), hresult_illegal_method_call);
}

TEST_F(Downloads, R33_DroppingTheObjectCancelsNothing) {
  const DownloadOperation operation = new_download(server_);
  static_cast<void>(operation.StartAsync());
  operation.AttachAsync().get();
  EXPECT_EQ(content(operation), random_bytes(kSize));
}

TEST_F(Downloads, R29_R31_GoesOnWhereItWasPaused) {
  server_.hold_at(100'000);
  const DownloadOperation operation = new_download(server_);
  EXPECT_THROW(operation.Pause(), hresult_illegal_method_call) << "not started";
  const Watched watched = start(operation);
  ASSERT_TRUE(wait_for(watched, [](const auto& p) { return p.BytesReceived == 100'000; }));
  EXPECT_THROW(operation.Resume(), hresult_illegal_method_call) << "not paused";
  operation.Pause();
  ASSERT_TRUE(wait_for(watched, is_paused));
  EXPECT_THROW(operation.Pause(), hresult_illegal_method_call) << "paused already";
  server_.release();
  operation.Resume();
  watched.get();
  EXPECT_EQ(content(operation), random_bytes(kSize));
  const auto requests = server_.requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_NE(requests[1].find("Range: bytes=100000-"), std::string::npos) << requests[1];
  EXPECT_EQ(operation.GetResponseInformation().StatusCode(), 206U);
}

TEST_F(Downloads, R28_ARestartIsReportedAndOldStreamsFail) {
  server_.hold_at(100'000);
  const DownloadOperation operation = new_download(server_);
  const Watched watched = start(operation);
  const IInputStream stream = operation.GetResultStreamAt(0);
  const auto read = [&stream](std::uint32_t count) {
    return stream.ReadAsync(Buffer(count), count, InputStreamOptions::None).get();
  };
  EXPECT_EQ(read(50'000).Length(), 50'000U);
  operation.Pause();
  ASSERT_TRUE(wait_for(watched, is_paused));
  server_.replace("something else", "\"two\"");
  server_.release();
  Signal signal;
  bool restarted = false;
  watched.Progress([&](const Watched&, const DownloadOperation& sender) {
    signal.notify([&] { restarted = restarted || sender.Progress().HasRestarted; });
  });
  operation.Resume();
  watched.get();
  EXPECT_TRUE(signal.wait([&] { return restarted; }));
  EXPECT_EQ(content(operation), "something else");
  EXPECT_EQ(code_of([&] { read(10); }), hresult(0x800710DDU)) << "R82";
}

TEST_F(Downloads, R81_AStreamWaitsForBytesAndEndsAtTheEnd) {
  server_.hold_at(100'000);
  const DownloadOperation operation = new_download(server_);
  const IInputStream stream = operation.GetResultStreamAt(10);
  const Watched watched = start(operation);
  std::string got;
  const auto read = [&](std::uint32_t count, InputStreamOptions options) {
    return stream.ReadAsync(Buffer(count), count, options);
  };
  const IBuffer first = read(1000, InputStreamOptions::Partial).get();
  EXPECT_GT(first.Length(), 0U);
  got.append(reinterpret_cast<const char*>(first.data()), first.Length());
  // More than there is before the server goes on.
  const auto pending = read(kSize, InputStreamOptions::None);
  EXPECT_EQ(pending.Status(), AsyncStatus::Started);
  EXPECT_THROW(static_cast<void>(read(1, InputStreamOptions::None)), hresult_illegal_method_call);
  server_.release();
  const IBuffer rest = pending.get();
  got.append(reinterpret_cast<const char*>(rest.data()), rest.Length());
  EXPECT_EQ(got, random_bytes(kSize).substr(10));
  EXPECT_EQ(read(1, InputStreamOptions::None).get().Length(), 0U);
  watched.get();
}

TEST_F(Downloads, R81_AStreamFailsWithTheErrorOfItsDownload) {
  const DownloadOperation operation = new_download(server_, "/missing");
  const IInputStream stream = operation.GetResultStreamAt(0);
  const auto pending = stream.ReadAsync(Buffer(10), 10, InputStreamOptions::None);
  static_cast<void>(start(operation));
  EXPECT_EQ(code_of([&] { pending.get(); }), hresult(0x80190194U));
}

TEST_F(Downloads, AStreamOfAFinishedDownloadReadsItsFile) {
  const DownloadOperation operation = new_download(server_);
  start(operation).get();
  const DataReader reader(operation.GetResultStreamAt(kSize - 5));
  EXPECT_EQ(reader.LoadAsync(100).get(), 5U);
  std::string last(5, '\0');
  reader.ReadBytes(std::span(reinterpret_cast<std::uint8_t*>(last.data()), last.size()));
  EXPECT_EQ(last, random_bytes(kSize).substr(kSize - 5));
}

TEST_F(Downloads, AClosedStreamEndsItsRead) {
  server_.hold_at(0);
  const DownloadOperation operation = new_download(server_);
  const IInputStream stream = operation.GetResultStreamAt(0);
  const auto pending = stream.ReadAsync(Buffer(10), 10, InputStreamOptions::None);
  stream.Close();
  EXPECT_NE(code_of([&] { pending.get(); }), hresult(0));
}

IAsyncOperation<std::uint64_t> fetch_all(std::vector<DownloadOperation> operations) {
  std::uint64_t total = 0;
  for (const DownloadOperation& operation : operations) {
    const DownloadOperation done = co_await operation.StartAsync();
    total += done.Progress().BytesReceived;
  }
  co_return total;
}

TEST_F(Downloads, CanBeAwaited) {
  EXPECT_EQ(fetch_all({new_download(server_), new_download(server_)}).get(), 2 * kSize);
}

TEST_F(Downloads, R9_AnEndThatWasDeliveredIsNotEnumeratedAgain) {
  const DownloadOperation seen = new_download(server_);
  const DownloadOperation unseen = new_download(server_);
  start(seen).get();
  static_cast<void>(unseen.StartAsync());
  Signal signal;
  // The command line's way of waiting delivers nothing to the app.
  bool ended = false;
  TransferService service;
  const auto watching = service.Watch({to_string(unseen.Guid())}, [&](const TransferEvent& event) {
    signal.notify([&] { ended = ended || event.Kind == TransferEvent::What::Ended; });
  });
  ASSERT_TRUE(signal.wait([&] { return ended; }));
  EXPECT_FALSE(is_current(seen.Guid()));
  ASSERT_TRUE(is_current(unseen.Guid()));
  EXPECT_EQ(unseen.AttachAsync().wait_for(60s), AsyncStatus::Completed);
  EXPECT_FALSE(is_current(unseen.Guid()));
}

TEST_F(Downloads, R6_EnumerationFindsThemInTheirState) {
  server_.hold_at(1000);
  const DownloadOperation operation = new_download(server_);
  const Watched watched = start(operation);
  ASSERT_TRUE(wait_for(watched, has_bytes));
  DownloadOperation found = nullptr;
  for (const auto& one : BackgroundDownloader::GetCurrentDownloadsAsync().get()) {
    if (one.Guid() == operation.Guid()) found = one;
  }
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found.Progress().Status, BackgroundTransferStatus::Running);
  EXPECT_EQ(found.ResultFile().Path(), operation.ResultFile().Path());
  EXPECT_EQ(found.GetResponseInformation().StatusCode(), 200U);
  server_.release();
  watched.get();
}

TEST_F(Downloads, SettingsOfTheFactoryArriveAndCanBeChanged) {
  server_.hold_at(0);
  BackgroundDownloader downloader;
  downloader.SetRequestHeader(L"X-Test", L"one");
  downloader.SetRequestHeader(L"x-test", L"two");
  downloader.CostPolicy(BackgroundTransferCostPolicy::Always);
  EXPECT_EQ(downloader.Method(), L"GET");
  EXPECT_THROW(downloader.SetRequestHeader(L"Range", L"bytes=0-"), hresult_invalid_argument);
  EXPECT_THROW(downloader.SetRequestHeader(L"X", L"a\r\nb"), hresult_invalid_argument);
  const DownloadOperation operation =
      downloader.CreateDownload(Uri(hstring(server_.url())), new_file());
  operation.SetRequestHeader(L"X-More", L"three");
  operation.Priority(BackgroundTransferPriority::High);
  EXPECT_EQ(operation.Priority(), BackgroundTransferPriority::High);
  EXPECT_EQ(operation.CostPolicy(), BackgroundTransferCostPolicy::Always);
  server_.release();
  start(operation).get();
  const std::string request = server_.requests().front();
  EXPECT_NE(request.find("X-Test: one, two\r\n"), std::string::npos) << request;
  EXPECT_NE(request.find("X-More: three\r\n"), std::string::npos) << request;
}

TEST_F(Downloads, R17_R69_BadInputIsRefusedAtCreation) {
  const BackgroundDownloader downloader;
  const StorageFile file = new_file();
  const auto create = [&](const Uri& uri, const IStorageFile& target) {
    return code_of([&] { static_cast<void>(downloader.CreateDownload(uri, target)); });
  };
  const Uri good(hstring(server_.url()));
  EXPECT_EQ(create(nullptr, file), hresult(0x80070057U));
  EXPECT_EQ(create(good, nullptr), hresult(0x80070057U));
  EXPECT_EQ(create(Uri(L"file:///etc/passwd"), file), hresult(0x80070057U));
  EXPECT_EQ(create(good, file), hresult(0));
  EXPECT_EQ(create(good, file), hresult(0x80070057U)) << "the file belongs to another download";
}

TEST_F(Downloads, AChecksumThatDiffersIsAnError) {
  BackgroundDownloader downloader;
  SetChecksum(downloader, L"sha256:" + hstring(std::wstring(64, L'0')));
  const DownloadOperation operation =
      downloader.CreateDownload(Uri(hstring(server_.url())), new_file());
  const Watched watched = start(operation);
  EXPECT_EQ(code_of([&] { watched.get(); }), hresult(0x80070017U));
  EXPECT_EQ(content(operation), "");
}

TEST_F(Downloads, AClientOutlivesItsDaemonAndIsToldTheEndOnce) {
  server_.hold_at(200'000);
  const DownloadOperation operation = new_download(server_);
  const Watched watched = start(operation);
  std::atomic<int> ends{0};
  watched.Completed([&](const Watched&, AsyncStatus) { ++ends; });
  ASSERT_TRUE(wait_for(watched, [](const auto& p) { return p.BytesReceived == 200'000; }));
  kill_daemon();
  kill_daemon();  // and the next one
  server_.release();
  EXPECT_EQ(watched.wait_for(60s), AsyncStatus::Completed);
  EXPECT_EQ(content(operation), random_bytes(kSize));
  Signal signal;
  // Whatever else might have been queued behind the end has had its turn by then.
  bool turn = false;
  new_download(server_).StartAsync().Completed(
      [&](const auto&, AsyncStatus) { signal.notify([&] { turn = true; }); });
  ASSERT_TRUE(signal.wait([&] { return turn; }));
  EXPECT_EQ(ends, 1);
}

TEST_F(Downloads, WhatEndedWhileThereWasNoDaemonIsTold) {
  server_.hold_at(1000);
  const DownloadOperation operation = new_download(server_);
  const Watched watched = start(operation);
  ASSERT_TRUE(wait_for(watched, has_bytes));
  TransferService other("org.longhaul.other");
  kill_daemon();
  other.Control(TransferVerb::Cancel, {to_string(operation.Guid())});
  EXPECT_EQ(watched.wait_for(60s), AsyncStatus::Canceled);
}

}  // namespace
}  // namespace longhaul::test
