#include "longhaul/background_uploader.h"

#include "upload_support.h"

// What uploads are made of: files, streams and parts.
namespace longhaul::test {
namespace {

using Part = BackgroundTransferContentPart;
using Parts = std::vector<Part>;

constexpr hresult kInvalidArgument(0x80070057U);

class UploadParts : public Uploads {
 protected:
  [[nodiscard]] hresult refusal(const Parts& parts, const hstring& subtype = {},
                                const hstring& boundary = {}) const {
    return code_of([&] { uploader_.CreateUploadAsync(uri(), parts, subtype, boundary).get(); });
  }
  static Part text(const hstring& name, const hstring& value) {
    Part part(name);
    part.SetText(value);
    return part;
  }
  void send(const IAsyncOperation<UploadOperation>& creation) const {
    creation.get().StartAsync().get();
  }
};

TEST_F(Uploads, R56_R59_TheUploaderSaysHowRequestsAreMade) {
  EXPECT_EQ(uploader_.Method(), L"POST");
  EXPECT_EQ(uploader_.CostPolicy(), BackgroundTransferCostPolicy::Default);
  EXPECT_FALSE(uploader_.ServerCredential());
  EXPECT_FALSE(uploader_.ProxyCredential());
  uploader_.Method(L"PATCH");
  uploader_.CostPolicy(BackgroundTransferCostPolicy::Always);
  uploader_.SetRequestHeader(L"Filename", L"a.bin");
  SetPriority(uploader_, BackgroundTransferPriority::High);
  const UploadOperation operation = new_upload("what");
  EXPECT_EQ(operation.CostPolicy(), BackgroundTransferCostPolicy::Always);
  EXPECT_EQ(operation.Priority(), BackgroundTransferPriority::High);
  operation.StartAsync().get();
  const std::string request = server_.requests().back();
  EXPECT_TRUE(request.starts_with("PATCH /in ")) << request;
  EXPECT_NE(request.find("Filename: a.bin\r\n"), std::string::npos) << request;
  EXPECT_EQ(request.find("Content-Type"), std::string::npos) << request;
}

TEST_F(Uploads, R69_R101_BadInputIsRefusedAtOnce) {
  const StorageFile file = file_with("what");
  const IInputStream stream = stream_of([](const IBuffer&, std::uint32_t) -> IBuffer {
    ADD_FAILURE() << "it must not be read";
    return nullptr;
  });
  const Parts parts{Part(L"name")};
  for (const Uri& bad : {Uri(nullptr), Uri(L"ftp://127.0.0.1/a"), Uri(L"file:///etc/passwd")}) {
    EXPECT_EQ(code_of([&] { (void)uploader_.CreateUpload(bad, file); }), kInvalidArgument);
    EXPECT_EQ(code_of([&] { (void)uploader_.CreateUploadFromStreamAsync(bad, stream); }),
              kInvalidArgument);
    EXPECT_EQ(code_of([&] { (void)uploader_.CreateUploadAsync(bad, parts); }), kInvalidArgument);
  }
  EXPECT_EQ(code_of([&] { (void)uploader_.CreateUpload(uri(), nullptr); }), kInvalidArgument);
  EXPECT_EQ(code_of([&] { (void)uploader_.CreateUploadFromStreamAsync(uri(), nullptr); }),
            kInvalidArgument);
  EXPECT_EQ(code_of([&] { (void)uploader_.CreateUploadAsync(uri(), nullptr); }), kInvalidArgument);
}

// --- streams -------------------------------------------------------------------------------------

TEST_F(Uploads, R97_AStreamIsSentAlsoByTheNextDaemonAndHasNoSourceFile) {
  const std::string sent = random_bytes(700'001);
  const UploadOperation operation =
      uploader_.CreateUploadFromStreamAsync(uri(), stream_of(pieces_of(sent, 10'000))).get();
  EXPECT_FALSE(operation.SourceFile());
  kill_daemon();
  operation.StartAsync().get();
  EXPECT_TRUE(server_.contents().back() == sent);
  EXPECT_EQ(operation.Progress().TotalBytesToSend, sent.size());
  EXPECT_EQ(read_all(operation.GetResultStreamAt(0)), "thank you");
}

TEST_F(Uploads, R97_AStreamThatFailsFailsTheCreationAndLeavesNothing) {
  const auto before = current().size();
  const auto fails = [rest = 2](const IBuffer& buffer, std::uint32_t) mutable -> IBuffer {
    if (rest-- == 0) throw hresult_error(hresult(0x80070005U), L"no more");
    buffer.Length(1);
    return buffer;
  };
  const auto creation = uploader_.CreateUploadFromStreamAsync(uri(), stream_of(fails));
  EXPECT_EQ(code_of([&] { creation.get(); }), hresult(0x80070005U));
  EXPECT_EQ(current().size(), before);
}

// --- parts ---------------------------------------------------------------------------------------

TEST_F(UploadParts, R88_R93_TheBodyIsThePartsInOrder) {
  const StorageFile file = file_with("bytes of a file");
  Part form_file(L"photo", L"/home/ann/caf\u00e9 \"1\".jpg");
  form_file.SetFile(file);
  Part json(L"meta");
  json.SetText(L"{}");
  json.SetHeader(L"Content-Type", L"text/plain");
  json.SetHeader(L"content-type", L"application/json");
  const UploadOperation operation =
      uploader_
          .CreateUploadAsync(uri(),
                             {text(L"title", L"caf\u00e9"), form_file, json, Part(text(L"", L""))},
                             L"", L"b0undary")
          .get();
  EXPECT_FALSE(operation.SourceFile());
  operation.StartAsync().get();
  const std::string body =
      "--b0undary\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\ncaf\xC3\xA9\r\n"
      "--b0undary\r\nContent-Disposition: form-data; name=\"photo\"; "
      "filename=\"caf\xC3\xA9 %221%22.jpg\"\r\nContent-Type: application/octet-stream\r\n\r\n"
      "bytes of a file\r\n"
      "--b0undary\r\nContent-Disposition: form-data; name=\"meta\"\r\n"
      "content-type: application/json\r\n\r\n{}\r\n"
      "--b0undary\r\nContent-Disposition: form-data\r\n\r\n\r\n"
      "--b0undary--\r\n";
  EXPECT_EQ(server_.contents().back(), body);
  EXPECT_EQ(operation.Progress().TotalBytesToSend, body.size());
  EXPECT_EQ(operation.Progress().BytesSent, body.size());
  const std::string request = server_.requests().back();
  EXPECT_NE(request.find("Content-Type: multipart/form-data; boundary=b0undary\r\n"),
            std::string::npos)
      << request;
  EXPECT_NE(request.find("Content-Length: " + std::to_string(body.size()) + "\r\n"),
            std::string::npos)
      << request;
}

TEST_F(UploadParts, R89_ASubtypeIsNamedAndHasNoDispositions) {
  send(uploader_.CreateUploadAsync(uri(), {text(L"a", L"b")}, L"related", L"x"));
  EXPECT_EQ(server_.contents().back(), "--x\r\n\r\nb\r\n--x--\r\n");
  EXPECT_NE(server_.requests().back().find("Content-Type: multipart/related; boundary=x\r\n"),
            std::string::npos);
}

TEST_F(UploadParts, R90_WithoutABoundaryEachUploadHasItsOwn) {
  const Parts parts{text(L"a", L"b")};
  send(uploader_.CreateUploadAsync(uri(), parts));
  send(uploader_.CreateUploadAsync(uri(), parts, L"form-data"));
  const auto contents = server_.contents();
  const std::string first = contents[0].substr(0, contents[0].find("\r\n"));
  EXPECT_GE(first.size(), 34U);
  EXPECT_EQ(contents[0], first + "\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n" +
                             first + "--\r\n");
  EXPECT_FALSE(contents[1].starts_with(first));
  EXPECT_NE(server_.requests()[0].find("boundary=" + first.substr(2) + "\r\n"), std::string::npos);
}

TEST_F(UploadParts, R91_TheContentTypeOfTheAppWins) {
  uploader_.SetRequestHeader(L"Content-Type", L"multipart/mixed; boundary=x");
  send(uploader_.CreateUploadAsync(uri(), {text(L"a", L"b")}, L"", L"x"));
  const std::string request = server_.requests().back();
  EXPECT_NE(request.find("Content-Type: multipart/mixed; boundary=x\r\n"), std::string::npos);
  EXPECT_EQ(request.find("form-data"), std::string::npos) << request;
}

TEST_F(UploadParts, R92_BothAndNeitherAreRefused) {
  Part both = text(L"a", L"b");
  both.SetFile(file_with("what"));
  EXPECT_EQ(refusal({both}), kInvalidArgument);
  EXPECT_EQ(refusal({Part(L"a")}), kInvalidArgument);
  EXPECT_EQ(refusal({Part(nullptr)}), kInvalidArgument);
  EXPECT_EQ(code_of([&] { Part(L"a").SetFile(nullptr); }), kInvalidArgument);
}

TEST_F(UploadParts, R92_TheSameSetterAgainReplaces) {
  Part part = text(L"a", L"b");
  part.SetText(L"c");
  Part file(L"f");
  file.SetFile(file_with("old"));
  file.SetFile(file_with("new"));
  send(uploader_.CreateUploadAsync(uri(), {part, file}, L"mixed", L"x"));
  EXPECT_EQ(
      server_.contents().back(),
      "--x\r\n\r\nc\r\n--x\r\nContent-Type: application/octet-stream\r\n\r\nnew\r\n--x--\r\n");
}

TEST_F(UploadParts, R90_R95_BadListsSubtypesAndBoundariesAreRefused) {
  EXPECT_EQ(refusal({}), kInvalidArgument);
  const Parts parts{text(L"a", L"b")};
  EXPECT_EQ(refusal(parts, L"form data"), kInvalidArgument);
  EXPECT_EQ(refusal(parts, L"", L"ends in a space "), kInvalidArgument);
  EXPECT_EQ(refusal(parts, L"", hstring(std::string(71, 'x'))), kInvalidArgument);
  EXPECT_EQ(refusal(parts, L"", L"semi;colon"), kInvalidArgument);
  EXPECT_EQ(code_of([&] { Part().SetHeader(L"a b", L"c"); }), kInvalidArgument);
  EXPECT_EQ(code_of([&] { Part().SetHeader(L"a", L"b\r\nc: d"); }), kInvalidArgument);
}

TEST_F(UploadParts, R98_AFileThatIsGoneFailsTheCreationAndLeavesNothing) {
  const auto before = current().size();
  Part part(L"a");
  const StorageFile file = file_with("what");
  part.SetFile(file);
  std::filesystem::remove(to_string(file.Path()));
  EXPECT_EQ(refusal({part}), hresult(0x80070002U));
  EXPECT_EQ(current().size(), before);
  const std::filesystem::path spool = OwnFolders::path() + "/state/longhaul/spool";
  EXPECT_TRUE(!std::filesystem::exists(spool) || std::filesystem::is_empty(spool));
}

TEST_F(UploadParts, R88_ManyPartsAreOneBody) {
  Parts parts;
  for (int i = 0; i < 3000; ++i) parts.push_back(text(hstring(std::to_string(i)), L"value"));
  send(uploader_.CreateUploadAsync(uri(), parts, L"", L"x"));
  const std::string body = server_.contents().back();
  EXPECT_NE(body.find("name=\"2999\"\r\n\r\nvalue\r\n--x--\r\n"), std::string::npos);
}

TEST_F(UploadParts, TheServiceTakesTheSameFromTransferService) {
  UploadSettings settings;
  settings.KeepWhenEnded = false;
  settings.Subtype = "mixed";
  settings.Boundary = "x";
  settings.Parts.resize(2);
  settings.Parts[0].Text = "a\xFF";  // any bytes
  settings.Parts[1].File = to_string(file_with("what").Path());
  settings.Parts[1].ContentType = "image/png";
  const UploadOperation operation =
      find(to_guid(TransferService().CreateUpload(settings, server_.url("/in"), true)));
  ASSERT_TRUE(operation);
  operation.AttachAsync().get();
  EXPECT_EQ(server_.contents().back(),
            "--x\r\n\r\na\xFF\r\n--x\r\nContent-Type: image/png\r\n\r\nwhat\r\n--x--\r\n");
}

TEST_F(UploadParts, TheServiceRefusesWhatDoesNotGoTogether) {
  const auto refused = [this](const std::function<void(UploadSettings&)>& change) {
    UploadSettings settings;
    change(settings);
    return code_of([&] { TransferService().CreateUpload(settings, server_.url("/in"), false); });
  };
  const std::string file = to_string(file_with("what").Path());
  EXPECT_EQ(refused([](UploadSettings&) {}), kInvalidArgument);
  EXPECT_EQ(refused([&](UploadSettings& settings) {
              settings.BodyFile = file;
              settings.Subtype = "mixed";
            }),
            kInvalidArgument);
  EXPECT_EQ(refused([&](UploadSettings& settings) {
              settings.BodyFile = file;
              settings.Parts.resize(1);
              settings.Parts[0].Text = "a";
            }),
            kInvalidArgument);
  EXPECT_EQ(refused([&](UploadSettings& settings) {
              settings.Parts.resize(1);
              settings.Parts[0].File = "relative";
            }),
            kInvalidArgument);
}

}  // namespace
}  // namespace longhaul::test
