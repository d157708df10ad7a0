// A small app that tests drive: it starts downloads, or attaches to those of earlier runs, and
// tells what it is told.
//
//   app start URL FILE     creates and starts, prints the id, leaves at once
//   app create URL FILE    creates only
//   app run URL FILE       starts and stays: lines as for attach
//   app attach             attaches to everything there is: "progress ID STATUS BYTES TOTAL
//   RESPONSE RESTARTED",
//                          then "completed ID ASYNCSTATUS HRESULT"; leaves when all have ended, or
//                          standard input does
//   app cancel             attaches to everything and cancels it
//   app list               "ID STATUS" of the current downloads
//   app co_await URL FILE  starts, waits by co_await, prints "done ID" or "failed HRESULT STATUS"
//   app read URL FILE      starts and copies what arrives (GetResultStreamAt) to standard output
//   app hurry URL FILE     pauses, resumes, pauses and changes the priority at once, many times;
//                          prints how often the handle did not show the new one, and leaves
//   app upload URL FILE METHOD  starts an upload, prints the id, leaves at once
//   app uploads            waits for all uploads: "ID METHOD FILE BYTES_SENT STATUS" and the answer
//   app refuse             prints the HRESULT of misuses, a line each

#include <unistd.h>

#include <condition_variable>
#include <coroutine>
#include <cstdio>
#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include "longhaul/background_transfer.h"

using namespace longhaul;

namespace {

template <typename Operation>
std::string id_of(const Operation& operation) {
  const std::string text = to_string(to_hstring(operation.Guid()));
  return text.substr(1, text.size() - 2);  // without the braces, as the command line knows it
}

StorageFile result_file(const std::string& path) {
  const std::filesystem::path whole = std::filesystem::absolute(path);
  const StorageFolder folder =
      StorageFolder::GetFolderFromPathAsync(hstring(whole.parent_path().string())).get();
  return folder
      .CreateFileAsync(hstring(whole.filename().string()), CreationCollisionOption::ReplaceExisting)
      .get();
}

DownloadOperation create(const std::string& url, const std::string& file) {
  return BackgroundDownloader().CreateDownload(Uri(hstring(url)), result_file(file));
}

using Watched = IAsyncOperationWithProgress<DownloadOperation, DownloadOperation>;

class Ends {
 public:
  void watch(const Watched& async, const DownloadOperation& operation) {
    const std::string id = id_of(operation);
    async.Progress([id](const Watched&, const DownloadOperation& now) {
      const BackgroundDownloadProgress progress = now.Progress();
      std::printf("progress %s %d %llu %llu %d %d\n", id.c_str(), static_cast<int>(progress.Status),
                  static_cast<unsigned long long>(progress.BytesReceived),
                  static_cast<unsigned long long>(progress.TotalBytesToReceive),
                  progress.HasResponseChanged, progress.HasRestarted);
      std::fflush(stdout);
    });
    async.Completed([this, id](const Watched& ended, AsyncStatus status) {
      std::printf("completed %s %d 0x%08x\n", id.c_str(), static_cast<int>(status),
                  static_cast<unsigned>(static_cast<std::int32_t>(ended.ErrorCode())));
      std::fflush(stdout);
      const std::lock_guard lock(mutex_);
      ++ended_;
      changed_.notify_all();
    });
  }
  void wait(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return ended_ >= count; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t ended_ = 0;
};

int attach(bool cancel) {
  Ends ends;
  std::vector<Watched> watched;
  for (const DownloadOperation& operation :
       BackgroundDownloader::GetCurrentDownloadsAsync().get()) {
    watched.push_back(operation.AttachAsync());
    ends.watch(watched.back(), operation);
    if (cancel) watched.back().Cancel();
  }
  std::puts("attached");
  std::fflush(stdout);
  ends.wait(watched.size());
  return 0;
}

int run(const std::string& url, const std::string& file) {
  Ends ends;
  const DownloadOperation operation = create(url, file);
  const Watched watched = operation.StartAsync();
  ends.watch(watched, operation);
  std::puts(id_of(operation).c_str());
  std::fflush(stdout);
  ends.wait(1);
  return 0;
}

IAsyncAction awaited(std::string url, std::string file) {
  const DownloadOperation operation = create(url, file);
  try {
    const DownloadOperation done = co_await operation.StartAsync();
    std::printf("done %s %s\n", id_of(done).c_str(), done == operation ? "same" : "other");
  } catch (const hresult_error& error) {
    const auto code = static_cast<std::int32_t>(error.code());
    std::printf("failed 0x%08x %d\n", static_cast<unsigned>(code),
                static_cast<int>(BackgroundTransferError::GetStatus(code)));
  }
}

void print(const IInputStream& stream) {
  Buffer buffer(65536);
  while (true) {
    const IBuffer got =
        stream.ReadAsync(buffer, buffer.Capacity(), InputStreamOptions::Partial).get();
    if (got.Length() == 0) break;
    std::fwrite(got.data(), 1, got.Length(), stdout);
  }
  std::fflush(stdout);
}

int read(const std::string& url, const std::string& file) {
  const DownloadOperation operation = create(url, file);
  const Watched watched = operation.StartAsync();
  print(operation.GetResultStreamAt(0));
  (void)watched.get();
  return 0;
}

void upload(const std::string& url, const std::string& file, const std::string& method) {
  const BackgroundUploader uploader;
  uploader.Method(hstring(method));
  const UploadOperation operation = uploader.CreateUpload(
      Uri(hstring(url)), StorageFile::GetFileFromPathAsync(hstring(file)).get());
  (void)operation.StartAsync();
  std::puts(id_of(operation).c_str());
}

int uploads() {
  for (const UploadOperation& operation : BackgroundUploader::GetCurrentUploadsAsync().get()) {
    (void)operation.AttachAsync().get();
    std::printf("%s %s %s %llu %u\n", id_of(operation).c_str(),
                to_string(operation.Method()).c_str(),
                to_string(operation.SourceFile().Path()).c_str(),
                static_cast<unsigned long long>(operation.Progress().BytesSent),
                operation.GetResponseInformation().StatusCode());
    print(operation.GetResultStreamAt(0));
  }
  return 0;
}

int hurry(const std::string& url, const std::string& file) {
  const DownloadOperation operation = create(url, file);
  const Watched watched = operation.StartAsync();
  int wrong = 0;
  for (int i = 0; i < 30; ++i) {
    const auto wanted =
        i % 2 == 0 ? BackgroundTransferPriority::High : BackgroundTransferPriority::Low;
    operation.Pause();
    operation.Resume();
    operation.Pause();
    operation.Priority(wanted);
    // News that are older than this answer have arrived before it.
    (void)BackgroundDownloader::GetCurrentDownloadsAsync().get();
    if (operation.Priority() != wanted) ++wrong;
    operation.Resume();
  }
  std::printf("wrong %d\n", wrong);
  watched.Cancel();
  return 0;
}

template <typename Call>
void misuse(const char* what, Call call) {
  try {
    call();
    std::printf("%s passed\n", what);
  } catch (const hresult_error& error) {
    std::printf("%s 0x%08x\n", what,
                static_cast<unsigned>(static_cast<std::int32_t>(error.code())));
  }
}

int refuse(const std::string& url) {
  const DownloadOperation operation = create(url, "refuse.bin");
  misuse("attach-before-start", [&] { (void)operation.AttachAsync(); });
  misuse("pause-before-start", [&] { operation.Pause(); });
  misuse("resume-before-start", [&] { operation.Resume(); });
  misuse("same-file", [&] { (void)create(url, "refuse.bin"); });
  misuse("range-header", [&] { operation.SetRequestHeader(L"Range", L"bytes=0-"); });
  misuse("bad-uri", [&] { (void)Uri(L"no uri"); });
  misuse("ftp-like-scheme", [&] {
    (void)BackgroundDownloader().CreateDownload(Uri(L"gopher://127.0.0.1/"), result_file("x"));
  });
  const Watched watched = operation.StartAsync();
  misuse("second-start", [&] { (void)operation.StartAsync(); });
  watched.Cancel();
  misuse("get-of-canceled", [&] { (void)watched.get(); });
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string command = argc > 1 ? argv[1] : "";
  try {
    if (command == "start" || command == "create") {
      const DownloadOperation operation = create(argv[2], argv[3]);
      if (command == "start") (void)operation.StartAsync();
      std::puts(id_of(operation).c_str());
      std::fflush(stdout);
      _exit(0);  // as if it were killed: no destructor may be needed
    }
    if (command == "upload") {
      upload(argv[2], argv[3], argv[4]);
      std::fflush(stdout);
      _exit(0);
    }
    if (command == "uploads") return uploads();
    if (command == "run") return run(argv[2], argv[3]);
    if (command == "attach") return attach(false);
    if (command == "cancel") return attach(true);
    if (command == "read") return read(argv[2], argv[3]);
    if (command == "hurry") return hurry(argv[2], argv[3]);
    if (command == "refuse") return refuse(argv[2]);
    if (command == "co_await") {
      awaited(argv[2], argv[3]).get();
      return 0;
    }
    if (command == "list") {
      for (const DownloadOperation& operation :
           BackgroundDownloader::GetCurrentDownloadsAsync().get())
        std::printf("%s %d\n", id_of(operation).c_str(),
                    static_cast<int>(operation.Progress().Status));
      return 0;
    }
  } catch (const hresult_error& error) {
    std::fprintf(stderr, "0x%08x %s\n",
                 static_cast<unsigned>(static_cast<std::int32_t>(error.code())),
                 to_string(error.message()).c_str());
    return 1;
  }
  return 2;
}
