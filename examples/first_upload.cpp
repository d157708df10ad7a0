// Uploads a file and prints the server's answer, as the README shows it: first_upload FILE URL
// The upload goes on if this program is killed; `longhaul list --all-apps` shows it.
#include <iostream>

#include "longhaul/background_transfer.h"
using namespace longhaul;

namespace {

void print(const IInputStream& stream) {
  Buffer buffer(64 * 1024);
  while (true) {
    const IBuffer got =
        stream.ReadAsync(buffer, buffer.Capacity(), InputStreamOptions::Partial).get();
    if (got.Length() == 0) return;
    std::cout.write(reinterpret_cast<const char*>(got.data()), got.Length());
  }
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 3) throw hresult_invalid_argument("usage: first_upload /absolute/path/FILE URL");
  StorageFile file = StorageFile::GetFileFromPathAsync(argv[1]).get();

  BackgroundUploader uploader;
  uploader.Method("PUT");
  UploadOperation upload = uploader.CreateUpload(Uri(argv[2]), file);
  auto running = upload.StartAsync();
  running.Progress([](auto const&, UploadOperation const& operation) {
    const BackgroundUploadProgress progress = operation.Progress();
    std::cerr << progress.BytesSent << " of " << progress.TotalBytesToSend << " bytes\n";
  });
  running.get();
  print(upload.GetResultStreamAt(0));
  return 0;
} catch (const hresult_error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
