// Downloads a URL into a file, as the README shows it: first_download URL FILE
// The download goes on if this program is killed; `longhaul list --all-apps` shows it.
#include <iostream>

#include "longhaul/background_transfer.h"
using namespace longhaul;

int main(int argc, char** argv) try {
  if (argc != 3) throw hresult_invalid_argument("usage: first_download URL /absolute/path/FILE");
  const std::string path = argv[2];
  const auto slash = path.rfind('/');
  StorageFolder folder =
      StorageFolder::GetFolderFromPathAsync(path.substr(0, slash == 0 ? 1 : slash)).get();
  StorageFile file =
      folder.CreateFileAsync(path.substr(slash + 1), CreationCollisionOption::OpenIfExists).get();

  BackgroundDownloader downloader;
  DownloadOperation download = downloader.CreateDownload(Uri(argv[1]), file);
  auto running = download.StartAsync();
  running.Progress([](auto const&, DownloadOperation const& operation) {
    const BackgroundDownloadProgress progress = operation.Progress();
    std::cout << progress.BytesReceived << " of " << progress.TotalBytesToReceive << " bytes\n";
  });
  running.get();
  std::cout << "done: " << to_string(download.ResultFile().Path()) << '\n';
  return 0;
} catch (const hresult_error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
