#include "core/policy/transfer_plan.h"

#include <algorithm>
#include <string_view>

#include "core/http/content_range.h"
#include "core/http/etag.h"
#include "core/http/http_date.h"
#include "core/http/text.h"
#include "core/model/ftp_answer.h"

namespace lh {
namespace {

/// An FTP server that ignores REST says nothing of it, and another server may call another file by
/// the same tag: so much of what is there is compared.
constexpr ByteCount kOverlap = 64_KiB;

Verdict verdict(Verdict::Kind kind, std::string reason) {
  return {.kind = kind, .skip = 0, .reason = std::move(reason)};
}

Verdict ask_again(std::string reason) {
  return verdict(Verdict::Kind::AskAgain, std::move(reason));
}

/// Whether a date field names the same moment, in whatever form.
bool same_date(std::string_view a, std::string_view b) {
  if (a == b) return true;
  const auto time = parse_http_date(a);
  return time && time == parse_http_date(b);
}

/// Whether nothing in the answer says that it belongs to another file than the one begun. A date
/// that is absent says nothing, nor does the tag of a refusal: the condition that we sent was
/// honoured. A part must have its tag (RFC 9110, section 15.3.7).
bool validator_agrees(const Validator& validator, const HeaderList& headers, bool is_partial) {
  switch (validator.kind) {
    case Validator::Kind::None:
      return false;
    case Validator::Kind::StrongEtag: {
      const auto field = find_field(headers, "ETag");
      if (!field) return !is_partial;  // RFC 9110, section 15.3.7: a 206 must have it
      const auto tag = parse_etag(*field);
      return tag && !tag->weak && tag->opaque == validator.value;
    }
    case Validator::Kind::LastModified: {
      const auto field = find_field(headers, "Last-Modified");
      return !field || same_date(*field, validator.value);
    }
    case Validator::Kind::OldDate: {
      const auto field = find_field(headers, "Last-Modified");
      return field && same_date(*field, validator.value);
    }
    case Validator::Kind::Checksum:
      return true;
    case Validator::Kind::FileTime:
      return false;  // of another protocol
  }
  return false;
}

bool is_multipart(const HeaderList& headers) {
  const auto type = find_field(headers, "Content-Type");
  if (!type) return false;
  std::string_view rest = *type;
  return text::equal_ignoring_case(text::trim(text::take_until(rest, ';')), "multipart/byteranges");
}

Verdict judge_partial(const TransferPlan& plan, ByteCount have, const ResponseHead& head,
                      ByteCount overlap) {
  if (have == 0) return verdict(Verdict::Kind::Invalid, "206 to a request without a range");
  if (is_multipart(head.headers)) return ask_again("206 in several parts");
  if (is_encoded(head)) return ask_again("206 with a content coding");
  const auto field = find_field(head.headers, "Content-Range");
  const auto range = field ? parse_content_range(*field) : std::nullopt;
  if (!range || !range->first || !range->last) return ask_again("206 without a valid range");
  if (*range->first > have - overlap) {
    return ask_again("206 begins behind the byte that was asked for");
  }
  if (*range->last < have) return ask_again("206 ends before the byte that was asked for");
  if (plan.total && range->total != plan.total) return ask_again("206 of a file of another length");
  // Servers that answer less than the rest exist: without a total nobody knows where the end is.
  if (!range->total) return ask_again("206 of a file of unknown length");
  if (!validator_agrees(plan.validator, head.headers, true)) {
    return ask_again("206 of another version");
  }
  const auto digest = served_digest(head, plan.method);
  const bool other_digest = digest && plan.served_digest &&
                            digest->algorithm == plan.served_digest->algorithm &&
                            digest->hex != plan.served_digest->hex;
  if (other_digest) return ask_again("206 of a file with another digest");
  if (const auto length = find_field(head.headers, "Content-Length")) {
    std::string_view rest = *length;
    const auto value = text::parse_number<ByteCount>(text::trim(text::take_until(rest, ',')));
    if (value && *value - 1 != *range->last - *range->first) {
      return ask_again("206 whose length is not that of its range");
    }
  }
  return {Verdict::Kind::Append, have - *range->first, {}, *range->last + 1};
}

/// 412 and 416 to a request for a range.
Verdict judge_refusal(const TransferPlan& plan, ByteCount have, const ResponseHead& head) {
  if (head.status == 416) {
    const auto field = find_field(head.headers, "Content-Range");
    const auto range = field ? parse_content_range(*field) : std::nullopt;
    const bool whole = range && !range->first && range->total == have &&
                       (!plan.total || *plan.total == have) &&
                       validator_agrees(plan.validator, head.headers, false);
    if (whole) return verdict(Verdict::Kind::Complete, "416: every byte is there already");
  }
  return ask_again(std::to_string(head.status) + " to a request for a range");
}

/// R177: the same length and time as before, else from the beginning.
Verdict judge_ftp(const TransferPlan& plan, ByteCount have, const ResponseHead& head) {
  const std::string time = ftp_time(head);
  const auto size = ftp_size(head);
  const bool by_checksum = plan.validator.kind == Validator::Kind::Checksum;
  const bool same_time = !time.empty() && time == plan.validator.value;
  const bool same = (by_checksum || same_time) && size && size == plan.total;
  if (have > 0 && same) return {Verdict::Kind::Append, 0, {}, *size};
  if (have > 0) return ask_again("the file on the server has changed");
  if (plan.trust_file_size && !same) return ask_again("another version");
  return verdict(Verdict::Kind::StartOver, {});
}

}  // namespace

TransferPlan plan_transfer(const Transfer& transfer, AttemptId attempt, const Limits& limits,
                           std::string_view boot_id) {
  const TransferState& state = transfer.state;
  TransferPlan plan;
  plan.attempt = attempt;
  plan.id = transfer.id;
  plan.kind = transfer.spec.kind;
  plan.uri = transfer.spec.uri;
  plan.method = transfer.spec.method;
  plan.headers = transfer.spec.headers;
  plan.secret = transfer.spec.secret;
  plan.proxy = transfer.spec.proxy;
  plan.body = transfer.spec.body;
  plan.ca_file = transfer.spec.ca_file;
  plan.target = transfer.spec.target;
  plan.known_file_name = state.file_name;
  plan.connect_timeout = limits.connect_timeout;
  plan.response_timeout = limits.response_timeout;
  plan.stall_timeout = limits.stall_timeout;
  plan.progress_interval = limits.progress_interval;
  plan.checkpoint_interval = limits.checkpoint_interval;
  plan.checkpoint_bytes = limits.checkpoint_bytes;
  plan.slow_after = limits.slow_after;
  plan.slow_bytes = limits.slow_bytes;

  const bool is_ftp = plan.method == kFtpMethod;
  if (plan.kind == TransferKind::Upload) {  // its answer is another each time
    plan.upload_wish = transfer.spec.upload_wish;
    plan.upload = state.upload;
    plan.upload_restarts = state.upload_restarts;
    plan.attempts_before = state.attempts > 0 ? state.attempts - 1 : 0;
    plan.told_digest = transfer.spec.checksum;
    return plan;
  }
  if ((plan.method == "GET" || is_ftp) && state.validator.can_resume()) {
    plan.validator = state.validator;
    plan.total = state.total;
    plan.served_digest = state.served_digest;
    plan.resume_from = state.stored.prefix_length();
    plan.served_by = state.served_by;
    plan.trust_file_size =
        !boot_id.empty() && state.boot_id == boot_id && (state.response.has_value() || is_ftp);
  }
  return plan;
}

std::optional<ByteCount> overlap_at(const TransferPlan& plan, ByteCount have,
                                    std::string_view origin) {
  if (have == 0) return ByteCount{0};
  if (plan.method == kFtpMethod) return std::min(have, kOverlap);
  const bool checksum_tells = plan.validator.kind == Validator::Kind::Checksum;
  if (plan.served_by == origin || checksum_tells) return ByteCount{0};
  if (have <= kOverlap) return std::nullopt;
  return kOverlap;
}

Verdict judge_response(const TransferPlan& plan, ByteCount have, const ResponseHead& head,
                       ByteCount overlap) {
  if (plan.method == kFtpMethod) return judge_ftp(plan, have, head);
  const int status = head.status;
  if (status < 200 || status > 599) {
    return verdict(Verdict::Kind::Invalid, "status " + std::to_string(status));
  }
  if (has_conflicting_lengths(head)) {
    return verdict(Verdict::Kind::Invalid, "its Content-Length contradicts itself or is no number");
  }
  if (status == 206) return judge_partial(plan, have, head, overlap);
  if (status < 300) {
    if (have > 0) return ask_again("the whole file instead of a range");
    // What vouches for the bytes in the file must be void before it holds those of another version.
    const bool same =
        plan.validator.kind == Validator::Kind::Checksum || validator_of(head) == plan.validator;
    if (plan.trust_file_size && !same) {
      return ask_again("another version");
    }
    return verdict(Verdict::Kind::StartOver, {});
  }
  if (have > 0 && (status == 412 || status == 416)) return judge_refusal(plan, have, head);
  return verdict(Verdict::Kind::Reject, std::to_string(status));
}

}  // namespace lh
