#pragma once

#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "http_stub.h"
#include "longhaul/background_transfer.h"
#include "longhaul/service.h"

namespace longhaul::test {

/// Folders of this process's own, with a private bus and a longhauld of their own.
class OwnFolders {
 public:
  /// Before anything of the library is used.
  static const std::string& path() {
    static const OwnFolders folders;
    return folders.path_;
  }

 private:
  OwnFolders() {
    char name[] = "/tmp/longhaul-client-XXXXXX";
    path_ = ::mkdtemp(name);
    for (const char* folder : {"state", "config", "run", "files"}) {
      std::filesystem::create_directory(path_ + "/" + folder);
      std::filesystem::permissions(path_ + "/" + folder, std::filesystem::perms::owner_all);
    }
    ::setenv("XDG_STATE_HOME", (path_ + "/state").c_str(), 1);
    ::setenv("XDG_CONFIG_HOME", (path_ + "/config").c_str(), 1);
    ::setenv("XDG_RUNTIME_DIR", (path_ + "/run").c_str(), 1);
    ::setenv("LONGHAUL_APP_ID", "org.longhaul.test", 1);
    for (const char* variable : {"DBUS_SESSION_BUS_ADDRESS", "LONGHAUL_BUS_ADDRESS"}) {
      ::unsetenv(variable);
    }
  }
  ~OwnFolders() {
    end_processes();
    std::filesystem::remove_all(path_);
  }

  /// Daemon and bus: whoever runs with our folders.
  void end_processes() const {
    const std::string ours = "XDG_STATE_HOME=" + path_ + "/state";
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
      const std::string pid = entry.path().filename();
      if (pid.find_first_not_of("0123456789") != std::string::npos) continue;
      if (pid == std::to_string(::getpid())) continue;
      std::ifstream file(entry.path() / "environ", std::ios::binary);
      for (std::string variable; std::getline(file, variable, '\0');) {
        if (variable == ours) ::kill(std::stoi(pid), SIGKILL);
      }
    }
  }

  std::string path_;
};

/// Lets a thread wait, with a deadline, for what handlers tell.
class Signal {
 public:
  void notify(const std::function<void()>& change) {
    const std::lock_guard lock(mutex_);
    change();
    changed_.notify_all();  // under the lock: whoever waits may destroy this as soon as it is free
  }
  [[nodiscard]] bool wait(const std::function<bool()>& condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(60), condition);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
};

class LiveService : public testing::Test {
 protected:
  using Watched = IAsyncOperationWithProgress<DownloadOperation, DownloadOperation>;

  LiveService() : folder_(OwnFolders::path() + "/files") {}

  static std::string random_bytes(std::size_t size) {
    std::mt19937 engine(7);
    std::string text(size, '\0');
    for (char& c : text) c = static_cast<char>(engine());
    return text;
  }

  /// A name that no other test of this process uses.
  static std::string unique_name() {
    static int count = 0;
    return "file" + std::to_string(++count) + ".bin";
  }

  StorageFile new_file() const {
    return StorageFolder::GetFolderFromPathAsync(hstring(folder_))
        .get()
        .CreateFileAsync(hstring(unique_name()))
        .get();
  }
  DownloadOperation new_download(const HttpStub& server, const std::string& path = "/file.bin") {
    return BackgroundDownloader().CreateDownload(Uri(hstring(server.url(path))), new_file());
  }

  static std::string content(const DownloadOperation& operation) {
    std::ifstream file(to_string(operation.ResultFile().Path()), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  /// Waits until a progress report shows it.
  static bool wait_for(const Watched& watched,
                       const std::function<bool(const BackgroundDownloadProgress&)>& condition) {
    auto signal = std::make_shared<Signal>();
    auto seen = std::make_shared<bool>(false);
    watched.Progress([signal, seen, condition](const Watched&, const DownloadOperation& operation) {
      const BackgroundDownloadProgress progress = operation.Progress();
      signal->notify([&] { *seen = *seen || condition(progress); });
    });
    const BackgroundDownloadProgress now = operation_of(watched).Progress();
    return condition(now) || signal->wait([&] { return *seen; });
  }
  /// `watched` of this operation.
  static DownloadOperation operation_of(const Watched& watched) {
    for (const auto& [async, operation] : started()) {
      if (async == watched) return operation;
    }
    throw hresult_invalid_argument(L"not started by this test");
  }
  static Watched start(const DownloadOperation& operation) {
    Watched watched = operation.StartAsync();
    started().emplace_back(watched, operation);
    return watched;
  }

  static void kill_daemon() { ::kill(TransferService().Status().Pid, SIGKILL); }

  static hresult code_of(const auto& call) {
    try {
      call();
    } catch (const hresult_error& error) {
      return error.code();
    }
    return hresult(0);
  }

  const std::string folder_;

 private:
  static std::vector<std::pair<Watched, DownloadOperation>>& started() {
    static std::vector<std::pair<Watched, DownloadOperation>> list;
    return list;
  }
};

}  // namespace longhaul::test
