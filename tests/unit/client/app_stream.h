#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "longhaul/storage/input_stream.h"

namespace longhaul::test {

using ReadState = detail::AsyncProgressState<IBuffer, std::uint32_t>;
using ReadAsync = IAsyncOperationWithProgress<IBuffer, std::uint32_t>;
/// A stream of the app's own.
class AppStream : public detail::InputStreamSource {
 public:
  /// What a read ends with: at most `count` bytes in `buffer`, or an exception.
  using Reader = std::function<IBuffer(const IBuffer& buffer, std::uint32_t count)>;

  explicit AppStream(Reader reader) : reader_(std::move(reader)) {}

  ReadAsync read(const IBuffer& buffer, std::uint32_t count, InputStreamOptions) override {
    auto state = std::make_shared<ReadState>();
    try {
      state->complete(reader_(buffer, count));
    } catch (...) {
      state->end_with_current_exception();
    }
    return ReadAsync(std::move(state));
  }
  void close() override {}

 private:
  Reader reader_;
};

inline IInputStream stream_of(AppStream::Reader reader) {
  return IInputStream(std::make_shared<AppStream>(std::move(reader)));
}

/// Gives `content`, `piece` bytes a time, then its end.
inline AppStream::Reader pieces_of(std::string content, std::size_t piece) {
  return [content = std::move(content), piece, at = std::size_t{0}](
             const IBuffer& buffer, std::uint32_t count) mutable -> IBuffer {
    const std::size_t size = std::min({piece, std::size_t{count}, content.size() - at});
    std::copy_n(content.data() + at, size, buffer.data());
    buffer.Length(static_cast<std::uint32_t>(size));
    at += size;
    return buffer;
  };
}

}  // namespace longhaul::test
