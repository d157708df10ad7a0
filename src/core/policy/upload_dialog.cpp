#include "core/policy/upload_dialog.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/http/structured_field.h"
#include "core/model/request_headers.h"

// What all protocols share: the requests, and how a dialog goes on without an answer. What answers
// mean is in upload_dialog_draft.cpp and upload_dialog_tus.cpp, what both ask of them in
// upload_dialog_judgement.cpp.

namespace lh {
namespace {

/// Offered in turn, for a server that knows another version says nothing: what the newest clients
/// speak, the final form (which has no version header), what most servers spoke in 2026.
constexpr std::array kDraftVersions = {8U, 0U, 6U};

/// A tus creation that breaks loses all it brought, for nobody knows where it is: only what is soon
/// through goes along, and that once.
constexpr ByteCount kSmallBody = 256_KiB;

void set(HeaderList& headers, std::string_view name, std::string value) {
  remove_request_header(headers, name);
  headers.push_back({std::string(name), std::move(value)});
}

void set_if_absent(HeaderList& headers, std::string_view name, std::string value) {
  if (!find_field(headers, name)) headers.push_back({std::string(name), std::move(value)});
}

void set_version(HeaderList& headers, unsigned version) {
  if (version > 0) set(headers, "Upload-Draft-Interop-Version", std::to_string(version));
}

UploadRequest request_to_resource(UploadRequest::Purpose purpose, std::string_view method,
                                  const UploadOrder& order, const UriRules& uris,
                                  const UploadResource& resource) {
  UploadRequest request{.purpose = purpose,
                        .method = std::string(method),
                        .uri = resource.uri,
                        .headers = headers_for_upload_resource(order.headers),
                        .from = resource.offset,
                        .length = {},
                        .other_origin = !uris.same_origin(order.uri, resource.uri),
                        .checksum = {}};
  if (request.other_origin) {
    for (const auto* const name : {"Authorization", "Cookie", "Host", "Proxy-Authorization"}) {
      remove_request_header(request.headers, name);
    }
  }
  if (resource.protocol == UploadProtocol::Tus) {
    set(request.headers, "Tus-Resumable", "1.0.0");
  } else {
    set_version(request.headers, resource.version);
  }
  return request;
}

}  // namespace

UploadDialog::UploadDialog(UploadOrder order, UriRules uris, std::optional<UploadResource> stored)
    : order_(std::move(order)),
      uris_(std::move(uris)),
      length_(order_.length.value_or(0)),
      restarts_(order_.restarts),
      corrections_left_(kMaxUploadCorrections) {
  // Of an empty body there is nothing to resume; only tus has no other way to bring it.
  const bool may_be_invited = length_ > 0 && !speaks_upload_protocol(order_.headers);
  resumable_ = order_.length && (order_.wish == UploadWish::Tus ||
                                 (order_.wish == UploadWish::Automatic && may_be_invited));
  if (resumable_ && stored && stored->protocol != UploadProtocol::Plain) {
    resource_ = std::move(stored);
    sent_to_ = length_;  // how much it was is not known any more
  }
  prepare_first();
}

// ---- Requests

bool UploadDialog::is_tus() const {
  if (resource_) return resource_->protocol == UploadProtocol::Tus;
  return resumable_ && order_.wish == UploadWish::Tus;
}

unsigned UploadDialog::offered_version() const {
  if (known_version_) return *known_version_;
  return kDraftVersions[order_.attempts % kDraftVersions.size()];
}

void UploadDialog::prepare_first() {
  if (!resource_) return prepare_beginning();
  // Which checksums the server takes is not stored.
  if (is_tus() && order_.chunk_checksums && !discovered_) return prepare_discovery();
  ask_offset();
}

void UploadDialog::prepare_beginning() {
  if (is_tus()) return discovered_ ? prepare_tus_creation() : prepare_discovery();
  if (resumable_) return prepare_draft_creation();
  request_ = {.purpose = Purpose::Plain,
              .method = order_.method,
              .uri = order_.uri,
              .headers = order_.headers,
              .from = 0,
              .length = order_.length,
              .other_origin = false,
              .checksum = {}};
  if (!order_.sha256) return;
  const std::string digest = "sha-256=:" + *order_.sha256 + ':';
  set_if_absent(request_.headers, "Repr-Digest", digest);
  set_if_absent(request_.headers, "Content-Digest", digest);
}

void UploadDialog::prepare_discovery() {
  request_ = {.purpose = Purpose::Discover,
              .method = "OPTIONS",
              .uri = order_.uri,
              .headers = headers_for_upload_resource(order_.headers),
              .from = 0,
              .length = {},
              .other_origin = false,
              .checksum = {}};
}

/// The whole body, unless the server has said that it takes less at once. Of the body's digests
/// only the one of the whole is told: that of the content would make servers throw away what came
/// of a request that breaks.
void UploadDialog::prepare_draft_creation() {
  const ByteCount length = std::min(length_, create_at_most_.value_or(length_));
  request_ = {.purpose = Purpose::Create,
              .method = order_.method,
              .uri = order_.uri,
              .headers = order_.headers,
              .from = 0,
              .length = length,
              .other_origin = false,
              .checksum = {}};
  set(request_.headers, "Upload-Complete",
      std::string(structured_field::boolean(length == length_)));
  set(request_.headers, "Upload-Length", std::to_string(length_));
  set_version(request_.headers, offered_version());
  if (order_.sha256) {
    set_if_absent(request_.headers, "Repr-Digest", "sha-256=:" + *order_.sha256 + ':');
  }
}

void UploadDialog::prepare_tus_creation() {
  const bool with_content = server_.offers("creation-with-upload") && !create_empty_ &&
                            !order_.chunk_checksums && order_.attempts == 0 && length_ > 0 &&
                            length_ <= kSmallBody;
  request_ = {.purpose = Purpose::Create,
              .method = "POST",
              .uri = order_.uri,
              .headers = headers_for_upload_resource(order_.headers),
              .from = 0,
              .length = with_content ? length_ : 0,
              .other_origin = false,
              .checksum = {}};
  set(request_.headers, "Tus-Resumable", "1.0.0");
  set(request_.headers, "Upload-Length", std::to_string(length_));
  if (with_content) set(request_.headers, "Content-Type", "application/offset+octet-stream");
  const auto own = find_field(order_.headers, "Upload-Metadata");
  const auto type = find_field(order_.headers, "Content-Type");
  const std::string metadata =
      own ? std::string(*own) : tus_metadata(order_.file_name, type.value_or(""));
  if (!metadata.empty()) set(request_.headers, "Upload-Metadata", metadata);
}

void UploadDialog::ask_offset() {
  request_ = request_to_resource(Purpose::AskOffset, "HEAD", order_, uris_, *resource_);
}

ByteCount UploadDialog::append_limit() const {
  ByteCount limit = is_tus() ? kUploadChunk : length_;
  if (resource_) limit = std::min(limit, resource_->max_append_size.value_or(limit));
  return std::min(limit, append_ceiling_.value_or(limit));
}

void UploadDialog::prepare_append() {
  request_ = request_to_resource(Purpose::Append, "PATCH", order_, uris_, *resource_);
  request_.length = std::min(length_ - resource_->offset, append_limit());
  set(request_.headers, "Upload-Offset", std::to_string(request_.from));
  if (is_tus()) {
    set(request_.headers, "Content-Type", "application/offset+octet-stream");
    if (order_.chunk_checksums) request_.checksum = server_.checksum();
    return;
  }
  set(request_.headers, "Content-Type", "application/partial-upload");
  set(request_.headers, "Upload-Complete", std::string(structured_field::boolean(completes())));
}

UploadRequest upload_cancel_request(const UploadOrder& order, const UriRules& uris,
                                    const UploadResource& resource) {
  return request_to_resource(UploadRequest::Purpose::Cancel, "DELETE", order, uris, resource);
}

std::optional<UploadRequest> UploadDialog::cancel_request() const {
  if (!resource_) return std::nullopt;
  if (is_tus() && server_.known && !server_.offers("termination")) return std::nullopt;
  return upload_cancel_request(order_, uris_, *resource_);
}

// ---- What comes

UploadInterim UploadDialog::on_interim(const ResponseHead& head, TimePoint now) {
  const bool may_come = request_.purpose == Purpose::Create || request_.purpose == Purpose::Append;
  if (head.status != 104 || !may_come || is_tus()) return UploadInterim::Ignored;
  UploadInterim meaning = UploadInterim::Ignored;
  if (request_.purpose == Purpose::Create) {
    const auto uri = location(head);
    if (uri && resource_ && *uri != resource_->uri) {
      stop_reason_ = "the server names two places for one upload";
    } else if (uri && !resource_) {
      begin_resource(UploadProtocol::Draft, *uri);
      began_resource_ = true;
      meaning = UploadInterim::Changed;
    }
  }
  if (!resource_) return UploadInterim::Ignored;
  const UploadResource before = *resource_;
  take_limits(head, now);
  if (*resource_ != before) meaning = UploadInterim::Changed;
  // One that cannot be right is left to the question for the offset.
  const auto offset = upload_offset(head);
  if (offset && *offset > resource_->offset && *offset <= request_.end()) {
    resource_->offset = *offset;
    changed_ = true;
    if (meaning == UploadInterim::Ignored) meaning = UploadInterim::Progressed;
  }
  if (stop_reason_.empty()) stop_reason_ = limit_trouble();
  const bool too_much = request_.length.value_or(0) > append_limit();
  stopped_ = !stop_reason_.empty() || too_much;
  return stopped_ ? UploadInterim::Stop : meaning;
}

void UploadDialog::note_sent(ByteCount handed_over) {
  if (!request_.length) return;
  last_sent_to_ = std::min(request_.from + handed_over, request_.end());
  sent_to_ = std::max(sent_to_, last_sent_to_);
}

/// How much of it had gone before is not told.
void UploadDialog::on_repeat() {
  if (!std::exchange(began_resource_, false)) {
    if (resource_ && request_.length) sent_to_ = std::max(sent_to_, request_.end());
    return;
  }
  resource_.reset();
  changed_ = true;
  stopped_ = false;
  stop_reason_.clear();
}

UploadStep UploadDialog::on_answer(const ResponseHead& head, ByteCount handed_over, TimePoint now) {
  handed_over_all_ = handed_over >= request_.length.value_or(0);
  note_sent(handed_over);
  note_refusal(head);
  began_resource_ = false;
  stopped_ = false;
  if (!stop_reason_.empty()) return fail(std::exchange(stop_reason_, {}));
  switch (request_.purpose) {
    case Purpose::Plain:
    case Purpose::Cancel:
      return plain_answer(head);
    case Purpose::Discover:
      return discovered(head);
    case Purpose::Create:
      return is_tus() ? tus_created(head, now) : draft_created(head, now);
    case Purpose::AskOffset:
      return offset_told(head, now);
    case Purpose::Append:
      return is_tus() ? tus_appended(head, now) : draft_appended(head, now);
  }
  return fail("no request was sent");
}

UploadStep UploadDialog::on_break(ByteCount handed_over) {
  note_sent(handed_over);
  began_resource_ = false;
  const bool by_us = std::exchange(stopped_, false);
  if (!stop_reason_.empty()) return fail(std::exchange(stop_reason_, {}));
  if (request_.purpose == Purpose::Discover) {  // it was only a question
    discovered_ = true;
    prepare_first();
    return step(Kind::Send);
  }
  if (by_us && request_.purpose == Purpose::Append) {
    return ask_offset_again("the server's limits change");
  }
  if (by_us) {
    ask_offset();
    return step(Kind::Send);
  }
  return retry("the connection broke");
}

}  // namespace lh
