#pragma once

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "app_stream.h"
#include "live_service.h"

namespace longhaul::test {

class Uploads : public LiveService {
 protected:
  using UploadAsync = IAsyncOperationWithProgress<UploadOperation, UploadOperation>;

  StorageFile file_with(const std::string& content) const {
    const StorageFile file = new_file();
    std::ofstream(to_string(file.Path()), std::ios::binary) << content;
    return file;
  }
  [[nodiscard]] Uri uri() const { return Uri(hstring(server_.url("/in"))); }
  [[nodiscard]] UploadOperation new_upload(const std::string& content) const {
    return uploader_.CreateUpload(uri(), file_with(content));
  }
  /// As an earlier run of the app has left it.
  [[nodiscard]] guid left_behind(const std::string& content, const std::string& method) const {
    UploadSettings settings;
    settings.Method = method;
    settings.BodyFile = to_string(file_with(content).Path());
    settings.KeepWhenEnded = false;
    return to_guid(TransferService().CreateUpload(settings, server_.url("/in"), true));
  }
  static guid to_guid(const std::string& id) { return guid(hstring("{" + id + "}")); }

  static std::vector<UploadOperation> current() {
    const auto view = BackgroundUploader::GetCurrentUploadsAsync().get();
    return {view.begin(), view.end()};
  }
  static UploadOperation find(const guid& id) {
    for (const UploadOperation& operation : current()) {
      if (operation.Guid() == id) return operation;
    }
    return nullptr;
  }

  /// Waits until a progress report of `watched` shows it.
  static bool wait_for(const UploadOperation& operation, const UploadAsync& watched,
                       const std::function<bool(const BackgroundUploadProgress&)>& condition) {
    auto signal = std::make_shared<Signal>();
    auto seen = std::make_shared<bool>(false);
    watched.Progress([signal, seen, condition](const UploadAsync&, const UploadOperation& sender) {
      const BackgroundUploadProgress progress = sender.Progress();
      signal->notify([&] { *seen = *seen || condition(progress); });
    });
    return condition(operation.Progress()) || signal->wait([&] { return *seen; });
  }
  /// Waits until the service shows it of a transfer that this program does not watch.
  static bool wait_until(const guid& id,
                         const std::function<bool(const TransferInfo&)>& condition) {
    const std::string text = to_string(to_hstring(id));
    Signal signal;
    bool seen = false;
    TransferService service;
    const auto subscription =
        service.Watch({text.substr(1, text.size() - 2)}, [&](const TransferEvent& event) {
          signal.notify([&] { seen = seen || condition(event.Transfer); });
        });
    return signal.wait([&] { return seen; });
  }

  static std::string read_all(const IInputStream& stream) {
    std::string content;
    const Buffer buffer(4096);
    while (true) {
      const IBuffer got =
          stream.ReadAsync(buffer, buffer.Capacity(), InputStreamOptions::Partial).get();
      if (got.Length() == 0) return content;
      content.append(reinterpret_cast<const char*>(got.data()), got.Length());
    }
  }
  /// Waits also for what is done behind the app's back.
  static bool is_forgotten(const guid& id) { return !find(id); }

  HttpStub server_{"thank you"};
  BackgroundUploader uploader_;
};

}  // namespace longhaul::test
