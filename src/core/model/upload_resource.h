#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/time.h"
#include "core/base/units.h"

namespace lh {

/// How an upload is resumed. The numbers are stored.
enum class UploadProtocol : std::uint8_t {
  Plain = 0,  ///< not at all (R85)
  Tus = 1,    ///< tus 1.0
  Draft = 2,  ///< IETF "Resumable Uploads for HTTP"
};

/// What the app wants. The numbers are stored.
enum class UploadWish : std::uint8_t {
  Automatic,  ///< the app's own request, which invites the server to make it resumable
  Tus,        ///< the app's URL is where a tus server creates uploads
  None,
};

/// Where a server keeps the bytes of an unfinished upload: what must be durable before it is relied
/// on. It belongs to one body; when that changes, the resource must be forgotten.
struct UploadResource {
  UploadProtocol protocol = UploadProtocol::Plain;
  std::string uri;        ///< absolute; whoever knows it may append and delete: never logged
  ByteOffset offset = 0;  ///< acknowledged: so many bytes are never sent again if the server keeps
                          ///< its word
  unsigned version = 0;   ///< interop version of the draft; 0: the final form
  std::optional<ByteCount> max_append_size;  ///< what one request may send
  std::optional<ByteCount> min_append_size;  ///< what one that is not the last must send
  std::optional<ByteCount> max_size;
  std::optional<TimePoint> expires;  ///< as the server says; it may keep it for longer
  /// Error status (not of a gateway) that answered a request which had sent all that was left.
  /// Should the upload turn out to be complete, that was the application's answer, and no success.
  /// 0: none.
  unsigned refused_with = 0;

  friend bool operator==(const UploadResource&, const UploadResource&) = default;
};

}  // namespace lh
