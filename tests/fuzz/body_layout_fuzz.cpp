// What a request of several parts sends, as it is found in the spool.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "files/body_layout.h"
#include "fuzz/require.h"
#include "platform/unique_fd.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const lh::UniqueFd fd(::memfd_create("layout", MFD_CLOEXEC));
  const auto put = ::write(fd.get(), data, size);
  lh::fuzz::require(put >= 0 && static_cast<std::size_t>(put) == size);
  lh::FileOps& ops = lh::system_file_ops();
  const auto layout = lh::BodyLayout::read(ops, fd.get(), "/layout", size);
  if (!layout) return 0;
  // What is read is what would be written.
  std::vector<lh::LayoutPart> parts;
  for (std::size_t i = 0; i < layout->size(); ++i) {
    const auto& segment = (*layout)[i];
    const lh::ByteOffset end = layout->end_of(i);
    lh::fuzz::require(segment.begin <= end && layout->find(segment.begin) <= i);
    if (!segment.is_file) {
      parts.emplace_back(std::string_view(reinterpret_cast<const char*>(data) + segment.place,
                                          end - segment.begin));
      continue;
    }
    auto file = lh::read_file_of(ops, fd.get(), "/layout", *layout, i);
    lh::fuzz::require(file.ok() && file->file.starts_with('/'));
    parts.emplace_back(std::move(file).value());
  }
  const auto length = lh::length_of(parts);
  lh::fuzz::require(length.ok() && *length == layout->length());
  lh::fuzz::require(lh::layout_size(parts) == size);
  return 0;
}
