#include "support/faulty_vfs.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <new>
#include <optional>
#include <random>
#include <vector>

#include <sqlite3.h>

namespace lh::test {
namespace {

/// A write, or a truncation if there are no bytes.
struct Change {
  std::size_t offset = 0;
  std::string bytes;
};

/// What a power cut leaves of a file.
struct Image {
  std::string synced;
  std::vector<Change> unsynced;
};

void apply(std::string& content, const Change& change) {
  if (change.bytes.empty()) return content.resize(change.offset);
  content.resize(std::max(content.size(), change.offset + change.bytes.size()));
  content.replace(change.offset, change.bytes.size(), change.bytes);
}

std::string content_of(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

struct FaultyVfs::Disk {
  sqlite3_vfs vfs{};
  sqlite3_vfs* real = nullptr;

  mutable std::mutex mutex;
  std::optional<Fault> fault;
  int calls_left = 0;
  bool is_dead = false;
  bool struck_a_sync = false;
  std::string struck;
  int full = 0;
  int refused_writes = 0;
  bool syncs_fail = false;
  int open_files = 0;
  int last_error = 0;
  std::map<std::string, Image> images;
  std::minstd_rand random;

  /// Whether this call is struck, now or because the process has ended.
  bool meet(const char* call, const char* path, bool needs_room = false) {
    const std::lock_guard lock(mutex);
    if (is_dead) return true;
    if (!fault || (*fault == Fault::Full && !needs_room) || calls_left-- > 0) return false;
    is_dead = *fault != Fault::IoError && *fault != Fault::Full;
    last_error = *fault == Fault::Full ? ENOSPC : EIO;
    struck_a_sync = std::string_view(call) == "xSync";
    struck =
        std::string(call) + " " +
        (path == nullptr ? "a temporary file" : std::filesystem::path(path).filename().string());
    if (!is_dead) fault.reset();
    return true;
  }
  [[nodiscard]] bool is_full_fault() const { return last_error == ENOSPC; }

  void note(const char* path, Change change) {
    if (path == nullptr) return;
    const std::lock_guard lock(mutex);
    images[path].unsynced.push_back(std::move(change));
  }
};

struct FaultyVfs::File {
  sqlite3_file base;
  Disk* disk;
  const char* path;  ///< null: a temporary one; else SQLite's own, as long as the file is open

  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }  // NOLINT: its place
};

/// SQLite's callbacks.
struct FaultyVfs::Methods {
  static File& of(sqlite3_file* file) { return *reinterpret_cast<File*>(file); }  // NOLINT
  static Disk& disk_of(sqlite3_vfs* vfs) { return *static_cast<Disk*>(vfs->pAppData); }

  static int close(sqlite3_file* file) {
    File& self = of(file);
    const std::lock_guard lock(self.disk->mutex);
    --self.disk->open_files;
    return self.real()->pMethods->xClose(self.real());
  }

  static int read(sqlite3_file* file, void* to, int count, sqlite3_int64 offset) {
    File& self = of(file);
    if (self.disk->meet("xRead", self.path)) return SQLITE_IOERR_READ;
    return self.real()->pMethods->xRead(self.real(), to, count, offset);
  }

  static int put(File& self, const void* from, int count, sqlite3_int64 offset) {
    const int code = self.real()->pMethods->xWrite(self.real(), from, count, offset);
    self.disk->note(self.path, {static_cast<std::size_t>(offset),
                                {static_cast<const char*>(from), static_cast<std::size_t>(count)}});
    return code;
  }

  static int write(sqlite3_file* file, const void* from, int count, sqlite3_int64 offset) {
    File& self = of(file);
    Disk& disk = *self.disk;
    if (const int error = refusal(self, count, offset); error != 0) {
      return error == ENOSPC ? SQLITE_FULL : SQLITE_IOERR_WRITE;
    }
    if (!disk.meet("xWrite", self.path, true)) return put(self, from, count, offset);
    if (!disk.is_full_fault()) return SQLITE_IOERR_WRITE;
    put(self, from, count / 2, offset);
    return SQLITE_FULL;
  }

  /// Why the file cannot grow so far, or 0.
  static int refusal(File& self, int count, sqlite3_int64 offset) {
    sqlite3_int64 size = 0;
    self.real()->pMethods->xFileSize(self.real(), &size);
    Disk& disk = *self.disk;
    const std::lock_guard lock(disk.mutex);
    if (self.path == nullptr || disk.full == 0 || offset + count <= size) return 0;
    ++disk.refused_writes;
    return disk.last_error = disk.full;
  }

  static int truncate(sqlite3_file* file, sqlite3_int64 size) {
    File& self = of(file);
    if (self.disk->meet("xTruncate", self.path)) return SQLITE_IOERR_TRUNCATE;
    self.disk->note(self.path, {static_cast<std::size_t>(size), {}});
    return self.real()->pMethods->xTruncate(self.real(), size);
  }

  static int sync(sqlite3_file* file, int) {
    File& self = of(file);
    Disk& disk = *self.disk;
    if (disk.meet("xSync", self.path)) return SQLITE_IOERR_FSYNC;
    const std::lock_guard lock(disk.mutex);
    if (disk.syncs_fail) {
      disk.last_error = EIO;
      return SQLITE_IOERR_FSYNC;
    }
    if (self.path == nullptr) return SQLITE_OK;
    Image& image = disk.images[self.path];
    for (const Change& change : image.unsynced) apply(image.synced, change);
    image.unsynced.clear();
    return SQLITE_OK;
  }

  static int file_size(sqlite3_file* file, sqlite3_int64* size) {
    File& self = of(file);
    if (self.disk->meet("xFileSize", self.path)) return SQLITE_IOERR_FSTAT;
    return self.real()->pMethods->xFileSize(self.real(), size);
  }

  static int lock(sqlite3_file* file, int level) {
    File& self = of(file);
    if (self.disk->meet("xLock", self.path)) return SQLITE_IOERR_LOCK;
    return self.real()->pMethods->xLock(self.real(), level);
  }
  static int unlock(sqlite3_file* file, int level) {
    return of(file).real()->pMethods->xUnlock(of(file).real(), level);
  }
  static int check_lock(sqlite3_file* file, int* is_locked) {
    File& self = of(file);
    if (self.disk->meet("xCheckReservedLock", self.path)) return SQLITE_IOERR_CHECKRESERVEDLOCK;
    return self.real()->pMethods->xCheckReservedLock(self.real(), is_locked);
  }

  static int control(sqlite3_file* file, int what, void* argument) {
    return of(file).real()->pMethods->xFileControl(of(file).real(), what, argument);
  }
  static int sector_size(sqlite3_file* file) {
    return of(file).real()->pMethods->xSectorSize(of(file).real());
  }
  static int traits(sqlite3_file* file) {
    return of(file).real()->pMethods->xDeviceCharacteristics(of(file).real());
  }

  static int shm_map(sqlite3_file* file, int region, int size, int extend, void volatile** out) {
    File& self = of(file);
    if (self.disk->meet("xShmMap", self.path, extend != 0)) {
      *out = nullptr;
      return self.disk->is_full_fault() ? SQLITE_IOERR_SHMSIZE : SQLITE_IOERR_SHMMAP;
    }
    return self.real()->pMethods->xShmMap(self.real(), region, size, extend, out);
  }
  static int shm_lock(sqlite3_file* file, int offset, int count, int flags) {
    File& self = of(file);
    const bool takes = (flags & SQLITE_SHM_LOCK) != 0;
    if (takes && self.disk->meet("xShmLock", self.path)) return SQLITE_IOERR_SHMLOCK;
    return self.real()->pMethods->xShmLock(self.real(), offset, count, flags);
  }
  static void shm_barrier(sqlite3_file* file) {
    of(file).real()->pMethods->xShmBarrier(of(file).real());
  }
  static int shm_unmap(sqlite3_file* file, int remove) {
    File& self = of(file);
    // The dead remove nothing.
    const bool is_struck = self.disk->meet("xShmUnmap", self.path);
    return self.real()->pMethods->xShmUnmap(self.real(), is_struck ? 0 : remove);
  }

  static constexpr sqlite3_io_methods kFileMethods = {
      2,        close,       read,       write,   truncate,    sync,   file_size,
      lock,     unlock,      check_lock, control, sector_size, traits, shm_map,
      shm_lock, shm_barrier, shm_unmap,  nullptr, nullptr};

  static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags,
                  int* out_flags) {
    Disk& disk = disk_of(vfs);
    file->pMethods = nullptr;
    if (disk.meet("xOpen", name, (flags & SQLITE_OPEN_CREATE) != 0)) return SQLITE_CANTOPEN;
    File& self = *new (file) File{{nullptr}, &disk, name};
    const int code = disk.real->xOpen(disk.real, name, self.real(), flags, out_flags);
    if (code != SQLITE_OK) return code;
    self.base.pMethods = &kFileMethods;
    const std::lock_guard lock(disk.mutex);
    ++disk.open_files;
    if (name != nullptr && !disk.images.contains(name)) disk.images[name] = {content_of(name), {}};
    return SQLITE_OK;
  }

  static int remove(sqlite3_vfs* vfs, const char* name, int sync_folder) {
    Disk& disk = disk_of(vfs);
    if (disk.meet("xDelete", name)) return SQLITE_IOERR_DELETE;
    const std::lock_guard lock(disk.mutex);
    disk.images.erase(name);
    return disk.real->xDelete(disk.real, name, sync_folder);
  }

  static int access(sqlite3_vfs* vfs, const char* name, int flags, int* out) {
    Disk& disk = disk_of(vfs);
    if (disk.meet("xAccess", name)) return SQLITE_IOERR_ACCESS;
    return disk.real->xAccess(disk.real, name, flags, out);
  }

  static int last_error(sqlite3_vfs* vfs, int, char*) { return disk_of(vfs).last_error; }
};

FaultyVfs::FaultyVfs() : disk_(std::make_unique<Disk>()) {
  disk_->real = sqlite3_vfs_find("unix");
  // What is not about files stays as it is.
  disk_->vfs = *disk_->real;
  disk_->vfs.szOsFile = static_cast<int>(sizeof(File)) + disk_->real->szOsFile;
  disk_->vfs.zName = "faulty";
  disk_->vfs.pNext = nullptr;
  disk_->vfs.pAppData = disk_.get();
  disk_->vfs.xOpen = Methods::open;
  disk_->vfs.xDelete = Methods::remove;
  disk_->vfs.xAccess = Methods::access;
  disk_->vfs.xGetLastError = Methods::last_error;
  sqlite3_vfs_register(&disk_->vfs, 1);
}

FaultyVfs::~FaultyVfs() {
  sqlite3_vfs_unregister(&disk_->vfs);
  sqlite3_vfs_register(disk_->real, 1);
}

void FaultyVfs::strike(Fault fault, int n) {
  const std::lock_guard lock(disk_->mutex);
  disk_->fault = fault;
  disk_->calls_left = n;
  disk_->random.seed(static_cast<std::uint32_t>(n) + 1);
}

bool FaultyVfs::has_struck() const {
  const std::lock_guard lock(disk_->mutex);
  return !disk_->struck.empty();
}

bool FaultyVfs::has_struck_a_sync() const {
  const std::lock_guard lock(disk_->mutex);
  return disk_->struck_a_sync;
}

std::string FaultyVfs::struck() const {
  const std::lock_guard lock(disk_->mutex);
  return disk_->struck;
}

void FaultyVfs::set_full(int error) {
  const std::lock_guard lock(disk_->mutex);
  disk_->full = error;
  disk_->refused_writes = 0;
}

int FaultyVfs::refused_writes() const {
  const std::lock_guard lock(disk_->mutex);
  return disk_->refused_writes;
}

void FaultyVfs::fail_syncs(bool fail) {
  const std::lock_guard lock(disk_->mutex);
  disk_->syncs_fail = fail;
}

int FaultyVfs::open_files() const {
  const std::lock_guard lock(disk_->mutex);
  return disk_->open_files;
}

void FaultyVfs::lose_unsynced() {
  const std::lock_guard lock(disk_->mutex);
  const bool all = disk_->fault != Fault::TornPowerCut;
  for (auto& [path, image] : disk_->images) {
    for (const Change& change : image.unsynced) {
      if (!all && disk_->random() % 2 == 0) apply(image.synced, change);
    }
    std::ofstream(path, std::ios::binary) << image.synced;
  }
}

}  // namespace lh::test
