#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <curl/curl.h>

#include "core/base/result.h"
#include "core/base/time.h"
#include "core/base/units.h"
#include "core/http/header_field.h"
#include "core/model/secrets.h"

namespace lh {

struct EngineSettings;

/// One request: a hop of an attempt.
struct CurlRequest {
  std::string uri;
  std::string method = "GET";
  HeaderList headers;                ///< the app's own
  ByteOffset from = 0;               ///< 0: no range
  std::string validator;             ///< for If-Range; with a range only
  std::optional<ByteCount> content;  ///< so many bytes, which the read callback gives
  std::optional<Login> login;
  std::string proxy;             ///< empty: none
  std::string proxy_exceptions;  ///< hosts that are reached without it
  std::optional<Login> proxy_login;
  std::string ca_file;  ///< empty: that of the settings
  bool on_new_connection = false;
  bool may_ask_first = true;  ///< whether the server wants a large content
  Duration connect_timeout{};
  std::size_t buffer_size = 0;  ///< of libcurl's receive buffer
};

struct FreeHeaderLines {
  void operator()(curl_slist* lines) const { curl_slist_free_all(lines); }
};
using HeaderLines = std::unique_ptr<curl_slist, FreeHeaderLines>;
/// Must live as long as the request.
struct RequestLines {
  HeaderLines server;
  HeaderLines proxy;
};

/// Sets everything on `easy`, which is fresh or reset, but the callbacks.
[[nodiscard]] Result<RequestLines> set_up_request(CURL* easy, const CurlRequest& request,
                                                  const EngineSettings& settings);

/// Whether a login among these goes by the user's Kerberos ticket.
[[nodiscard]] bool needs_ticket(const Secrets& secrets);

/// The cookies that `easy` has, and how it is given them again: a line each, in libcurl's form.
[[nodiscard]] std::vector<std::string> cookies_of(CURL* easy);
void add_cookies(CURL* easy, const std::vector<std::string>& cookies);

/// The app's headers without those that were meant for one server only (R68).
[[nodiscard]] HeaderList headers_for_other_origin(const HeaderList& headers);
/// Without those that speak of a content that is not sent any more (RFC 9110, section 15.4).
[[nodiscard]] HeaderList headers_without_content(const HeaderList& headers);

}  // namespace lh
