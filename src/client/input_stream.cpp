#include "longhaul/storage/input_stream.h"

#include <algorithm>

namespace longhaul {

namespace detail {
InputStreamSource::~InputStreamSource() = default;
}

IAsyncOperationWithProgress<IBuffer, std::uint32_t> IInputStream::ReadAsync(
    const IBuffer& buffer, std::uint32_t count, InputStreamOptions options) const {
  if (!source_) throw_hresult(hresult(0x80004003U), L"the stream is null");
  if (!buffer) throw hresult_invalid_argument(L"the buffer is null");
  return source_->read(buffer, std::min(count, buffer.Capacity()), options);
}

void IInputStream::Close() const {
  if (source_) source_->close();
}

}  // namespace longhaul
