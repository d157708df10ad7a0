#include <algorithm>
#include <utility>

#include "core/http/http_date.h"
#include "core/policy/retry_policy.h"
#include "core/policy/upload_dialog.h"

// What the answers of both protocols are asked for, and the steps that follow from it.

namespace lh {
namespace {

/// Nobody is asked to take less at once.
constexpr ByteCount kSmallestAppend = 64_KiB;
/// A server that takes so little at once that it would be more requests is not served.
constexpr ByteCount kMostAppends = 1'000'000;
/// What a server promises for longer is as good as for ever, and fits into a time.
constexpr ByteCount kLongestAge_s = 10ULL * 365 * 24 * 3600;

/// 423: the server still holds the request that broke.
bool is_transient_for_upload(int status) {
  return is_transient_http(status) || status == 423;
}

/// A gateway says that it did not get the application's answer.
bool is_of_gateway(int status) {
  return status == 502 || status == 504;
}

}  // namespace

// ---- Judgement

std::optional<std::string> UploadDialog::location(const ResponseHead& head) const {
  const auto reference = find_field(head.headers, "Location");
  if (!reference || reference->empty()) return std::nullopt;
  return uris_.resolve(head.uri.empty() ? order_.uri : head.uri, *reference);
}

void UploadDialog::begin_resource(UploadProtocol protocol, std::string uri) {
  resource_ = UploadResource{};
  resource_->protocol = protocol;
  resource_->uri = std::move(uri);
  if (protocol == UploadProtocol::Draft) resource_->version = offered_version();
  resource_->max_append_size = append_ceiling_;
  changed_ = true;
}

void UploadDialog::take_limits(const ResponseHead& head, TimePoint now) {
  const UploadResource before = *resource_;
  if (is_tus()) {
    const auto expires = find_field(head.headers, "Upload-Expires");
    const auto time = expires ? parse_http_date(*expires) : std::nullopt;
    if (time) resource_->expires = time;
  } else if (const auto limit = upload_limit(head)) {
    if (limit->max_size) resource_->max_size = limit->max_size;
    if (limit->min_append_size) resource_->min_append_size = limit->min_append_size;
    if (limit->max_append_size) {
      resource_->max_append_size =
          std::min(*limit->max_append_size, append_ceiling_.value_or(*limit->max_append_size));
    }
    if (limit->max_age_s) {
      resource_->expires = now + std::chrono::seconds(std::min(*limit->max_age_s, kLongestAge_s));
    }
  }
  changed_ = changed_ || *resource_ != before;
}

std::string UploadDialog::limit_trouble() const {
  if (resource_->max_size && *resource_->max_size < length_) {
    return "the server takes at most " + std::to_string(*resource_->max_size) + " bytes, not " +
           std::to_string(length_);
  }
  const auto at_once = resource_->max_append_size;
  if (at_once && (*at_once == 0 || length_ / *at_once > kMostAppends)) {
    return "the server takes only " + std::to_string(*at_once) + " bytes at once";
  }
  return {};
}

std::optional<UploadStep> UploadDialog::take_offset(ByteOffset offset) {
  if (offset > length_) {
    return fail("the server claims to have " + std::to_string(offset) + " bytes of " +
                std::to_string(length_));
  }
  if (offset > sent_to_) return start_over("the server claims bytes that were never sent");
  if (offset < resource_->offset) {
    went_back_ = true;
    if (auto failed = spend_correction("the server lost bytes that it had acknowledged")) {
      return failed;
    }
  }
  changed_ = changed_ || offset != resource_->offset;
  resource_->offset = offset;
  return std::nullopt;
}

std::optional<UploadStep> UploadDialog::spend_correction(std::string_view why) {
  if (corrections_left_-- > 0) return std::nullopt;
  return fail("too often in this upload: " + std::string(why));
}

void UploadDialog::acknowledged_as_a_whole() {
  short_in_a_row_ = 0;
  if (request_.length.value_or(0) > 0) {
    corrections_left_ = std::min(corrections_left_ + 1, kMaxUploadCorrections);
  }
}

/// What stands between keeps whole requests back and loses them when they break.
void UploadDialog::append_less_at_once() {
  append_at_most(std::min(append_limit(), kUploadChunk));
}

void UploadDialog::append_at_most(ByteCount limit) {
  append_ceiling_ = limit;
  resource_->max_append_size = limit;
  changed_ = true;
}

/// Whatever kind of step follows. If the upload is complete nevertheless, the application may have
/// got the whole body and said no.
void UploadDialog::note_refusal(const ResponseHead& head) {
  const bool brings_content =
      request_.purpose == Purpose::Create || request_.purpose == Purpose::Append;
  const bool sent_all = brings_content && handed_over_all_ && completes();
  if (!resource_ || !sent_all || head.status < 400 || is_of_gateway(head.status)) return;
  resource_->refused_with = static_cast<unsigned>(head.status);
  changed_ = true;
}

/// The server lacks what follows `offset`: what it refused has had no effect. Not so a 413, which
/// may come of somebody on the way: only the answer to a request that completes makes up for it.
void UploadDialog::is_not_complete(ByteOffset offset) {
  const bool stays = offset >= length_ || resource_->refused_with == 413;
  if (!stays && std::exchange(resource_->refused_with, 0) != 0) changed_ = true;
}

// ---- Answers

UploadStep UploadDialog::plain_answer(const ResponseHead& head) {
  return is_transient_http(head.status) ? transient(head) : final_answer(head);
}

UploadStep UploadDialog::offset_told(const ResponseHead& head, TimePoint now) {
  const int status = head.status;
  if (status == 404 || status == 410 || status == 403) {
    return start_over("the server has no such upload any more");
  }
  if (is_transient_for_upload(status)) return transient(head);
  if (status == 412 && is_tus()) return other_tus_version(head);
  if (status < 200 || status > 299) {
    return fail("the server does not say how far the upload is, but " + std::to_string(status));
  }
  const auto offset = upload_offset(head);
  if (!offset) return start_over("there is no upload where it was");
  const auto length = upload_length(head);
  if (length && *length != length_) return start_over("another upload is where it was");
  take_limits(head, now);
  const bool said_complete = !is_tus() && upload_complete(head) == true;
  if (said_complete && *offset != length_) {
    return fail("the server has completed the upload with " + std::to_string(*offset) +
                " bytes of " + std::to_string(length_));
  }
  const ByteOffset lost_to = std::exchange(last_sent_to_, 0);
  if (auto ended = take_offset(*offset)) return *ended;
  if (said_complete || (is_tus() && *offset == length_)) return complete_without_answer();
  is_not_complete(*offset);
  if (lost_to > *offset + kUploadChunk) append_less_at_once();
  return append_next();
}

/// An answer that is good, but `offset` lies within what was sent. What servers take at once is
/// then found out; to get on a little each time is no error of theirs.
UploadStep UploadDialog::tus_took_less(ByteOffset offset) {
  constexpr std::string_view kWhy = "a part was not taken as a whole";
  if (offset <= request_.from || offset > sent_to_) return ask_offset_again(kWhy);
  if (auto ended = take_offset(offset)) return *ended;
  if (++short_in_a_row_ > 1) {
    const ByteCount least = std::max(kSmallestAppend, length_ / kMostAppends + 1);
    const ByteCount half = std::max(request_.length.value_or(0) / 2, least);
    if (half < append_limit()) append_at_most(half);
  }
  if (offset - request_.from < kSmallestAppend) return ask_offset_again(kWhy);
  ask_offset();
  return step(Kind::Send);
}

UploadStep UploadDialog::append_refused(const ResponseHead& head, TimePoint now) {
  const int status = head.status;
  if (status == 404 || status == 410 || status == 403) {
    return start_over("the server has no such upload any more");
  }
  if (status == 413) return smaller_append(head, now);
  if (is_transient_for_upload(status)) return transient(head);
  return fail("the server does not let the upload go on, but says " + std::to_string(status));
}

UploadStep UploadDialog::finds_too_many(ByteCount tried) {
  return fail("the server finds " + std::to_string(tried) + " bytes at once too many");
}

/// It may be one of those between us and the server who finds this too much: each time it gets at
/// most half of it until it takes it.
UploadStep UploadDialog::smaller_append(const ResponseHead& head, TimePoint now) {
  const ByteCount tried = request_.length.value_or(0);
  take_limits(head, now);
  const auto told = is_tus() ? std::nullopt : upload_limit(head);
  if (told && told->max_append_size.value_or(0) >= tried) return finds_too_many(tried);
  const bool is_limited = resource_->max_append_size.value_or(tried) < tried;
  const ByteCount half = tried / 2;
  ByteCount limit = tried > kUploadChunk ? std::min(kUploadChunk, half) : tried / 4;
  if (is_limited) limit = std::min(*resource_->max_append_size, half);
  limit = std::max(limit, resource_->min_append_size.value_or(0));
  if (limit == 0 || limit > half || (!is_limited && tried <= kSmallestAppend)) {
    return finds_too_many(tried);
  }
  if (auto failed = spend_correction("the server finds a part too large")) return *failed;
  append_at_most(limit);
  if (const std::string trouble = limit_trouble(); !trouble.empty()) return fail(trouble);
  ask_offset();
  return step(Kind::Send);
}

// ---- Steps

UploadStep UploadDialog::step(Kind kind, std::string reason) {
  if (kind == Kind::Final && resource_) {
    resource_.reset();
    changed_ = true;
  }
  UploadStep step{.kind = kind,
                  .resource_changed = std::exchange(changed_, false),
                  .went_back = std::exchange(went_back_, false),
                  .response_lost = false,
                  .is_last_word = false,
                  .is_early = false,
                  .repeats_request = false,
                  .reason = std::move(reason)};
  return step;
}

UploadStep UploadDialog::final_answer(const ResponseHead& head) {
  const bool speaks_draft = resumable_ && !is_tus();
  UploadStep done = step(Kind::Final);
  done.is_last_word = speaks_draft && upload_complete(head) == true;
  done.is_early = head.status >= 200 && head.status <= 299 && !handed_over_all_;
  return done;
}

UploadStep UploadDialog::append_next() {
  if (std::string trouble = limit_trouble(); !trouble.empty()) return fail(std::move(trouble));
  prepare_append();
  return step(Kind::Send);
}

UploadStep UploadDialog::ask_offset_again(std::string_view why) {
  if (auto failed = spend_correction(why)) return *failed;
  ask_offset();
  return step(Kind::Send);
}

/// The server may have got the last byte and its answer been lost. That all has arrived is then
/// what can be known: an upload is not sent again for that, and counts as done. But if there was an
/// answer, and no good one, this is what came of it.
UploadStep UploadDialog::complete_without_answer() {
  if (resource_->refused_with != 0) {
    return fail("all has arrived, but the server answered " +
                std::to_string(resource_->refused_with));
  }
  UploadStep done = step(Kind::Final);
  done.response_lost = true;
  return done;
}

UploadStep UploadDialog::start_over(std::string_view why) {
  if (restarts_ >= kMaxUploadRestarts) return fail("too often: " + std::string(why));
  ++restarts_;
  if (!is_tus()) known_version_ = resource_->version;
  resource_.reset();
  changed_ = true;
  sent_to_ = last_sent_to_ = 0;
  prepare_beginning();
  UploadStep again = step(Kind::StartOver, std::string(why));
  again.repeats_request = true;
  return again;
}

UploadStep UploadDialog::retry(std::string reason) {
  const bool is_beginning =
      request_.purpose == Purpose::Plain || request_.purpose == Purpose::Create;
  const bool may_have_worked = is_beginning && !resource_ && (!is_tus() || completes());
  if (resource_) {
    ask_offset();
  } else {
    ++order_.attempts;
    prepare_beginning();
  }
  UploadStep later = step(Kind::Retry, std::move(reason));
  later.repeats_request = may_have_worked;
  return later;
}

UploadStep UploadDialog::transient(const ResponseHead& head) {
  return retry("the server answered " + std::to_string(head.status));
}

}  // namespace lh
