#include "daemon/request_body.h"

#include <array>
#include <bit>
#include <cstdint>
#include <utility>

#include "files/body_source.h"
#include "files/stream_checksum.h"
#include "platform/file_ops.h"
#include "platform/system_info.h"

namespace lh {
namespace {

std::string new_boundary(const std::vector<BodyPart>& parts) {
  while (true) {
    const std::array numbers{random_number(), random_number()};
    const auto bits = std::bit_cast<std::array<std::uint8_t, 16>>(numbers);
    std::string boundary = make_boundary(bits);
    if (!occurs_in_text(parts, boundary)) return boundary;
  }
}

/// What only uploads have, and what only downloads have.
Result<void> check_kind(TransferKind kind, const TransferSettings& settings) {
  if (kind == TransferKind::Download) {
    if (settings.parts.empty()) return {};
    return invalid_argument("a download has no parts to send");
  }
  if (!has_body(settings)) return invalid_argument("an upload needs something to send");
  const bool is_odd = settings.checksum || !settings.recoverable.empty();
  if (is_odd) return invalid_argument("a setting is for downloads only");
  return {};
}

}  // namespace

bool has_body(const TransferSettings& settings) {
  return !settings.body_file.empty() || settings.body || !settings.parts.empty();
}

Result<void> check_body(TransferKind kind, const TransferSettings& settings, std::size_t items) {
  if (auto checked = check_kind(kind, settings); !checked) return checked;
  const int bodies = (settings.body_file.empty() ? 0 : 1) + (settings.body ? 1 : 0) +
                     (settings.parts.empty() ? 0 : 1);
  if (bodies > 1) return invalid_argument("a request has one body, not several");
  if (!settings.parts.empty()) {
    return check_parts(settings.parts, settings.subtype, settings.boundary);
  }
  if (!settings.subtype.empty() || !settings.boundary.empty()) {
    return invalid_argument("a subtype and a boundary are for parts");
  }
  const bool is_one = items == 1 && !settings.batch;
  if (settings.body && !is_one) {
    return invalid_argument("a stream is the body of one request; give a file");
  }
  return {};
}

BodyParts take_parts(TransferSettings& settings) {
  return {std::move(settings.parts), std::move(settings.subtype), std::move(settings.boundary)};
}

Result<KeptBody> lay_out(Spool& spool, const BodyParts& parts, const TransferId& id) {
  const std::string boundary = parts.boundary.empty() ? new_boundary(parts.list) : parts.boundary;
  const MultipartBody body = lay_out(parts.list, parts.subtype, boundary);
  Result<RequestBody> kept = spool.lay_out(body, id);
  if (!kept) return std::move(kept).error();
  return KeptBody{std::move(*kept), body.content_type};
}

Result<Checksum> digest_of(const RequestBody& body) {
  constexpr std::size_t kPiece = 256UL * 1024;
  auto source = BodySource::open(system_file_ops(), body);
  if (!source) return std::move(source).error();
  Checksum digest{"sha256", {}};
  auto stream = StreamChecksum::create(digest.algorithm);
  if (!stream) return std::move(stream).error();
  std::vector<char> piece(kPiece);
  while (true) {
    const auto count = (*source)->read(piece);
    if (!count) return count.error();
    if (*count == 0) break;
    if (auto added = stream->add({piece.data(), *count}); !added) return std::move(added).error();
  }
  auto hex = stream->finish();
  if (!hex) return std::move(hex).error();
  digest.hex = std::move(*hex);
  return digest;
}

void add_content_type(const std::string& content_type, HeaderList& headers) {
  constexpr const char* kContentType = "Content-Type";
  if (content_type.empty() || find_field(headers, kContentType)) return;
  headers.push_back({kContentType, content_type});
}

}  // namespace lh
