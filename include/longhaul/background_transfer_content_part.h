#pragma once

/// @file
/// One part of an upload that has several.

#include <cstddef>
#include <memory>

#include "longhaul/export.h"
#include "longhaul/foundation/hstring.h"
#include "longhaul/storage/storage_file.h"

namespace longhaul {

namespace detail {
class ContentPart;
}

/// A text or a file, whichever was set; an upload of a part with both, or neither, is refused when
/// it is created (R92). What is set afterwards is for later uploads. A handle: copies share it, and
/// it may be null. Any thread.
class LONGHAUL_EXPORT BackgroundTransferContentPart {
 public:
  BackgroundTransferContentPart();
  BackgroundTransferContentPart(std::nullptr_t) noexcept {}
  /// With the name of a form's field.
  explicit BackgroundTransferContentPart(const hstring& name);
  /// And the name of a file, which is sent without its folders (R94).
  BackgroundTransferContentPart(const hstring& name, const hstring& fileName);

  /// What the part consists of. Calling one of them again replaces.
  void SetFile(const IStorageFile& value) const;
  void SetText(const hstring& value) const;  ///< sent as UTF-8
  /// Replaces a default of that name (R93), or what was set before. Throws hresult_invalid_argument
  /// for what is no HTTP header.
  void SetHeader(const hstring& headerName, const hstring& headerValue) const;

  explicit operator bool() const noexcept { return state_ != nullptr; }
  friend bool operator==(const BackgroundTransferContentPart& a, std::nullptr_t) noexcept {
    return !a.state_;
  }
  /// Whether both are the same object.
  friend bool operator==(const BackgroundTransferContentPart&,
                         const BackgroundTransferContentPart&) noexcept = default;

  /// Ours.
  [[nodiscard]] detail::ContentPart& state() const;

 private:
  std::shared_ptr<detail::ContentPart> state_;
};

}  // namespace longhaul
