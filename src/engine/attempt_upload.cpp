#include <algorithm>
#include <utility>

#include "core/http/base64.h"
#include "core/http/method.h"
#include "core/http/text.h"
#include "core/model/spec_check.h"
#include "engine/attempt.h"
#include "engine/network_thread.h"
#include "uri/uri_reader.h"

// The part of Attempt that sends uploads: which request comes next is decided by UploadDialog.
namespace lh {
namespace {

/// So much more that a server says it has is worth a row.
constexpr ByteCount kWorthRecording = 8_MiB;

std::optional<std::string> resolve(std::string_view base, std::string_view reference) {
  if (reference.size() > kMaxRequestUri) return std::nullopt;
  const auto from = parse_uri(base);
  const auto target = combine_uri(base, reference);
  const auto to = target ? parse_uri(*target) : Result<ParsedUri>(target.error());
  if (!from || !to) return std::nullopt;
  const bool is_http = to->scheme == "http" || to->scheme == "https";
  if (!is_http || (from->scheme == "https" && to->scheme == "http")) return std::nullopt;
  return canonical_uri(*to);
}

bool is_same_origin(std::string_view a, std::string_view b) {
  const auto first = parse_uri(a);
  const auto second = parse_uri(b);
  return first && second && origin_of(*first) == origin_of(*second);
}

const UriRules kUris{&resolve, &is_same_origin};

std::string file_name_of(const RequestBody& body) {
  return body.is_spooled ? std::string() : body.file.substr(body.file.rfind('/') + 1);
}

std::string bytes_of_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    const unsigned high = text::hex_value(hex[i]).value_or(0);
    bytes += static_cast<char>(high * 16 + text::hex_value(hex[i + 1]).value_or(0));
  }
  return bytes;
}

}  // namespace

UploadOrder Attempt::upload_order() const {
  UploadOrder order;
  order.method = plan_.method;
  order.uri = plan_.uri;
  order.headers = plan_.headers;
  if (source_) order.length = source_->size();
  order.wish = plan_.upload_wish;
  if (plan_.body) order.file_name = file_name_of(*plan_.body);
  if (plan_.told_digest) order.sha256 = to_base64(bytes_of_hex(plan_.told_digest->hex));
  order.attempts = plan_.attempts_before;
  order.restarts = plan_.upload_restarts;
  return order;
}

void Attempt::begin_upload() {
  if (plan_.gives_up) {
    take_upload_request(upload_cancel_request(upload_order(), kUris, *plan_.upload));
    return send_request();
  }
  dialog_.emplace(upload_order(), kUris, plan_.upload);
  recorded_offset_ = dialog_->acknowledged();
  take_upload_request(dialog_->next());
  send_request();
}

void Attempt::take_upload_request(const UploadRequest& next) {
  uri_ = next.uri;
  method_ = next.method;
  headers_ = next.headers;
  at_own_origin_ = !next.other_origin;
  if (at_own_origin_) {
    headers_.insert(headers_.end(), secrets_.headers.begin(), secrets_.headers.end());
  }
  send_from_ = next.from;
  send_length_ = next.length;
  is_append_ = next.purpose == UploadRequest::Purpose::Append;
  redirects_ = 0;
  discarded_ = 0;
  judged_ = challenged_ = on_new_connection_ = false;
  if (source_) go_to(0);
}

/// What progress shows: what the server says it has, where it says so.
ByteCount Attempt::shown_sent() const {
  if (!dialog_ || !dialog_->resource()) return sent_to_;
  const ByteOffset acknowledged = dialog_->acknowledged();
  const bool is_told =
      tells_progress_ || is_append_ || dialog_->resource()->protocol == UploadProtocol::Tus;
  return is_told ? acknowledged : std::max(acknowledged, sent_to_);
}

/// False: the request is to end now.
bool Attempt::take_interim() {
  const ResponseHead head{.status = head_.status(), .uri = uri_, .headers = head_.headers()};
  switch (dialog_->on_interim(head, thread_.now())) {
    case UploadInterim::Ignored:
      return true;
    case UploadInterim::Progressed:
      tells_progress_ = true;
      head_.forget_interim();
      if (dialog_->acknowledged() >= recorded_offset_ + kWorthRecording) tell_moved(false);
      if (!std::exchange(to_settle_, true)) thread_.settle_later(plan_.attempt);
      return true;
    case UploadInterim::Changed:
      head_.forget_interim();
      tell_moved(false);
      return true;
    case UploadInterim::Stop:
      return false;
  }
  return false;
}

void Attempt::tell_moved(bool waits) {
  has_moved_on_ = false;
  recorded_offset_ = dialog_->acknowledged();
  thread_.emit(plan_.id, event::UploadMoved{.attempt = plan_.attempt,
                                            .resource = dialog_->resource(),
                                            .restarts = dialog_->restarts(),
                                            .waits = waits});
}

/// The present request is sent again, after a challenge or a redirect: what the server has begun
/// with the first one is of no use.
void Attempt::repeat_upload() {
  const bool was_begun = dialog_->resource().has_value();
  dialog_->on_repeat();
  if (was_begun && !dialog_->resource()) tell_moved(false);
}

ByteCount Attempt::handed_over() const {
  return sent_to_ - std::min<ByteOffset>(send_from_, sent_to_);
}

bool Attempt::judge_upload(const ResponseHead& head) {
  judged_ = true;
  if (plan_.gives_up) {
    decide({});
    return true;
  }
  const bool is_whole = !send_length_ || handed_over() == *send_length_;
  const std::optional<UploadResource> before = dialog_->resource();
  const UploadStep step = dialog_->on_answer(head, handed_over(), thread_.now());
  has_moved_on_ = has_moved_on_ || step.resource_changed;
  switch (step.kind) {
    case UploadStep::Kind::Final:
      has_answer_ = true;
      return take_last_word(head, before);
    case UploadStep::Kind::Send:
    case UploadStep::Kind::StartOver: {
      // The server has told that it has it all, so it waits for none of it (see set_method()).
      const bool is_clean = is_append_ && is_whole && head.status < 300;
      if (is_clean) curl_easy_setopt(easy_, CURLOPT_FORBID_REUSE, 0L);
      if (step.repeats_request && !is_repeatable(plan_.method)) {
        // This answer is not one to what may have been carried out.
        decide(failed(WebErrorStatus::Disconnected, ErrorKind::Network, true, step.reason));
        return true;
      }
      goes_on_ = true;
      return true;
    }
    case UploadStep::Kind::Retry:
    case UploadStep::Kind::Fail:
      // A refusal of the whole, before its head is told.
      if (has_moved_on_) tell_moved(false);
      decide(upload_failure(head, step.reason, step.kind == UploadStep::Kind::Retry));
      return head.status < 400 || keep_refusal(head);
  }
  return false;
}

/// The app's own answer. Should the service end before all of it is stored, the server would only
/// say that the upload is complete.
bool Attempt::take_last_word(const ResponseHead& head,
                             const std::optional<UploadResource>& resource) {
  ResponseHead shown = head;
  if (uri_ != plan_.uri && redirects_ == 0) shown.uri = plan_.uri;  // the resource is a secret
  if (!resource || head.status < 400) return judge(shown);
  UploadResource refused = *resource;
  refused.refused_with = static_cast<unsigned>(head.status);
  thread_.emit(plan_.id, event::UploadMoved{.attempt = plan_.attempt,
                                            .resource = std::move(refused),
                                            .restarts = dialog_->restarts()});
  const bool goes_on = judge(shown);
  if (decided_) decided_->failure.transient = false;  // it would not be another one
  return goes_on;
}

Attempt::Ending Attempt::upload_failure(const ResponseHead& head, const std::string& reason,
                                        bool transient) const {
  Ending ending = head.status >= 400 ? rejected(head)
                                     : failed(WebErrorStatus::ErrorHttpInvalidServerResponse,
                                              ErrorKind::Protocol, transient, reason);
  if (head.status >= 400 && !reason.empty()) ending.failure.error.message += "; " + reason;
  ending.failure.transient = transient;
  return ending;
}

/// The present request has ended, and no answer to it was judged.
void Attempt::upload_broke(CURLcode code) {
  const UploadStep step = dialog_->on_break(handed_over());
  has_moved_on_ = has_moved_on_ || step.resource_changed;
  switch (step.kind) {
    case UploadStep::Kind::Send:
    case UploadStep::Kind::StartOver:
      return go_on_uploading();
    case UploadStep::Kind::Fail:
      return end(failed(WebErrorStatus::ErrorHttpInvalidServerResponse, ErrorKind::Protocol, false,
                        step.reason));
    case UploadStep::Kind::Final:
    case UploadStep::Kind::Retry:
      if (is_repeated_) {
        return end(failed(WebErrorStatus::Disconnected, ErrorKind::Network, true,
                          "the connection was closed before an answer"));
      }
      return end(curl_failure(code));
  }
}

/// With the next request; what it relies on is recorded before.
void Attempt::go_on_uploading() {
  goes_on_ = false;
  stage_ = Stage::Connecting;
  renew_easy();
  waits_for_record_ = true;
  if (has_moved_on_) return tell_moved(true);
  proceed();
}

void Attempt::proceed() {
  const bool goes_on = std::exchange(waits_for_record_, false) && stage_ != Stage::Ending;
  if (!goes_on) return;
  take_upload_request(dialog_->next());
  send_request();
}

}  // namespace lh
