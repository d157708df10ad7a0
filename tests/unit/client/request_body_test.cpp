#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

#include "app_stream.h"
#include "live_service.h"

// R57: downloads whose requests carry a file, or what a stream gives.
namespace longhaul::test {
namespace {

using namespace std::chrono_literals;

using Creation = IAsyncOperation<DownloadOperation>;

class RequestBodies : public LiveService {
 protected:
  RequestBodies() { downloader_.Method(L"POST"); }

  /// A file of the app's to send.
  StorageFile file_with(const std::string& content) const {
    const StorageFile file = new_file();
    std::ofstream(to_string(file.Path()), std::ios::binary) << content;
    return file;
  }
  [[nodiscard]] Uri uri() const { return Uri(hstring(server_.url())); }
  [[nodiscard]] DownloadOperation create(const IStorageFile& body) const {
    return downloader_.CreateDownload(uri(), new_file(), body);
  }
  [[nodiscard]] Creation create_async(const IInputStream& body) const {
    return downloader_.CreateDownloadAsync(uri(), new_file(), body);
  }
  [[nodiscard]] static std::size_t listed() {
    return BackgroundDownloader::GetCurrentDownloadsAsync().get().Size();
  }
  /// What the service keeps of streams, in the order of their names.
  [[nodiscard]] static std::vector<std::string> kept() {
    std::vector<std::string> contents;
    const std::string folder = OwnFolders::path() + "/state/longhaul/spool";
    if (!std::filesystem::exists(folder)) return contents;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      std::ifstream file(entry.path(), std::ios::binary);
      contents.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    return contents;
  }
  static void forget(const DownloadOperation& operation) {
    TransferService().Control(TransferVerb::Cancel, {to_string(operation.Guid())});
    static_cast<void>(operation.AttachAsync().wait_for(60s));
  }
  /// The creation must fail with this number, and leave nothing.
  void expect_failed(const Creation& creation, hresult code, std::size_t listed_before) const {
    EXPECT_EQ(code_of([&] { creation.get(); }), code);
    EXPECT_EQ(listed(), listed_before);
    EXPECT_TRUE(kept().empty());
  }

  HttpStub server_{"thank you"};
  BackgroundDownloader downloader_;
};

// --- files ---------------------------------------------------------------------------------------

TEST_F(RequestBodies, R57_AFileIsSentAndItsMethodStays) {
  for (const std::string method : {"POST", "GET"}) {
    downloader_.Method(hstring(method));
    const DownloadOperation operation = create(file_with("what of " + method));
    start(operation).get();
    EXPECT_EQ(content(operation), "thank you");
    EXPECT_EQ(server_.contents().back(), "what of " + method);
    const std::string request = server_.requests().back();
    EXPECT_TRUE(request.starts_with(method + " /")) << request;
    EXPECT_EQ(request.find("Content-Type"), std::string::npos) << request;
  }
}

TEST_F(RequestBodies, R57_NoFileIsNoBody) {
  const DownloadOperation operation = create(nullptr);
  start(operation).get();
  EXPECT_EQ(server_.contents().back(), "");
}

TEST_F(RequestBodies, R57_AFileThatIsGoneFailsTheCreation) {
  const StorageFile body = file_with("what");
  std::filesystem::remove(to_string(body.Path()));
  const auto before = listed();
  EXPECT_EQ(code_of([&] { static_cast<void>(create(body)); }), hresult(0x80070002U));
  EXPECT_EQ(listed(), before);
}

TEST_F(RequestBodies, R57_AFileThatHasChangedEndsTheDownload) {
  const StorageFile body = file_with("what it was");
  const DownloadOperation operation = create(body);
  std::ofstream(to_string(body.Path())) << "what it is now";
  const Watched watched = start(operation);
  EXPECT_NE(code_of([&] { watched.get(); }), hresult(0));
  EXPECT_EQ(watched.Status(), AsyncStatus::Error);
  EXPECT_TRUE(server_.requests().empty());
}

TEST_F(RequestBodies, R57_HeadHasNoBody) {
  downloader_.Method(L"HEAD");
  const StorageFile body = file_with("what");
  EXPECT_EQ(code_of([&] { static_cast<void>(create(body)); }), hresult(0x80070057U));
  EXPECT_EQ(code_of([&] { create_async(stream_of(pieces_of("what", 4))).get(); }),
            hresult(0x80070057U));
  EXPECT_TRUE(kept().empty());
}

TEST_F(RequestBodies, R17_BadInputIsRefusedAtOnceWhateverIsToBeSent) {
  const StorageFile body = file_with("what");
  const IInputStream stream = stream_of([](const IBuffer&, std::uint32_t) -> IBuffer {
    ADD_FAILURE() << "it must not be read";
    return nullptr;
  });
  const auto both = [&](const Uri& address, const IStorageFile& target) {
    EXPECT_THROW(static_cast<void>(downloader_.CreateDownload(address, target, body)),
                 hresult_invalid_argument);
    EXPECT_THROW(static_cast<void>(downloader_.CreateDownloadAsync(address, target, stream)),
                 hresult_invalid_argument);
  };
  both(nullptr, new_file());
  both(uri(), nullptr);
  both(Uri(L"file:///etc/passwd"), new_file());
}

// --- streams -------------------------------------------------------------------------------------

TEST_F(RequestBodies, R57_AStreamIsSentByteForByteHoweverItComes) {
  for (const std::size_t piece : {1UL, 1000UL, 10'000'000UL}) {
    const std::string sent = random_bytes(piece == 1 ? 300 : 700'001);
    const DownloadOperation operation = create_async(stream_of(pieces_of(sent, piece))).get();
    EXPECT_EQ(operation.Progress().Status, BackgroundTransferStatus::Idle);
    EXPECT_EQ(kept(), std::vector{sent}) << "before the app is told that it is there";
    start(operation).get();
    EXPECT_EQ(content(operation), "thank you");
    EXPECT_TRUE(server_.contents().back() == sent) << piece;
  }
}

TEST_F(RequestBodies, R57_ItIsSentAlsoByTheNextDaemon) {
  const DownloadOperation operation = create_async(stream_of(pieces_of("what", 2))).get();
  kill_daemon();
  start(operation).get();
  EXPECT_EQ(server_.contents().back(), "what");
}

TEST_F(RequestBodies, R57_TheBufferThatIsReturnedCounts) {
  // IInputStream.ReadAsync: "Use the buffer that is returned."
  const auto own = [rest = 3](const IBuffer&, std::uint32_t) mutable -> IBuffer {
    const Buffer other(8);
    if (rest == 0) return other;
    --rest;
    std::copy_n("ab", 2, other.data());
    other.Length(2);
    return other;
  };
  const DownloadOperation operation = create_async(stream_of(own)).get();
  start(operation).get();
  EXPECT_EQ(server_.contents().back(), "ababab");
}

TEST_F(RequestBodies, R57_TheStreamOfAnotherDownloadIsAsGoodAsAny) {
  HttpStub source(random_bytes(400'000));
  source.hold_at(100'000);
  const DownloadOperation first = new_download(source);
  const Watched watched = start(first);
  const Creation creation = create_async(first.GetResultStreamAt(0));
  EXPECT_EQ(creation.Status(), AsyncStatus::Started) << "the rest is not there";
  source.release();
  const DownloadOperation second = creation.get();
  start(second).get();
  watched.get();
  EXPECT_TRUE(server_.contents().back() == random_bytes(400'000));
}

TEST_F(RequestBodies, R57_NoStreamAndAnEmptyOneSendNothing) {
  for (const IInputStream& stream : {IInputStream(nullptr), stream_of(pieces_of("", 1))}) {
    const DownloadOperation operation = create_async(stream).get();
    start(operation).get();
    EXPECT_EQ(server_.contents().back(), "");
    EXPECT_NE(server_.requests().back().find("Content-Length: 0\r\n"), std::string::npos);
  }
}

TEST_F(RequestBodies, TheCompletionHandlerIsGivenTheDownload) {
  const Creation creation = create_async(stream_of(pieces_of("what", 4)));
  Signal signal;
  std::optional<guid> told;
  creation.Completed([&](const Creation& async, AsyncStatus status) {
    signal.notify([&] {
      if (status == AsyncStatus::Completed) told = async.GetResults().Guid();
    });
  });
  ASSERT_TRUE(signal.wait([&] { return told.has_value(); }));
  EXPECT_EQ(creation.get().Guid(), *told);
  forget(creation.get());
}

TEST_F(RequestBodies, R57_AStreamThatFailsFailsTheCreation) {
  const auto before = listed();
  const auto fails = [rest = 2](const IBuffer& buffer, std::uint32_t) mutable -> IBuffer {
    if (rest-- == 0) throw hresult_error(hresult(0x80070005U), L"no more");
    buffer.Length(1);
    return buffer;
  };
  expect_failed(create_async(stream_of(fails)), hresult(0x80070005U), before);
}

TEST_F(RequestBodies, R57_AStreamThatThrowsFailsTheCreation) {
  class Throwing : public detail::InputStreamSource {
   public:
    ReadAsync read(const IBuffer&, std::uint32_t, InputStreamOptions) override {
      throw hresult_error(hresult(0x80070005U), L"not even begun");
    }
    void close() override {}
  };
  const auto before = listed();
  expect_failed(create_async(IInputStream(std::make_shared<Throwing>())), hresult(0x80070005U),
                before);
}

TEST_F(RequestBodies, R57_WhateverTheStreamThrowsIsAnErrorOfTheCreation) {
  const auto before = listed();
  const Creation creation = create_async(stream_of([](const IBuffer&, std::uint32_t) -> IBuffer {
    throw std::runtime_error("something of the app's own");
  }));
  EXPECT_ANY_THROW(creation.get());
  EXPECT_EQ(creation.Status(), AsyncStatus::Error);
  EXPECT_EQ(listed(), before);
  EXPECT_TRUE(kept().empty());
}

TEST_F(RequestBodies, ACanceledCreationReadsNoMoreAndCreatesNothing) {
  struct Gate {
    Signal signal;
    int reads = 0;
    bool is_open = false;
    bool stream_is_gone = false;
  };
  const auto before = listed();
  const auto gate = std::make_shared<Gate>();
  {
    const std::shared_ptr<void> at_end(
        nullptr, [gate](void*) { gate->signal.notify([&] { gate->stream_is_gone = true; }); });
    const auto endless = [gate, at_end](const IBuffer& buffer, std::uint32_t) -> IBuffer {
      gate->signal.notify([&] { ++gate->reads; });
      static_cast<void>(gate->signal.wait([&] { return gate->is_open; }));
      buffer.Length(1);
      return buffer;
    };
    const Creation creation = create_async(stream_of(endless));
    ASSERT_TRUE(gate->signal.wait([&] { return gate->reads == 1; }));
    creation.Cancel();
    EXPECT_THROW(creation.get(), hresult_canceled);
    EXPECT_EQ(creation.Status(), AsyncStatus::Canceled);
  }
  gate->signal.notify([&] { gate->is_open = true; });
  ASSERT_TRUE(gate->signal.wait([&] { return gate->stream_is_gone; })) << "it is still being read";
  EXPECT_EQ(gate->reads, 1);
  EXPECT_EQ(listed(), before);
  EXPECT_TRUE(kept().empty());
}

}  // namespace
}  // namespace longhaul::test
