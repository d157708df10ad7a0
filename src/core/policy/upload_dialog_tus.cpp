#include <string>

#include "core/policy/retry_policy.h"
#include "core/policy/upload_dialog.h"

// Answers in the tus resumable upload protocol 1.0.

namespace lh {

/// A server that does not answer it is tried nonetheless.
UploadStep UploadDialog::discovered(const ResponseHead& head) {
  discovered_ = true;
  server_ = tus_server(head);
  if (!server_.speaks_1_0) return other_tus_version(head);
  if (server_.known && !resource_ && !server_.offers("creation")) {
    return fail("the server does not let uploads be created (tus)");
  }
  if (server_.max_size.value_or(length_) < length_) {
    return fail("the server takes at most " + std::to_string(*server_.max_size) + " bytes, not " +
                std::to_string(length_));
  }
  prepare_first();
  return step(Kind::Send);
}

UploadStep UploadDialog::other_tus_version(const ResponseHead& head) {
  const auto versions = find_field(head.headers, "Tus-Version");
  return fail("the server does not speak tus 1.0.0" +
              (versions ? ", but " + std::string(*versions) : std::string()));
}

UploadStep UploadDialog::tus_created(const ResponseHead& head, TimePoint now) {
  const int status = head.status;
  const bool with_content = request_.length.value_or(0) > 0;
  if (status == 412) return other_tus_version(head);
  if (status == 413 && with_content) {
    create_empty_ = true;
    prepare_tus_creation();
    return step(Kind::Send);
  }
  if (is_transient_http(status)) return transient(head);
  if (status < 200 || status > 299) return step(Kind::Final);
  const auto uri = location(head);
  if (status != 201 || !uri) return fail("the server does not answer as tus demands");
  begin_resource(UploadProtocol::Tus, *uri);
  take_limits(head, now);
  if (with_content) {
    const auto offset = upload_offset(head);
    if (!offset) return ask_offset_again("the server does not say what it has taken");
    if (auto ended = take_offset(*offset)) return *ended;
  }
  if (resource_->offset == length_) return step(Kind::Final);
  return append_next();
}

UploadStep UploadDialog::tus_appended(const ResponseHead& head, TimePoint now) {
  const int status = head.status;
  if (status >= 200 && status <= 299) {
    take_limits(head, now);
    const auto offset = upload_offset(head);
    if (!offset) return ask_offset_again("the server does not say what it has taken");
    if (*offset < request_.end()) return tus_took_less(*offset);
    if (*offset != request_.end() && *offset <= length_) {
      return ask_offset_again("the server claims more than it was sent");
    }
    if (auto ended = take_offset(*offset)) return *ended;
    acknowledged_as_a_whole();
    if (*offset == length_) return step(Kind::Final);
    return append_next();
  }
  if (status == 409) return ask_offset_again("the offsets do not fit");
  if (status == 412) return other_tus_version(head);
  if (status == 460 && !request_.checksum.empty()) {
    if (auto failed = spend_correction("the checksum of a part does not fit")) return *failed;
    prepare_append();
    return step(Kind::Send);
  }
  if (status == 400 && !request_.checksum.empty()) {
    server_.checksums.clear();  // it does not know this one after all
    return ask_offset_again("the server refuses a checksum");
  }
  return append_refused(head, now);
}

}  // namespace lh
