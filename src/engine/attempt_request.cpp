#include <algorithm>
#include <utility>

#include "core/http/content_disposition.h"
#include "core/http/method.h"
#include "core/http/retry_after.h"
#include "core/model/ftp_answer.h"
#include "core/model/web_error.h"
#include "engine/attempt.h"
#include "engine/curl_error.h"
#include "engine/network_thread.h"
#include "uri/uri_reader.h"

namespace lh {

namespace {

/// A body of no use is read up to here, so that the connection stays usable.
constexpr std::size_t kMaxDiscarded = 64_KiB;
/// What a server says to refuse an upload is kept up to here.
constexpr ByteCount kMaxRefusal = 16_MiB;

std::span<const char> bytes_of(const char* data, std::size_t size, std::size_t count) {
  return {data, size * count};
}

/// How long the network thread may wait for the last reply of an FTP transfer.
constexpr long kLastReplySeconds = 5;

/// The server cannot begin where it was asked to, or the file is shorter by now.
bool is_refused_rest(CURLcode code) {
  return code == CURLE_FTP_COULDNT_USE_REST || code == CURLE_RANGE_ERROR ||
         code == CURLE_BAD_DOWNLOAD_RESUME;
}

/// libcurl takes any other number than the one it gave as "abort".
std::size_t answer(bool go_on, std::size_t size) {
  return go_on ? size : size + 1;
}

}  // namespace

// ---- The request

void Attempt::send_request() {
  stage_ = Stage::Connecting;
  const auto parsed = parse_uri(uri_);
  origin_ = parsed ? origin_of(*parsed) : std::string();
  const auto overlap = overlap_at(plan_, have_, origin_);
  if (!overlap) return end({.kind = Ending::Kind::RefusedRange, .failure = {}});
  overlap_ = *overlap;
  const bool is_first = easy_ == nullptr;
  if (is_first) easy_ = thread_.take_easy();
  Result<RequestLines> lines =
      easy_ != nullptr
          ? set_up_request(easy_, request(), thread_.settings())
          : Result<RequestLines>(Error{ErrorKind::Internal, 0, "prepare the request", "", ""});
  const bool ready = lines.ok() && set_callbacks() && thread_.add(easy_) == CURLM_OK;
  if (!ready) {
    const Error error =
        lines.ok() ? Error{ErrorKind::Internal, 0, "send the request", "", ""} : lines.error();
    return end({.kind = Ending::Kind::Failed,
                .failure = {.error = to_transfer_error(error), .retry_after = {}}});
  }
  in_multi_ = true;
  is_sent_ = is_repeated_ = false;
  easy_has_host_ = easy_has_host_ || find_field(headers_, "Host").has_value();
  header_lines_ = std::move(lines).value();
  if (is_first) add_cookies(easy_, thread_.cookies().take(plan_.id));
}

/// The proxy for this hop; empty if there is none.
const std::string& Attempt::proxy() const {
  return proxy_for(plan_.proxy, std::string_view(uri_).substr(0, uri_.find(':')));
}

std::optional<Login> Attempt::proxy_login() const {
  return proxy().empty() ? std::nullopt : login_for_proxy(secrets_, proxy());
}

std::optional<ByteCount> Attempt::content() const {
  if (is_upload()) return send_length_;
  return source_ ? std::optional(source_->size()) : std::nullopt;
}

CurlRequest Attempt::request() const {
  return {.uri = uri_,
          .method = method_,
          .headers = headers_,
          .from = have_ - overlap_,
          .validator = plan_.validator.value,
          .content = content(),
          .login = at_own_origin_ ? secrets_.server : std::nullopt,
          .proxy = proxy(),
          .proxy_exceptions = plan_.proxy.exceptions,
          .proxy_login = proxy_login(),
          .ca_file = plan_.ca_file,
          // libcurl sends again by itself what a kept connection was closed under.
          .on_new_connection = on_new_connection_ || (!is_repeatable(method_) && !is_append_),
          .may_ask_first = !is_append_,
          .connect_timeout = plan_.connect_timeout,
          .buffer_size = thread_.buffer_size()};
}

bool Attempt::set_callbacks() {
  void* self = this;
  error_text_.front() = '\0';
  return thread_.sockets().watch(easy_) && thread_.closures().watch(easy_) &&
         curl_easy_setopt(easy_, CURLOPT_PRIVATE, self) == CURLE_OK &&
         curl_easy_setopt(easy_, CURLOPT_ERRORBUFFER, error_text_.data()) == CURLE_OK &&
         curl_easy_setopt(easy_, CURLOPT_PREREQFUNCTION, &Attempt::on_request_sent) == CURLE_OK &&
         curl_easy_setopt(easy_, CURLOPT_PREREQDATA, self) == CURLE_OK &&
         curl_easy_setopt(easy_, CURLOPT_HEADERFUNCTION, &Attempt::on_header) == CURLE_OK &&
         curl_easy_setopt(easy_, CURLOPT_HEADERDATA, self) == CURLE_OK &&
         curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, &Attempt::on_body) == CURLE_OK &&
         curl_easy_setopt(easy_, CURLOPT_WRITEDATA, self) == CURLE_OK &&
         curl_easy_setopt(easy_, CURLOPT_READFUNCTION, &Attempt::on_read) == CURLE_OK &&
         curl_easy_setopt(easy_, CURLOPT_READDATA, self) == CURLE_OK &&
         curl_easy_setopt(easy_, CURLOPT_SEEKFUNCTION, &Attempt::on_seek) == CURLE_OK &&
         curl_easy_setopt(easy_, CURLOPT_SEEKDATA, self) == CURLE_OK;
}

void Attempt::follow(Redirect redirect) {
  if (CookieShelf::is_too_large(cookies_of(easy_))) {
    return end(failed(WebErrorStatus::RedirectFailed, ErrorKind::Protocol, false,
                      "redirected with more cookies than can be kept"));
  }
  ++redirects_;
  if (dialog_) repeat_upload();
  uri_ = std::move(redirect.uri);
  method_ = std::move(redirect.method);
  if (source_ && !redirect.keeps_content) {
    if (is_upload()) {
      send_length_.reset();
    } else {
      source_.reset();
    }
    headers_ = headers_without_content(headers_);
  }
  if (source_) go_to(0);
  if (redirect.other_origin) {
    at_own_origin_ = false;
    headers_ = headers_for_other_origin(headers_);
  }
  discarded_ = 0;
  on_new_connection_ = false;
  renew_easy();
  send_request();
}

/// What came on the old one is no answer to this request, whatever it looks like.
void Attempt::ask_on_new_connection() {
  if (std::exchange(on_new_connection_, true)) {
    return end(failed(WebErrorStatus::ErrorHttpInvalidServerResponse, ErrorKind::Protocol, true,
                      "the server says more than it was asked"));
  }
  challenged_ = false;
  release_easy();
  easy_is_sound_ = true;
  send_request();
}

/// For the next request.
void Attempt::renew_easy() {
  if (easy_is_sound_ && !easy_has_host_) return curl_easy_reset(easy_);
  release_easy();
  easy_is_sound_ = true;
}

void Attempt::release_easy() {
  if (easy_ == nullptr) return;
  const bool reusable = easy_is_sound_ && !in_multi_ && !std::exchange(easy_has_host_, false);
  thread_.cookies().put(plan_.id, cookies_of(easy_));
  if (in_multi_) thread_.remove(easy_);
  in_multi_ = false;
  if (reusable) {
    thread_.give_back_easy(easy_);
  } else {
    curl_easy_cleanup(easy_);  // what is left in it after a failure is libcurl's secret
  }
  easy_ = nullptr;
  header_lines_ = {};
}

int Attempt::on_request_sent(void* self, char*, char*, int server_port, int own_port) {
  auto& attempt = *static_cast<Attempt*>(self);
  OpenSockets& sockets = attempt.thread_.sockets();
  // libcurl answers a challenge on the same connection, or on a new one.
  const auto before = std::exchange(attempt.ports_, {server_port, own_port});
  if (attempt.challenged_ && before == attempt.ports_) sockets.answered(attempt.easy_);
  attempt.unasked_ = !attempt.is_ftp() && sockets.has_unasked(attempt.easy_, server_port, own_port);
  if (attempt.unasked_) return CURL_PREREQFUNC_ABORT;
  // On a kept connection that breaks, libcurl sends it again; the server may have taken some of it.
  const bool was_sent = std::exchange(attempt.is_sent_, true);
  attempt.is_repeated_ = was_sent && attempt.is_append_ && !attempt.challenged_;
  if (attempt.is_repeated_) return CURL_PREREQFUNC_ABORT;
  if (was_sent && attempt.dialog_) attempt.repeat_upload();
  attempt.connection_ = TlsClosures::connection_of(attempt.easy_);
  attempt.thread_.closures().begin(attempt.connection_);
  // Also when libcurl answers a challenge by itself.
  attempt.head_.expect_answer();
  // libcurl does not go back if nothing of what it has read was sent.
  if (attempt.source_) attempt.go_to(0);
  attempt.was_sent_ = true;
  attempt.challenged_ = false;
  attempt.stage_ = Stage::AwaitingHead;
  attempt.active_at_ = attempt.request_sent_at_ = attempt.thread_.now();
  attempt.thread_.wake_at(attempt.active_at_ + attempt.plan_.response_timeout);
  return CURL_PREREQFUNC_OK;
}

void Attempt::go_to(ByteOffset offset) {
  source_->go_to(send_from_ + offset);
  sent_to_ = send_from_ + offset;
}

/// A large body takes its time: the server is asked for an answer when it has it all.
std::size_t Attempt::send_body(std::span<char> into) {
  active_at_ = request_sent_at_ = thread_.now();
  if (is_upload()) {
    const ByteCount left = send_from_ + send_length_.value_or(0) - sent_to_;
    into = into.first(std::min<std::size_t>(into.size(), left));
    if (into.empty()) return 0;
  }
  auto read = source_->read(into);
  if (read) {
    sent_ += *read;
    sent_to_ += *read;
    if (is_upload() && !std::exchange(to_settle_, true)) thread_.settle_later(plan_.attempt);
    return *read;
  }
  decide(source_failure(read.error()));
  return CURL_READFUNC_ABORT;
}

std::size_t Attempt::on_read(char* into, std::size_t size, std::size_t count, void* self) {
  auto& attempt = *static_cast<Attempt*>(self);
  return attempt.source_ ? attempt.send_body({into, size * count}) : 0;
}

/// libcurl sends it again, after a challenge for example.
int Attempt::on_seek(void* self, curl_off_t offset, int origin) {
  auto& attempt = *static_cast<Attempt*>(self);
  if (origin != SEEK_SET || !attempt.source_) return CURL_SEEKFUNC_CANTSEEK;
  attempt.go_to(static_cast<ByteOffset>(offset));
  return CURL_SEEKFUNC_OK;
}

std::size_t Attempt::on_header(char* data, std::size_t size, std::size_t count, void* self) {
  const auto line = bytes_of(data, size, count);
  const bool go_on = static_cast<Attempt*>(self)->take_header({line.data(), line.size()});
  return answer(go_on, line.size());
}

std::size_t Attempt::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  const auto bytes = bytes_of(data, size, count);
  return answer(static_cast<Attempt*>(self)->take_body(bytes), bytes.size());
}

void Attempt::request_ended(CURLcode code) {
  if (stage_ == Stage::Ending) return;
  thread_.remove(easy_);
  in_multi_ = false;
  easy_is_sound_ = easy_is_sound_ && code == CURLE_OK;
  if (std::exchange(unasked_, false)) return ask_on_new_connection();
  if (code == CURLE_OK) thread_.sockets().answered(easy_);
  if (redirect_ && !decided_) return follow(*std::exchange(redirect_, std::nullopt));
  if (decided_) return end(*std::exchange(decided_, std::nullopt));
  if (goes_on_) return go_on_uploading();
  if (dialog_ && !judged_ && code != CURLE_OK) return upload_broke(code);
  if (is_ftp() && have_ > 0 && is_refused_rest(code)) {
    return end({.kind = Ending::Kind::RefusedRange, .failure = {}});
  }
  if (code != CURLE_OK) return end(curl_failure(code));
  if (is_ftp() && !judged_ && !judge_ftp(true)) {
    return end(*std::exchange(decided_, std::nullopt));
  }
  if (judged_) return body_ended();
  // libcurl has no (other) answer to a challenge, or is content with something that is no final
  // answer, such as an unasked 101.
  end(rejected_for_good());
}

/// The last head, which was not judged, is the answer.
Attempt::Ending Attempt::rejected_for_good() {
  const ResponseHead head{.status = head_.status(), .uri = uri_, .headers = head_.headers()};
  report_response(head, Verdict::Kind::Reject, std::nullopt, plan_.known_file_name);
  return rejected(head);
}

/// What libcurl has learned of the file, judged before its first byte is taken. `no_body`: there is
/// none, for the file is empty, or ends where the request begins.
bool Attempt::judge_ftp(bool no_body) {
  curl_off_t to_come = -1;
  curl_off_t modified = -1;
  curl_easy_getinfo(easy_, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &to_come);
  curl_easy_getinfo(easy_, CURLINFO_FILETIME_T, &modified);
  std::optional<ByteCount> size;
  // Some say 0 for any file.
  if (no_body || to_come > 0) {
    size = have_ - overlap_ + static_cast<ByteCount>(no_body ? 0 : to_come);
  }
  if (!judge(ftp_answer(uri_, size, modified >= 0 ? std::optional(modified) : std::nullopt))) {
    return false;
  }
  return !decided_;
}

Attempt::Ending Attempt::curl_failure(CURLcode code) const {
  CurlFailure failure{.code = code,
                      .method = shown_method(),
                      .uri = shown_uri(),
                      .detail = error_text_.data(),
                      .proxy = proxy(),
                      .redirected = redirects_ > 0,
                      .in_head = stage_ == Stage::AwaitingHead || stage_ == Stage::ReadingHead};
  long os_errno = 0;
  curl_easy_getinfo(easy_, CURLINFO_SSL_VERIFYRESULT, &failure.verify_result);
  // That of the server is 0 as long as the proxy is not trusted.
  long proxy_verify_result = 0;
  curl_easy_getinfo(easy_, CURLINFO_PROXY_SSL_VERIFYRESULT, &proxy_verify_result);
  if (proxy_verify_result != 0) failure.verify_result = proxy_verify_result;
  curl_easy_getinfo(easy_, CURLINFO_OS_ERRNO, &os_errno);
  curl_easy_getinfo(easy_, CURLINFO_HTTP_CONNECTCODE, &failure.proxy_status);
  curl_easy_getinfo(easy_, CURLINFO_PROXY_ERROR, &failure.proxy_error);
  if (is_ftp()) curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &failure.ftp_reply);
  failure.os_errno = static_cast<int>(os_errno);
  return {.kind = Ending::Kind::Failed, .failure = to_failure(failure)};
}

// ---- The answer

bool Attempt::take_header(std::string_view line) {
  active_at_ = thread_.now();
  if (is_ftp()) {  // the server's replies, which libcurl understands
    // The transfer begins. Its last reply is waited for on this thread: not for long.
    if (line.starts_with("150") || line.starts_with("125")) {
      curl_easy_setopt(easy_, CURLOPT_SERVER_RESPONSE_TIMEOUT, kLastReplySeconds);
    }
    if (stage_ == Stage::AwaitingHead) thread_.wake_at(*response_deadline());
    return true;
  }
  if (stage_ == Stage::AwaitingHead) {
    stage_ = Stage::ReadingHead;
    head_since_ = active_at_;
    thread_.wake_at(*response_deadline());
  }
  switch (head_.add(line)) {
    case HeadReader::Step::More:
      return true;
    case HeadReader::Step::Interim:
      stage_ = Stage::AwaitingHead;
      thread_.wake_at(*response_deadline());
      return !dialog_ || take_interim();
    case HeadReader::Step::Complete:
      return take_head();
    case HeadReader::Step::TooLarge:
      return decide(failed(WebErrorStatus::ErrorHttpInvalidServerResponse, ErrorKind::Protocol,
                           false, "the server's headers are too large"));
  }
  return false;
}

bool Attempt::take_head() {
  const ResponseHead head{.status = head_.status(), .uri = uri_, .headers = head_.headers()};
  stage_ = Stage::Discarding;
  discarding_since_ = active_at_;
  thread_.wake_at(active_at_ + std::min(plan_.stall_timeout, kDiscardLimit));
  challenged_ = may_be_challenge(head.status);
  if (challenged_) return true;  // judged when libcurl has given up
  if (!is_redirect(head.status)) return is_upload() ? judge_upload(head) : judge(head);
  auto next = follow_redirect(head, method_, redirects_);
  if (auto* redirect = std::get_if<Redirect>(&next)) {
    redirect_ = std::move(*redirect);
    return true;
  }
  judged_ = true;
  report_response(head, Verdict::Kind::Reject, std::nullopt, plan_.known_file_name);
  decide({.kind = Ending::Kind::Failed,
          .failure = {.error = std::get<TransferError>(std::move(next)), .retry_after = {}}});
  return true;
}

bool Attempt::may_be_challenge(int status) const {
  // A server that does not know "Expect: 100-continue" says 417, and is asked again without.
  return (status == 401 && at_own_origin_ && secrets_.server) || (status == 407 && proxy_login()) ||
         (status == 417 && source_);
}

bool Attempt::judge(const ResponseHead& head) {
  judged_ = true;
  const Verdict verdict = judge_response(plan_, have_, head, overlap_);
  switch (verdict.kind) {
    case Verdict::Kind::Append:
    case Verdict::Kind::StartOver:
      return begin_body(verdict, head);
    case Verdict::Kind::AskAgain:
      decide({.kind = Ending::Kind::RefusedRange, .failure = {}, .status = head.status});
      break;
    case Verdict::Kind::Complete:
      report_response(head, verdict.kind, have_, choose_file_name(verdict, head));
      decide({.kind = Ending::Kind::Completed, .failure = {}});
      return true;
    case Verdict::Kind::Reject:
      decide(rejected(head));
      if (is_upload()) return keep_refusal(head);
      break;
    case Verdict::Kind::Invalid:
      report_response(head, verdict.kind, std::nullopt, plan_.known_file_name);
      return decide(failed(WebErrorStatus::ErrorHttpInvalidServerResponse, ErrorKind::Protocol,
                           false, "invalid answer: " + verdict.reason));
  }
  report_response(head, verdict.kind, std::nullopt, plan_.known_file_name);
  return true;
}

/// R99: the answer to an upload is kept, whatever it says.
bool Attempt::keep_refusal(const ResponseHead& head) {
  stage_ = Stage::Body;
  const auto total = body_length(head);
  // Of one that cannot be stored, the status alone is told. Room is not reserved for it.
  const auto begun = body_.begin_anew(std::nullopt);
  if (!begun) stage_ = Stage::Discarding;
  body_.set_total(total);
  report_response(head, Verdict::Kind::Reject, total, plan_.known_file_name);
  checkpoints_.started(thread_.now(), 0);
  return true;
}

bool Attempt::begin_body(const Verdict& verdict, const ResponseHead& head) {
  stage_ = Stage::Body;
  const auto total = expected_total(verdict, head);
  const bool anew = verdict.kind == Verdict::Kind::StartOver;
  body_.set_total(total);
  // Where a part of HTTP begins it says itself.
  const ByteCount skip = is_ftp() ? overlap_ : verdict.skip;
  const auto begun = anew ? body_.begin_anew(total) : body_.go_on(skip, verdict.end, total);
  if (anew) durable_ = reported_ = 0;
  // Nothing of this version is there: then nobody may vouch for it.
  if (!begun && !body_.file()) return decide(file_failure(begun.error()));
  report_response(head, verdict.kind, total, choose_file_name(verdict, head));
  checkpoints_.started(thread_.now(), durable_);
  write_behind_at_ = body_.received();
  if (!begun) return decide(file_failure(begun.error()));
  return true;
}

std::optional<ByteCount> Attempt::expected_total(const Verdict& verdict,
                                                 const ResponseHead& head) const {
  if (method_ == "HEAD") return ByteCount{0};
  if (is_ftp()) return ftp_size(head);
  if (is_upload()) return body_length(head);
  const auto total = total_length(head);
  return total || verdict.kind == Verdict::Kind::StartOver ? total : plan_.total;
}

std::string Attempt::choose_file_name(const Verdict& verdict, const ResponseHead& head) const {
  if (!plan_.target.file_name.empty()) return plan_.target.file_name;
  if (verdict.kind != Verdict::Kind::StartOver && !plan_.known_file_name.empty()) {
    return plan_.known_file_name;
  }
  const auto disposition = find_field(head.headers, "Content-Disposition");
  const auto told = disposition ? disposition_file_name(*disposition) : std::nullopt;
  for (const std::string& name :
       {told.value_or(std::string()), url_file_name(plan_.uri), url_file_name(head.uri)}) {
    if (std::string safe = sanitise_file_name(name); !safe.empty()) return safe;
  }
  return "download";
}

void Attempt::report_response(const ResponseHead& head, Verdict::Kind verdict,
                              std::optional<ByteCount> total, std::string file_name) {
  thread_.emit(plan_.id, event::ResponseArrived{.attempt = plan_.attempt,
                                                .head = head,
                                                .verdict = verdict,
                                                .total = total,
                                                .file_name = std::move(file_name),
                                                .replaced = body_.has_replaced(),
                                                .origin = origin_});
}

Attempt::Ending Attempt::rejected(const ResponseHead& head) const {
  Ending ending{.kind = Ending::Kind::Failed, .failure = {}};
  ending.failure.error = http_error(head.status, shown_method(), uri_without_secrets(shown_uri()));
  ending.failure.transient = is_transient_http(head.status);
  if (const auto retry_after = find_field(head.headers, "Retry-After")) {
    ending.failure.retry_after = parse_retry_after(*retry_after, thread_.now());
  }
  return ending;
}

bool Attempt::take_body(std::span<const char> data) {
  active_at_ = thread_.now();
  if (is_ftp() && !judged_ && !judge_ftp(false)) return false;
  if (stage_ != Stage::Body) return discard(data.size());
  if (!std::exchange(to_settle_, true)) thread_.settle_later(plan_.attempt);
  if (decided_ && body_.received() + data.size() > kMaxRefusal) return false;
  switch (body_.take(data)) {
    case BodyFile::Taken::Yes:
      return true;
    case BodyFile::Taken::Differs:
      return decide({.kind = Ending::Kind::RefusedRange, .failure = {}});
    case BodyFile::Taken::TooMany: {
      Ending ending = failed(WebErrorStatus::ErrorHttpInvalidServerResponse, ErrorKind::Protocol,
                             false, "the server sends more than it has announced");
      // What came before may be of the wrong place, too.
      ending.bytes_lost = true;
      return decide(std::move(ending));
    }
    case BodyFile::Taken::Failed:
      return decide(file_failure(*body_.failure()));
  }
  return false;
}

bool Attempt::discard(std::size_t size) {
  discarded_ += size;
  if (discarded_ <= kMaxDiscarded) return true;
  if (challenged_) decide(rejected_for_good());
  return false;
}

/// The body that is of no use does not end: what is known already does not wait for it.
void Attempt::leave_useless_body() {
  easy_is_sound_ = false;
  if (decided_) return end(*std::exchange(decided_, std::nullopt));
  thread_.remove(easy_);
  in_multi_ = false;
  if (goes_on_) return go_on_uploading();
  follow(*std::exchange(redirect_, std::nullopt));
}

/// An answer that ends where the connection does, and nobody knows whether the server ended that.
bool Attempt::is_cut_off() const {
  long version = CURL_HTTP_VERSION_NONE;
  curl_easy_getinfo(easy_, CURLINFO_HTTP_VERSION, &version);
  const bool is_http1 = version == CURL_HTTP_VERSION_1_0 || version == CURL_HTTP_VERSION_1_1;
  const bool has_end = find_field(head_.headers(), "Content-Length") ||
                       find_field(head_.headers(), "Transfer-Encoding") || method_ == "HEAD" ||
                       head_.status() == 204;
  return is_http1 && !has_end && uri_.starts_with("https:") &&
         !thread_.closures().has_ended(connection_);
}

void Attempt::body_ended() {
  const auto total = body_.total();
  if (is_upload() && send_length_ && handed_over() < *send_length_) {
    return end(failed(WebErrorStatus::Disconnected, ErrorKind::Network, true,
                      "the server has answered without taking all of it"));
  }
  if (is_cut_off() || (total && body_.received() < *total)) {
    return end(failed(WebErrorStatus::Disconnected, ErrorKind::Network, true,
                      "the server has ended the answer early"));
  }
  end({.kind = Ending::Kind::Completed, .failure = {}});
}

}  // namespace lh
