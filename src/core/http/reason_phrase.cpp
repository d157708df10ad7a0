#include "core/http/reason_phrase.h"

#include <algorithm>
#include <array>
#include <utility>

namespace lh {
namespace {

using namespace std::string_view_literals;

// IANA "Hypertext Transfer Protocol (HTTP) Status Code Registry", from 200 on.
constexpr std::array kPhrases = {
    std::pair{200, "OK"sv},
    std::pair{201, "Created"sv},
    std::pair{202, "Accepted"sv},
    std::pair{203, "Non-Authoritative Information"sv},
    std::pair{204, "No Content"sv},
    std::pair{205, "Reset Content"sv},
    std::pair{206, "Partial Content"sv},
    std::pair{300, "Multiple Choices"sv},
    std::pair{301, "Moved Permanently"sv},
    std::pair{302, "Found"sv},
    std::pair{303, "See Other"sv},
    std::pair{304, "Not Modified"sv},
    std::pair{305, "Use Proxy"sv},
    std::pair{307, "Temporary Redirect"sv},
    std::pair{308, "Permanent Redirect"sv},
    std::pair{400, "Bad Request"sv},
    std::pair{401, "Unauthorized"sv},
    std::pair{402, "Payment Required"sv},
    std::pair{403, "Forbidden"sv},
    std::pair{404, "Not Found"sv},
    std::pair{405, "Method Not Allowed"sv},
    std::pair{406, "Not Acceptable"sv},
    std::pair{407, "Proxy Authentication Required"sv},
    std::pair{408, "Request Timeout"sv},
    std::pair{409, "Conflict"sv},
    std::pair{410, "Gone"sv},
    std::pair{411, "Length Required"sv},
    std::pair{412, "Precondition Failed"sv},
    std::pair{413, "Content Too Large"sv},
    std::pair{414, "URI Too Long"sv},
    std::pair{415, "Unsupported Media Type"sv},
    std::pair{416, "Range Not Satisfiable"sv},
    std::pair{417, "Expectation Failed"sv},
    std::pair{421, "Misdirected Request"sv},
    std::pair{422, "Unprocessable Content"sv},
    std::pair{423, "Locked"sv},
    std::pair{424, "Failed Dependency"sv},
    std::pair{425, "Too Early"sv},
    std::pair{426, "Upgrade Required"sv},
    std::pair{428, "Precondition Required"sv},
    std::pair{429, "Too Many Requests"sv},
    std::pair{431, "Request Header Fields Too Large"sv},
    std::pair{451, "Unavailable For Legal Reasons"sv},
    std::pair{500, "Internal Server Error"sv},
    std::pair{501, "Not Implemented"sv},
    std::pair{502, "Bad Gateway"sv},
    std::pair{503, "Service Unavailable"sv},
    std::pair{504, "Gateway Timeout"sv},
    std::pair{505, "HTTP Version Not Supported"sv},
    std::pair{507, "Insufficient Storage"sv},
    std::pair{508, "Loop Detected"sv},
    std::pair{511, "Network Authentication Required"sv},
};

}  // namespace

std::string_view reason_phrase(int http_status) {
  const auto* const found =
      std::ranges::find(kPhrases, http_status, &std::pair<int, std::string_view>::first);
  return found == kPhrases.end() ? std::string_view{} : found->second;
}

}  // namespace lh
