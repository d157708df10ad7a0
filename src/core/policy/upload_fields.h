#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/response_head.h"

namespace lh {

/// `Upload-Limit` of the draft: what is of no known key is ignored, one known key of a wrong type
/// makes the field void.
struct UploadLimit {
  std::optional<ByteCount> max_size;
  std::optional<ByteCount> min_append_size;
  std::optional<ByteCount> max_append_size;
  std::optional<ByteCount> max_age_s;  ///< version 6 calls it "expires"

  friend bool operator==(const UploadLimit&, const UploadLimit&) = default;
};
[[nodiscard]] std::optional<UploadLimit> upload_limit(const ResponseHead& head);

/// What both protocols write alike: a number of at most 15 digits.
[[nodiscard]] std::optional<ByteOffset> upload_offset(const ResponseHead& head);
[[nodiscard]] std::optional<ByteCount> upload_length(const ResponseHead& head);
[[nodiscard]] std::optional<bool> upload_complete(const ResponseHead& head);

/// What a tus server says of itself.
struct TusServer {
  bool known = false;  ///< it answered
  bool speaks_1_0 = true;
  std::vector<std::string> extensions;
  std::vector<std::string> checksums;
  std::optional<ByteCount> max_size;

  [[nodiscard]] bool offers(std::string_view extension) const;
  /// The best that both know; empty: none.
  [[nodiscard]] std::string checksum() const;

  friend bool operator==(const TusServer&, const TusServer&) = default;
};
[[nodiscard]] TusServer tus_server(const ResponseHead& head);
/// `Upload-Metadata`: keys with their values as BASE64.
[[nodiscard]] std::string tus_metadata(std::string_view file_name, std::string_view file_type);
/// `Upload-Checksum`; `base64` is the checksum of a request's content.
[[nodiscard]] HeaderField tus_checksum(std::string_view algorithm, std::string_view base64);

/// The app speaks one of the protocols itself: nobody else may.
[[nodiscard]] bool speaks_upload_protocol(const HeaderList& headers);
/// The app's headers for requests that do not bring its representation: without what describes that
/// (`Content-*`, digests), conditions on the app's own URL, expectations, and what it says in the
/// protocols (`Upload-*`, `Tus-*`).
[[nodiscard]] HeaderList headers_for_upload_resource(const HeaderList& headers);

}  // namespace lh
