#include "client/kept_answer.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>

namespace lh {
namespace {

constexpr std::size_t kSmall = 64UL * 1024;

ssize_t read_at(int fd, std::span<std::uint8_t> into, std::uint64_t position) {
  ssize_t got = 0;
  do {
    got = ::pread(fd, into.data(), into.size(), static_cast<off_t>(position));
  } while (got < 0 && errno == EINTR);
  return got;
}

}  // namespace

std::shared_ptr<const KeptAnswer> KeptAnswer::of(int content) {
  auto answer = std::make_shared<KeptAnswer>();
  answer->file_.reset(content);
  struct ::stat info{};
  if (::fstat(content, &info) != 0 || static_cast<std::size_t>(info.st_size) > kSmall) {
    return answer;
  }
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(info.st_size));
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t got = read_at(content, std::span(bytes).subspan(filled), filled);
    if (got <= 0) return answer;  // a later read tells why
    filled += static_cast<std::size_t>(got);
  }
  answer->bytes_ = std::move(bytes);
  answer->file_.reset();
  return answer;
}

ssize_t KeptAnswer::read(std::span<std::uint8_t> into, std::uint64_t position) const {
  if (file_) return read_at(file_.get(), into, position);
  if (position >= bytes_.size()) return 0;
  const std::size_t count = std::min<std::size_t>(into.size(), bytes_.size() - position);
  std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(position), count, into.begin());
  return static_cast<ssize_t>(count);
}

}  // namespace lh
