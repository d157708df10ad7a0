// What a program does at every start: takes up the downloads of its earlier runs. Waits for all of
// them, or cancels them: attach [cancel]
#include <iostream>
#include <string_view>
#include <vector>

#include "longhaul/background_transfer.h"
using namespace longhaul;

namespace {

using Watched = IAsyncOperationWithProgress<DownloadOperation, DownloadOperation>;

void report(Watched const&, DownloadOperation const& operation) {
  const BackgroundDownloadProgress progress = operation.Progress();
  std::cout << to_string(operation.Guid()) << ": " << progress.BytesReceived << " of "
            << progress.TotalBytesToReceive << " bytes" << (progress.HasRestarted ? ", again" : "")
            << '\n';
}

/// One download to its end; the error path belongs to every attach.
IAsyncAction follow(DownloadOperation operation, bool cancel) {
  try {
    Watched watched = operation.AttachAsync();
    watched.Progress(&report);
    if (cancel) watched.Cancel();
    co_await watched;
    std::cout << to_string(operation.ResultFile().Path()) << " is complete\n";
  } catch (const hresult_canceled&) {
    std::cout << to_string(operation.Guid()) << " was canceled\n";
  } catch (const hresult_illegal_method_call&) {
    std::cout << to_string(operation.Guid()) << " was never started\n";
  } catch (const hresult_error& error) {
    const WebErrorStatus status = BackgroundTransferError::GetStatus(error.code());
    std::cout << to_string(operation.Guid()) << " failed: " << error.what() << " (web error "
              << static_cast<int>(status) << ")\n";
  }
}

}  // namespace

int main(int argc, char** argv) try {
  const bool cancel = argc > 1 && std::string_view(argv[1]) == "cancel";
  // All first, waiting afterwards (R12).
  std::vector<IAsyncAction> all;
  for (DownloadOperation const& operation :
       BackgroundDownloader::GetCurrentDownloadsAsync().get()) {
    all.push_back(follow(operation, cancel));
  }
  for (IAsyncAction const& one : all) one.get();
  std::cout << all.size() << " downloads\n";
  return 0;
} catch (const hresult_error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
