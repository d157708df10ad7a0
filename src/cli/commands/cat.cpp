#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <string_view>

#include "cli/command.h"
#include "cli/failure.h"
#include "cli/output.h"
#include "cli/selection.h"
#include "longhaul/foundation/hresult.h"

namespace lh::cli {
namespace {

struct CatOptions {
  std::optional<std::string> id;
  std::optional<std::string> offset;
  std::optional<std::string> length;
  bool follow = false;
};

constexpr std::size_t kBlockBytes = 256UL * 1024;

/// The transfer failed, or started over, under the reader: not the command's fault.
Failure content_failure(const longhaul::hresult_error& error) {
  Failure failure = service_failure(error.code(), error.what());
  if (failure.status() != ExitStatus::Refused) return failure;
  return {ExitStatus::TransferFailed, failure.what(), failure.cause()};
}

ExitStatus run_cat(const CatOptions& options) {
  const std::uint64_t offset = options.offset ? parse_bytes("--offset", *options.offset) : 0;
  std::uint64_t left = options.length ? parse_bytes("--length", *options.length)
                                      : std::numeric_limits<std::uint64_t>::max();
  longhaul::TransferService service = open_service();
  const std::string id = find_transfer(service, *options.id).Id;
  const std::unique_ptr<longhaul::ContentReader> content = service.OpenContent(id, offset);
  std::vector<std::uint8_t> block(kBlockBytes);
  Output output;
  while (left > 0) {
    const std::size_t wanted =
        static_cast<std::size_t>(std::min<std::uint64_t>(left, block.size()));
    std::size_t size = 0;
    try {
      size = content->Read({block.data(), wanted}, options.follow);
    } catch (const longhaul::hresult_error& error) {
      throw content_failure(error);
    }
    if (size == 0) break;
    output.text({reinterpret_cast<const char*>(block.data()), size});
    output.flush();
    left -= size;
  }
  return ExitStatus::Done;
}

Run define_cat(Arguments& arguments) {
  const auto options = std::make_shared<CatOptions>();
  arguments.operand("ID", options->id, true);
  arguments.value("--offset", "N", options->offset, "Begin N bytes after the start");
  arguments.value("--length", "N", options->length, "End after N bytes");
  arguments.flag("--follow", options->follow,
                 "Go on as data arrives, until the transfer has ended");
  return [options] { return run_cat(*options); };
}

}  // namespace

const Command cat_command{
    "cat",
    "[OPTION...] ID",
    "Copy what has been received so far to standard output",
    "Prints the bytes that are there, from the offset on and without a gap, "
    "also while the download runs. With --follow it goes on until the download "
    "has ended; if that fails, the exit status is 1. Of an upload these are "
    "the bytes of the server's answer, also of one that says why it failed.",
    "longhaul cat --follow 3f2a | tar -xJf -\n"
    "longhaul cat --length 512 3f2a | file -",
    &define_cat};

}  // namespace lh::cli
