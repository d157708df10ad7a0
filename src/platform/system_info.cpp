#include "platform/system_info.h"

#include <sys/random.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace lh {
namespace {

void fill_random(void* data, std::size_t size) {
  auto* bytes = static_cast<unsigned char*>(data);
  while (size > 0) {
    const ssize_t got = ::getrandom(bytes, size, 0);
    if (got < 0) {
      if (errno == EINTR) continue;
      // Without random numbers two operations could get the same id.
      std::perror("longhaul: getrandom");
      std::abort();
    }
    bytes += got;
    size -= static_cast<std::size_t>(got);
  }
}

std::string read_boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  // Where the kernel does not tell, every run counts as a boot of its own: then files are trusted
  // only as far as they were synced.
  return id.empty() ? random_guid().to_string() : id;
}

}  // namespace

std::string boot_id() {
  static const std::string id = read_boot_id();
  return id;
}

Guid random_guid() {
  Guid::Bytes bytes{};
  fill_random(bytes.data(), bytes.size());
  return Guid::from_random(bytes);
}

std::uint64_t random_number() {
  std::uint64_t bits = 0;
  fill_random(&bits, sizeof bits);
  return bits;
}

double random_fraction() {
  return static_cast<double>(random_number() >> 11U) * 0x1.0p-53;
}

}  // namespace lh
