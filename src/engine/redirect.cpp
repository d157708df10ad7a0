#include "engine/redirect.h"

#include "core/http/header_field.h"
#include "core/model/spec_check.h"
#include "core/model/web_error.h"
#include "engine/curl_error.h"
#include "uri/uri_reader.h"

namespace lh {

namespace {

TransferError redirect_error(const ResponseHead& head, std::string_view method,
                             WebErrorStatus status, std::string_view reason) {
  return {.hresult = hresult_of(status),
          .status = status,
          .kind = ErrorKind::Http,
          .http_status = head.status,
          .message = std::string(method) + " " + uri_without_secrets(head.uri) + ": " +
                     std::string(reason)};
}

std::string redirected_method(int status, std::string_view method) {
  const bool to_get =
      status == 303 ? method != "HEAD" : (status == 301 || status == 302) && method == "POST";
  return to_get ? "GET" : std::string(method);
}

}  // namespace

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

std::variant<Redirect, TransferError> follow_redirect(const ResponseHead& head,
                                                      std::string_view method, unsigned followed) {
  const auto fail = [&](WebErrorStatus status, std::string_view reason) {
    return redirect_error(head, method, status, reason);
  };
  const auto location = find_field(head.headers, "Location");
  if (!location || location->empty()) {
    if (head.status == 308) return http_error(head.status, method, uri_without_secrets(head.uri));
    return fail(WebErrorStatus::RedirectFailed, "redirected without saying where to");
  }
  if (followed >= kMaxRedirects) {
    return fail(WebErrorStatus::RedirectFailed,
                "redirected more than " + std::to_string(kMaxRedirects) + " times");
  }
  if (location->size() > kMaxRequestUri) {
    return fail(WebErrorStatus::RedirectFailed, "redirected to an address that is too long");
  }
  const auto from = parse_uri(head.uri);
  const auto target = combine_uri(head.uri, *location);
  const auto to = target ? parse_uri(*target) : Result<ParsedUri>(target.error());
  if (!from || !to) return fail(WebErrorStatus::RedirectFailed, "redirected to an invalid address");
  if (to->scheme != "http" && to->scheme != "https") {
    return fail(WebErrorStatus::RedirectFailed, "redirected to an address that is not http(s)");
  }
  if (from->scheme == "https" && to->scheme == "http") {
    return fail(WebErrorStatus::HttpsToHttpOnRedirection,
                "redirected from https to http, which is refused");
  }
  std::string next = redirected_method(head.status, method);
  const bool keeps_content = head.status != 303 && next == method;
  return Redirect{.uri = canonical_uri(*to),
                  .method = std::move(next),
                  .keeps_content = keeps_content,
                  .other_origin = origin_of(*from) != origin_of(*to)};
}

}  // namespace lh
