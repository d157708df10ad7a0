#pragma once

#include <string>
#include <utility>

#include "core/policy/upload_dialog.h"

namespace lh::upload_test {

using namespace std::chrono_literals;
using Kind = UploadStep::Kind;
using Purpose = UploadRequest::Purpose;

inline const std::string kUri = "http://server/files";
inline constexpr ByteCount kLength = 20_MiB;
inline const TimePoint kNow{1000s};

/// Of references only absolute URLs and absolute paths.
inline UriRules uris() {
  return {.resolve = [](std::string_view base,
                        std::string_view reference) -> std::optional<std::string> {
            if (reference.starts_with("http://")) return std::string(reference);
            if (!reference.starts_with('/')) return std::nullopt;
            return std::string(base.substr(0, base.find('/', 7))) + std::string(reference);
          },
          .same_origin =
              [](std::string_view a, std::string_view b) {
                return a.substr(0, a.find('/', 7)) == b.substr(0, b.find('/', 7));
              }};
}

inline UploadOrder order(UploadWish wish = UploadWish::Automatic, ByteCount length = kLength) {
  UploadOrder order;
  order.method = "POST";
  order.uri = kUri;
  order.headers = {{"Content-Type", "video/mp4"}, {"X-App", "1"}, {"If-Match", "\"a\""}};
  order.length = length;
  order.wish = wish;
  return order;
}

inline ResponseHead head(int status, HeaderList headers = {}) {
  return {.status = status, .uri = kUri, .headers = std::move(headers)};
}

inline UploadResource stored(UploadProtocol protocol, ByteOffset offset = 0) {
  UploadResource resource;
  resource.protocol = protocol;
  resource.uri = "http://server/up/1";
  resource.offset = offset;
  resource.version = protocol == UploadProtocol::Draft ? 8 : 0;
  return resource;
}

inline std::string field(const UploadRequest& request, std::string_view name) {
  return std::string(find_field(request.headers, name).value_or("(none)"));
}

inline HeaderField offset(ByteOffset value) {
  return {"Upload-Offset", std::to_string(value)};
}
inline const HeaderField kComplete{"Upload-Complete", "?1"};
inline const HeaderField kIncomplete{"Upload-Complete", "?0"};

}  // namespace lh::upload_test
