#include <algorithm>
#include <utility>

#include "core/policy/retry_policy.h"
#include "core/policy/upload_dialog.h"

// Answers to the creating and appending requests of draft-ietf-httpbis-resumable-upload.

namespace lh {

/// Where a server does not know the draft, this is an ordinary answer to an ordinary request.
UploadStep UploadDialog::draft_created(const ResponseHead& head, TimePoint now) {
  const auto complete = upload_complete(head);
  if (head.status >= 200 && head.status <= 299) {
    if (!completes() || complete == false) return draft_created_in_part(head, now);
    return final_answer(head);
  }
  if (complete == true) return final_answer(head);
  if (head.status == 413) {
    if (resource_) return smaller_append(head, now);
    // That it tells a limit shows that it knows the draft, and parts may be sent.
    const auto limit = upload_limit(head);
    const ByteCount at_once = limit ? limit->max_append_size.value_or(0) : 0;
    const bool whole_fits = limit && limit->max_size.value_or(length_) >= length_;
    const ByteCount tried = request_.length.value_or(0);
    if (whole_fits && at_once >= tried) return finds_too_many(tried);
    if (whole_fits && at_once > 0 && tried > 1) {
      if (auto failed = spend_correction("the server finds a part too large")) return *failed;
      create_at_most_ = std::min(at_once, tried / 2);
      prepare_draft_creation();
      return step(Kind::Send);
    }
  }
  return is_transient_http(head.status) ? transient(head) : final_answer(head);
}

UploadStep UploadDialog::draft_created_in_part(const ResponseHead& head, TimePoint now) {
  if (!completes() && upload_complete(head) == true) {
    return fail("the server takes a part for the whole");
  }
  if (!resource_) {
    const auto uri = location(head);
    if (!uri) return fail("the server does not say where the upload goes on");
    begin_resource(UploadProtocol::Draft, *uri);
  }
  take_limits(head, now);
  const auto offset = upload_offset(head);
  if (!offset && !handed_over_all_) return ask_offset_again("a part was not taken as a whole");
  if (auto ended = take_offset(offset.value_or(request_.end()))) return *ended;
  return append_next();
}

UploadStep UploadDialog::draft_appended(const ResponseHead& head, TimePoint now) {
  const int status = head.status;
  const bool is_success = status >= 200 && status <= 299;
  const bool is_complete = upload_complete(head) == true;
  const auto offset = upload_offset(head);
  // A 409 may be the application's, or say that the request does not fit to an upload that is
  // complete.
  const bool misfit =
      status == 409 && (!is_complete || (offset && *offset != length_) || !handed_over_all_);
  if (is_complete && !misfit) {
    if (is_success && !completes()) return fail("the server takes a part for the whole");
    return final_answer(head);
  }
  if (status == 409) {
    if (!offset || is_complete) return ask_offset_again("the offsets do not fit");
    if (auto failed = spend_correction("the offsets do not fit")) return *failed;
    if (auto ended = take_offset(*offset)) return *ended;
    is_not_complete(*offset);
    return append_next();
  }
  if (!is_success) return append_refused(head, now);
  take_limits(head, now);
  return draft_took_append(head);
}

/// 2xx, and not said to be complete.
UploadStep UploadDialog::draft_took_append(const ResponseHead& head) {
  const auto offset = upload_offset(head);
  const bool as_a_whole = handed_over_all_ && offset.value_or(request_.end()) == request_.end();
  if (completes()) {
    // In version 6 the answer need not say it.
    const bool may_be_complete = as_a_whole && !upload_complete(head);
    if (resource_->version == 6 && may_be_complete) return final_answer(head);
    // Should it be complete, this was the answer.
    if (may_be_complete && std::exchange(resource_->refused_with, 0) != 0) changed_ = true;
    return ask_offset_again("the server does not complete the upload");
  }
  if (!as_a_whole) return ask_offset_again("a part was not taken as a whole");
  if (auto ended = take_offset(request_.end())) return *ended;
  acknowledged_as_a_whole();
  return append_next();
}

}  // namespace lh
