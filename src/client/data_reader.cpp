#include "longhaul/storage/data_reader.h"

#include <algorithm>
#include <string>
#include <vector>

namespace longhaul {

struct DataReader::State {
  explicit State(IInputStream source) : stream(std::move(source)) {}

  IInputStream stream;
  longhaul::InputStreamOptions options = longhaul::InputStreamOptions::None;
  std::vector<std::uint8_t> bytes;
  std::size_t consumed = 0;

  [[nodiscard]] std::size_t left() const { return bytes.size() - consumed; }

  void append(const IBuffer& more) {
    bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(consumed));
    consumed = 0;
    bytes.insert(bytes.end(), more.data(), more.data() + more.Length());
  }

  /// The next `count` bytes, which are consumed.
  std::span<const std::uint8_t> take(std::size_t count) {
    if (count > left()) throw hresult_out_of_bounds(L"fewer bytes are loaded than asked for");
    const std::span<const std::uint8_t> taken(bytes.data() + consumed, count);
    consumed += count;
    return taken;
  }

  static IAsyncOperation<std::uint32_t> load(std::shared_ptr<State> self, std::uint32_t count) {
    const IBuffer read = co_await self->stream.ReadAsync(Buffer(count), count, self->options);
    self->append(read);
    co_return read.Length();
  }
};

DataReader::DataReader(const IInputStream& stream) : state_(std::make_shared<State>(stream)) {
  if (!stream) throw hresult_invalid_argument(L"the stream is null");
}

DataReader::State& DataReader::state() const {
  if (!state_) throw_hresult(hresult(0x80004003U), L"the reader is null");
  return *state_;
}

longhaul::InputStreamOptions DataReader::InputStreamOptions() const {
  return state().options;
}

void DataReader::InputStreamOptions(longhaul::InputStreamOptions options) const {
  state().options = options;
}

IAsyncOperation<std::uint32_t> DataReader::LoadAsync(std::uint32_t count) const {
  static_cast<void>(state());
  return State::load(state_, count);
}

std::uint32_t DataReader::UnconsumedBufferLength() const {
  return static_cast<std::uint32_t>(state().left());
}

std::uint8_t DataReader::ReadByte() const {
  return state().take(1).front();
}

void DataReader::ReadBytes(std::span<std::uint8_t> bytes) const {
  std::ranges::copy(state().take(bytes.size()), bytes.begin());
}

IBuffer DataReader::ReadBuffer(std::uint32_t length) const {
  const Buffer buffer(length);
  std::ranges::copy(state().take(length), buffer.data());
  buffer.Length(length);
  return buffer;
}

hstring DataReader::ReadString(std::uint32_t length) const {
  const auto bytes = state().take(length);
  return hstring(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

void DataReader::Close() const {
  state().stream.Close();
}

}  // namespace longhaul
