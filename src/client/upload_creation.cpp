#include "client/upload_creation.h"

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "client/body_spool.h"
#include "client/client_error.h"
#include "client/create_once.h"
#include "client/service_settings.h"
#include "core/http/multipart.h"
#include "platform/system_info.h"

namespace lh {
namespace {

/// What one call may carry. A bus takes more, but not much.
constexpr std::size_t kMaxTexts = 32UL * 1024 * 1024;

void check_texts(const std::vector<BodyPart>& parts) {
  std::size_t size = 0;
  for (const BodyPart& part : parts) size += part.text ? part.text->size() : 0;
  if (size <= kMaxTexts) return;
  throw_error(invalid_argument("the texts of the parts have more than " +
                               std::to_string(kMaxTexts >> 20U) + " MiB; put them into files"));
}

}  // namespace

TransferId create_upload(ServiceConnection& connection, TransferSettings settings,
                         const std::string& url, bool start) {
  if (!settings.parts.empty()) {
    const auto checked = check_parts(settings.parts, settings.subtype, settings.boundary);
    if (!checked) throw_error(checked.error());
    check_texts(settings.parts);
  }
  require_all_utf8(settings);
  require_utf8("the URL", url);
  const TransferId id = random_guid();
  settings.ids = {id};
  const auto failure = create_once(connection, id, [&]() -> std::optional<TransferError> {
    auto answer = connection.call_and_wait<std::vector<std::string>>(
        "CreateUpload", Repeat::Never, encode_settings(settings), url, start);
    return answer ? std::nullopt : std::optional(std::move(answer.error));
  });
  if (failure) throw_error(*failure);
  return id;
}

std::string create_upload(ServiceConnection& connection, const longhaul::UploadSettings& settings,
                          const std::string& url, bool start) {
  TransferSettings model = to_model(settings);
  model.upload_wish = settings.Tus ? UploadWish::Tus : UploadWish::Automatic;
  model.tells_digest = settings.Digest;
  require_all_utf8(model);  // before the stream is read
  if (settings.BodyStream) model.body = spool_body(connection, settings.BodyStream);
  return create_upload(connection, std::move(model), url, start).to_string();
}

}  // namespace lh
