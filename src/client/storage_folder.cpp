#include "longhaul/storage/storage_folder.h"

#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "client/client_error.h"
#include "client/file_entry.h"
#include "core/model/spec_check.h"

namespace longhaul {
namespace {

template <typename T>
T value_or_throw(lh::Result<T> result) {
  if (!result) lh::throw_error(result.error());
  return std::move(*result);
}

std::string existing_folder(std::string path) {
  if (!path.starts_with('/') || path.find('\0') != std::string::npos) {
    lh::throw_error(lh::invalid_argument("\"" + path + "\" is not an absolute path"));
  }
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) lh::throw_error(lh::file_error(errno, "open", path));
  if (!S_ISDIR(status.st_mode)) lh::throw_error(lh::file_error(ENOTDIR, "open", path));
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

/// A new folder, or the one that is there if the option says so.
std::string make_folder(const std::string& parent, const std::string& name,
                        CreationCollisionOption option) {
  if (lh::Result<void> checked = lh::check_file_name(name); !checked) {
    lh::throw_error(checked.error());
  }
  for (unsigned number = 1; number < 10'000; ++number) {
    const std::string path =
        lh::join_path(parent, number == 1 ? name : name + " (" + std::to_string(number) + ")");
    if (::mkdir(path.c_str(), 0777) == 0) return path;
    if (errno == EEXIST && option == CreationCollisionOption::OpenIfExists) {
      return existing_folder(path);
    }
    if (errno == EEXIST && option == CreationCollisionOption::GenerateUniqueName) continue;
    if (errno == EEXIST && option == CreationCollisionOption::ReplaceExisting) {
      // What is in it is not ours to throw away.
      throw hresult_not_implemented(L"a folder is never replaced");
    }
    lh::throw_error(lh::file_error(errno, "create", path));
  }
  lh::throw_error(lh::file_error(EEXIST, "create", lh::join_path(parent, name)));
}

}  // namespace

const std::string& StorageFolder::path() const {
  if (!path_) throw_hresult(hresult(0x80004003U), L"the folder is null");
  return *path_;
}

IAsyncOperation<StorageFolder> StorageFolder::GetFolderFromPathAsync(const hstring& path) {
  return lh::done_at_once<StorageFolder>(
      [&] { return StorageFolder(existing_folder(to_string(path))); });
}

IAsyncOperation<StorageFile> StorageFolder::CreateFileAsync(const hstring& desiredName,
                                                            CreationCollisionOption option) const {
  const std::string& folder = path();
  return lh::done_at_once<StorageFile>([&] {
    return lh::make_storage_file(
        value_or_throw(lh::create_file(folder, to_string(desiredName), option)));
  });
}

IAsyncOperation<StorageFile> StorageFolder::GetFileAsync(const hstring& name) const {
  return StorageFile::GetFileFromPathAsync(hstring(lh::join_path(path(), to_string(name))));
}

IAsyncOperation<StorageFolder> StorageFolder::CreateFolderAsync(
    const hstring& desiredName, CreationCollisionOption option) const {
  const std::string& folder = path();
  return lh::done_at_once<StorageFolder>(
      [&] { return StorageFolder(make_folder(folder, to_string(desiredName), option)); });
}

hstring StorageFolder::Name() const {
  return hstring(lh::split_path(path()).name);
}

hstring StorageFolder::Path() const {
  return hstring(path());
}

}  // namespace longhaul
