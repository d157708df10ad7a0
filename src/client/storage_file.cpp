#include "longhaul/storage/storage_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "client/client_error.h"
#include "client/file_entry.h"

namespace longhaul {
namespace {

/// Throws unless there is a file (no folder) at the absolute path that may be read.
std::string existing_file(const hstring& path) {
  std::string text = to_string(path);
  if (!text.starts_with('/') || text.find('\0') != std::string::npos) {
    lh::throw_error(lh::invalid_argument("\"" + text + "\" is not an absolute path"));
  }
  struct stat status{};
  if (::stat(text.c_str(), &status) != 0) lh::throw_error(lh::file_error(errno, "open", text));
  if (S_ISDIR(status.st_mode)) lh::throw_error(lh::file_error(EISDIR, "open", text));
  if (!S_ISREG(status.st_mode)) {
    lh::throw_error(lh::invalid_argument(text + " is a device, a pipe or a socket, not a file"));
  }
  if (::access(text.c_str(), R_OK) != 0) lh::throw_error(lh::file_error(errno, "open", text));
  return text;
}

}  // namespace

const std::shared_ptr<detail::FileEntry>& IStorageFile::shared_entry() const {
  if (!entry_) throw_hresult(hresult(0x80004003U), L"the file is null");
  return entry_;
}

hstring IStorageFile::Name() const {
  return hstring(lh::split_path(shared_entry()->path()).name);
}

hstring IStorageFile::Path() const {
  return hstring(shared_entry()->path());
}

hstring IStorageFile::FileType() const {
  const std::string name = lh::split_path(shared_entry()->path()).name;
  const std::size_t dot = name.rfind('.');
  return dot == std::string::npos || dot == 0 ? hstring() : hstring(name.substr(dot));
}

IAsyncAction IStorageFile::RenameAsync(const hstring& desiredName,
                                       NameCollisionOption option) const {
  const auto entry = shared_entry();
  return lh::action_done_at_once([&] {
    lh::Result<std::string> path = lh::rename_file(entry->path(), to_string(desiredName), option);
    if (!path) lh::throw_error(path.error());
    entry->moved_to(std::move(*path));
  });
}

IAsyncAction IStorageFile::DeleteAsync(StorageDeleteOption /*option*/) const {
  const auto entry = shared_entry();
  return lh::action_done_at_once([&] {
    const std::string path = entry->path();
    if (::unlink(path.c_str()) != 0) lh::throw_error(lh::file_error(errno, "delete", path));
  });
}

IAsyncOperation<StorageFile> StorageFile::GetFileFromPathAsync(const hstring& path) {
  return lh::done_at_once<StorageFile>([&] { return lh::make_storage_file(existing_file(path)); });
}

bool StorageFile::IsAvailable() const {
  return ::access(shared_entry()->path().c_str(), F_OK) == 0;
}

}  // namespace longhaul
