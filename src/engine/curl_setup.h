#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include <curl/curl.h>

#include "core/base/result.h"
#include "core/base/time.h"
#include "core/base/units.h"
#include "core/http/header_field.h"

namespace lh {

struct EngineSettings;

/// One request: a hop of an attempt.
struct CurlRequest {
  std::string uri;
  std::string method = "GET";
  HeaderList headers;     ///< the app's own
  ByteOffset from = 0;    ///< 0: no range
  std::string validator;  ///< for If-Range; with a range only
  Duration connect_timeout{};
  std::size_t buffer_size = 0;  ///< of libcurl's receive buffer
};

struct FreeHeaderLines {
  void operator()(curl_slist* lines) const { curl_slist_free_all(lines); }
};
/// Must live as long as the request.
using HeaderLines = std::unique_ptr<curl_slist, FreeHeaderLines>;

/// Sets everything on `easy`, which is fresh or reset, but the callbacks.
[[nodiscard]] Result<HeaderLines> set_up_request(CURL* easy, const CurlRequest& request,
                                                 const EngineSettings& settings);

/// The app's headers without those that were meant for one server only (R68).
[[nodiscard]] HeaderList headers_for_other_origin(const HeaderList& headers);

}  // namespace lh
