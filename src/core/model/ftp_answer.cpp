#include "core/model/ftp_answer.h"

#include <utility>

#include "core/http/text.h"

namespace lh {
namespace {

constexpr int kTransferBegins = 150;  // RFC 959, section 4.2.1
constexpr std::string_view kSize = "SIZE";
constexpr std::string_view kTime = "MDTM";

}  // namespace

ResponseHead ftp_answer(std::string uri, std::optional<ByteCount> size,
                        std::optional<std::int64_t> modified) {
  ResponseHead head{.status = kTransferBegins, .uri = std::move(uri), .headers = {}};
  if (size) head.headers.push_back({std::string(kSize), std::to_string(*size)});
  if (modified) head.headers.push_back({std::string(kTime), std::to_string(*modified)});
  return head;
}

std::optional<ByteCount> ftp_size(const ResponseHead& head) {
  const auto field = find_field(head.headers, kSize);
  return field ? text::parse_number<ByteCount>(*field) : std::nullopt;
}

std::string ftp_time(const ResponseHead& head) {
  return std::string(find_field(head.headers, kTime).value_or(""));
}

bool ftp_time_proves(const ResponseHead& head, TimePoint now) {
  constexpr auto kAge = std::chrono::seconds(60);
  const auto changed = text::parse_number<std::uint32_t>(ftp_time(head));
  return changed && now - TimePoint(std::chrono::seconds(*changed)) >= kAge;
}

}  // namespace lh
