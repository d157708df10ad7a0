#pragma once

#include <algorithm>
#include <cstdint>
#include <exception>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/http/utf8.h"
#include "core/model/web_error.h"
#include "ipc/codec.h"

namespace lh::wire {

/// Pieces that the codec's parts share.

using Header = sdbus::Struct<std::string, std::string>;
using HeaderArray = std::vector<Header>;

[[nodiscard]] inline Error refused(std::string_view what, const std::string& why) {
  return Error{ErrorKind::InvalidArgument, 0, "read", std::string(what), why};
}

// Enumerations: the number if it is one of ours.

template <typename E>
[[nodiscard]] std::optional<E> in_range(std::int64_t number, E last) {
  if (number < 0 || number > static_cast<std::int64_t>(last)) return std::nullopt;
  return static_cast<E>(number);
}
[[nodiscard]] inline std::optional<BackgroundTransferStatus> to_status(std::int64_t number) {
  if (number == static_cast<std::int64_t>(BackgroundTransferStatus::PausedSystemPolicy)) {
    return BackgroundTransferStatus::PausedSystemPolicy;
  }
  return in_range(number, BackgroundTransferStatus::PausedRecoverableWebErrorStatus);
}
[[nodiscard]] inline std::optional<BackgroundTransferPriority> to_priority(std::int64_t number) {
  return in_range(number, BackgroundTransferPriority::Low);
}
[[nodiscard]] inline std::optional<BackgroundTransferCostPolicy> to_cost_policy(
    std::int64_t number) {
  return in_range(number, BackgroundTransferCostPolicy::Always);
}
[[nodiscard]] inline std::optional<WebErrorStatus> to_web_error(std::int32_t number) {
  const auto status = static_cast<WebErrorStatus>(number);
  if (status != WebErrorStatus::Unknown && web_error_name(status) == "Unknown") return std::nullopt;
  return status;
}

[[nodiscard]] inline std::vector<std::int32_t> encode_web_errors(
    const std::vector<WebErrorStatus>& statuses) {
  std::vector<std::int32_t> numbers;
  for (const WebErrorStatus status : statuses) numbers.push_back(static_cast<std::int32_t>(status));
  return numbers;
}
[[nodiscard]] inline std::optional<std::vector<WebErrorStatus>> decode_web_errors(
    const std::vector<std::int32_t>& numbers) {
  std::vector<WebErrorStatus> statuses;
  for (const std::int32_t number : numbers) {
    const auto status = to_web_error(number);
    if (!status) return std::nullopt;
    statuses.push_back(*status);
  }
  return statuses;
}

// Times: milliseconds since 1970 UTC; 0 stands for "not yet".

[[nodiscard]] inline std::int64_t to_ms(TimePoint time) {
  return time.time_since_epoch().count();
}
[[nodiscard]] inline std::int64_t to_ms(const std::optional<TimePoint>& time) {
  return time ? to_ms(*time) : 0;
}
[[nodiscard]] inline TimePoint from_ms(std::int64_t ms) {
  return TimePoint(Duration(ms));
}
[[nodiscard]] inline std::optional<TimePoint> from_ms_or_none(std::int64_t ms) {
  return ms == 0 ? std::nullopt : std::optional(from_ms(ms));
}

/// The bus ends the connection of whoever sends anything but UTF-8. What a server has sent is read
/// as ISO-8859-1 then, which old ones mean by it (RFC 9110, section 5.5).
[[nodiscard]] inline std::string as_utf8(std::string text) {
  return utf8::is_valid(text) ? std::move(text) : utf8::from_latin1(text);
}

[[nodiscard]] inline HeaderArray encode_headers(const HeaderList& headers) {
  HeaderArray out;
  out.reserve(headers.size());
  for (const HeaderField& field : headers) out.emplace_back(field.name, field.value);
  return out;
}
[[nodiscard]] inline HeaderList decode_headers(HeaderArray wire) {
  HeaderList out;
  out.reserve(wire.size());
  for (Header& field : wire) {
    out.push_back({std::move(field.get<0>()), std::move(field.get<1>())});
  }
  return out;
}

/// Takes a dictionary apart. The first thing that is wrong is kept; finish() tells it, or a key
/// that nobody took.
class DictionaryReader {
 public:
  DictionaryReader(const WireDictionary& wire, std::string_view what) : wire_(wire), what_(what) {}

  template <typename T>
  [[nodiscard]] std::optional<T> take(const char* key) {
    const auto found = wire_.find(key);
    if (found == wire_.end()) return std::nullopt;
    ++taken_;
    known_.emplace_back(key);
    try {
      if (found->second.containsValueOfType<T>()) return found->second.get<T>();
    } catch (const std::exception&) {  // an empty variant, or one that lies about its type
    }
    fail(std::string(key) + " has the wrong type");
    return std::nullopt;
  }

  /// Takes a value that `convert` turns into an optional; an empty one is refused.
  template <typename T, typename Convert>
  [[nodiscard]] auto take_checked(const char* key, Convert convert) -> decltype(convert(T{})) {
    std::optional<T> value = take<T>(key);
    if (!value) return std::nullopt;
    auto converted = convert(std::move(*value));
    if (!converted) fail(std::string(key) + " has an unknown value");
    return converted;
  }

  void fail(std::string why) {
    if (!error_) error_ = refused(what_, why);
  }

  [[nodiscard]] Result<void> finish() {
    if (!error_ && taken_ < wire_.size()) {
      for (const auto& [key, value] : wire_) {
        if (std::ranges::find(known_, key) == known_.end()) fail("unknown key " + key);
      }
    }
    if (error_) return *error_;
    return {};
  }

 private:
  const WireDictionary& wire_;
  std::string_view what_;
  std::size_t taken_ = 0;
  std::vector<std::string_view> known_;
  std::optional<Error> error_;
};

}  // namespace lh::wire
