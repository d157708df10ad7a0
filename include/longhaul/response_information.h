#pragma once

/// @file
/// The server's answer to a request of a transfer.

#include <cstddef>
#include <cstdint>
#include <memory>

#include "longhaul/export.h"
#include "longhaul/foundation/collections.h"
#include "longhaul/foundation/hstring.h"
#include "longhaul/foundation/uri.h"

namespace longhaul {

namespace detail {
struct ResponseData;
}

/// Status line and headers of a response; never changes. A handle: copies share it, and it may be
/// null. Any thread.
class LONGHAUL_EXPORT ResponseInformation {
 public:
  ResponseInformation(std::nullptr_t = nullptr) noexcept {}
  explicit ResponseInformation(std::shared_ptr<const detail::ResponseData> data)
      : data_(std::move(data)) {}

  /// The URI that delivered the data: the requested one, or the target of the redirects.
  [[nodiscard]] Uri ActualUri() const;
  /// Names in the letter case of the server, and looked up in that case; values as received, those
  /// of one name joined with ", ".
  [[nodiscard]] IMapView<hstring, hstring> Headers() const;
  /// Whether the download could be resumed (R72).
  [[nodiscard]] bool IsResumable() const;
  [[nodiscard]] std::uint32_t StatusCode() const;

  explicit operator bool() const noexcept { return data_ != nullptr; }
  friend bool operator==(const ResponseInformation& a, std::nullptr_t) noexcept { return !a.data_; }
  /// Whether both are the same object.
  friend bool operator==(const ResponseInformation&, const ResponseInformation&) noexcept = default;

 private:
  [[nodiscard]] const detail::ResponseData& data() const;

  std::shared_ptr<const detail::ResponseData> data_;
};

}  // namespace longhaul
