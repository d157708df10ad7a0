#include "client/body_spool.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "client/client_error.h"
#include "ipc/codec.h"

namespace lh {
namespace {

constexpr std::size_t kPiece = 256UL * 1024;
constexpr ByteCount kMiB = 1024UL * 1024;

/// On a disk: where there is a folder in memory for what is temporary, it is /tmp.
std::string temporary_folder() {
  const char* const chosen = std::getenv("TMPDIR");
  return chosen != nullptr && *chosen == '/' ? chosen : "/var/tmp";
}

UniqueFd open_nameless() {
  const std::string folder = temporary_folder();
  UniqueFd file(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (file) return file;
  // Not every file system has files without a name.
  std::string name = folder + "/longhaul-XXXXXX";
  file.reset(::mkostemp(name.data(), O_CLOEXEC));
  if (!file) throw_error(file_error(errno, "create a file in", folder));
  ::unlink(name.c_str());
  return file;
}

void write_all(int fd, std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      throw_error(file_error(written < 0 ? errno : ENOSPC, "write to", temporary_folder()));
    }
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

ByteCount spool_limit(ServiceConnection& connection) {
  const auto report = decode_status_report(std::get<0>(
      value_or_throw(connection.call_and_wait<WireDictionary>("Status", Repeat::Safe))));
  if (!report) throw_error(report.error());
  return report->spool_max;
}

}  // namespace

std::shared_ptr<UniqueFd> spool_body(ServiceConnection& connection, const BodyReader& read) {
  const ByteCount limit = spool_limit(connection);
  auto file = std::make_shared<UniqueFd>(open_nameless());
  std::vector<std::uint8_t> buffer(kPiece);
  ByteCount size = 0;
  while (const std::size_t count = read(buffer)) {
    if (count > buffer.size()) throw_error(invalid_argument("the stream gave more than fits"));
    size += count;
    if (size > limit) {
      throw_error({ErrorKind::Quota,
                   0,
                   "keep the request's body",
                   {},
                   "it has more than the " + std::to_string(limit / kMiB) +
                       " MiB that such bodies may take; raise limits.spool_max_mib, or send a "
                       "file"});
    }
    write_all(file->get(), std::span(buffer).first(count));
  }
  return file;
}

BodyReader reader_of(longhaul::IInputStream stream) {
  return [stream = std::move(stream),
          buffer = longhaul::Buffer(kPiece)](std::span<std::uint8_t> into) -> std::size_t {
    const auto wanted = static_cast<std::uint32_t>(std::min(into.size(), kPiece));
    const auto read = stream.ReadAsync(buffer, wanted, longhaul::InputStreamOptions::Partial).get();
    if (!read) return 0;
    const std::size_t count = std::min<std::size_t>(read.Length(), into.size());
    std::copy_n(read.data(), count, into.begin());
    return count;
  };
}

}  // namespace lh
