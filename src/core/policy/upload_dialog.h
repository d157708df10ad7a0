#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/model/response_head.h"
#include "core/model/upload_resource.h"
#include "core/policy/upload_fields.h"

namespace lh {

/// What a tus server is sent at once, and the draft's when whole requests get lost on their way.
inline constexpr ByteCount kUploadChunk = 8_MiB;
/// How often an upload may begin anew because the server has lost it.
inline constexpr std::uint32_t kMaxUploadRestarts = 3;

/// How often a server's own offsets may turn out to be wrong in a row.
inline constexpr int kMaxUploadCorrections = 8;

/// What is to be uploaded, as the app ordered it.
struct UploadOrder {
  std::string method;
  std::string uri;
  HeaderList headers;
  std::optional<ByteCount> length;  ///< of the body; nothing: the request has none
  UploadWish wish = UploadWish::Automatic;
  std::string file_name;              ///< tus: metadata; empty: not told
  std::optional<std::string> sha256;  ///< of the whole body, as BASE64: told to the server
  bool chunk_checksums = false;       ///< tus: of every chunk, if the server takes them
  std::uint32_t attempts = 0;         ///< that went before: which version is offered
  std::uint32_t restarts = 0;         ///< that went before, of `UploadDialog::restarts()`
};

/// The core does not read URLs: who uses it says how. Both are called with what servers sent.
struct UriRules {
  /// The absolute URL that `reference` means, seen from `base`; nothing if it is none, or leads
  /// where no body may go (another scheme than http and https, or from https to http).
  std::function<std::optional<std::string>(std::string_view base, std::string_view reference)>
      resolve;
  std::function<bool(std::string_view a, std::string_view b)> same_origin;
};

/// The next request. `headers` are the app's own, without those that do not belong to this request,
/// and what the protocol adds. Redirects of it (307, 308) are followed by who sends it.
struct UploadRequest {
  enum class Purpose : std::uint8_t {
    Plain,      ///< the app's own
    Discover,   ///< tus: OPTIONS
    Create,     ///< of an upload resource; for the draft, the app's own
    AskOffset,  ///< HEAD
    Append,     ///< PATCH
    Cancel,     ///< DELETE
  };
  Purpose purpose = Purpose::Plain;
  std::string method;
  std::string uri;
  HeaderList headers;
  ByteOffset from = 0;              ///< of the body
  std::optional<ByteCount> length;  ///< nothing: no content, not even an empty one
  bool other_origin = false;        ///< than the app's URL: gets no credentials (R68)
  std::string checksum;             ///< not empty: the sender adds `tus_checksum()` with this
                                    ///< algorithm, of the request's content

  [[nodiscard]] ByteOffset end() const { return from + length.value_or(0); }
};

/// What an interim answer means. The resource changed with all but `Ignored`.
enum class UploadInterim : std::uint8_t {
  Ignored,
  Progressed,  ///< only `offset`: may become durable later
  Changed,     ///< make it durable soon; the request goes on
  Stop,        ///< end the request now, make the resource durable, and tell `on_break()`
};

struct UploadStep {
  enum class Kind : std::uint8_t {
    Send,       ///< `next()`, at once
    Final,      ///< this answer is the application's, whatever its status: keep its body
    StartOver,  ///< the server has lost it: as Send, but all is sent again (`HasRestarted`)
    Retry,      ///< transient: by the retry policy, if need be with this answer as the failure;
                ///< then `next()`, here or in a new dialog
    Fail,       ///< for good; `reason` says why. If there is a resource, `cancel_request()` tidies
  };
  Kind kind = Kind::Send;
  bool resource_changed = false;  ///< make durable (or forget) before anything else is sent
  bool went_back = false;         ///< the server has lost bytes that it had acknowledged
  bool response_lost = false;     ///< Final: all has arrived, but the answer to it got lost. This
                                  ///< is the one to the question for the offset
  bool is_last_word = false;      ///< Final: the server says that the upload is complete, so no
                                  ///< other attempt could change this, whatever the status
  bool is_early = false;          ///< Final: 2xx, although not all content was handed over
  bool repeats_request = false;   ///< what goes on would send again what may have had its effect:
                                  ///< R86 decides on a POST
  std::string reason;             ///< for log and error; holds no URL
};

/// Decides which request comes next in an upload and what its answer means: the draft "Resumable
/// Uploads for HTTP" (interop versions 8 and 6, and the final form), tus 1.0, or neither. A value:
/// no clock, no network. Between attempts and over restarts of the service only resource(),
/// restarts() and the count of attempts are to be kept; a dialog made of them begins with the
/// question for the offset. It may also be kept, and knows then better what was sent.
///
/// It ends: a server that does not keep to its own offsets has `kMaxUploadCorrections` tries, which
/// only requests that are acknowledged as a whole give back; beginnings anew are counted; only
/// Retry is not bounded here, but by the retry policy.
class UploadDialog {
 public:
  UploadDialog(UploadOrder order, UriRules uris, std::optional<UploadResource> stored);

  /// The request to send. The same until an answer or break is told.
  [[nodiscard]] const UploadRequest& next() const { return request_; }
  /// An interim answer (1xx) to it.
  [[nodiscard]] UploadInterim on_interim(const ResponseHead& head, TimePoint now);
  /// The final answer to it, not one of a redirect that was followed. `handed_over`: bytes of its
  /// content that went to the network.
  [[nodiscard]] UploadStep on_answer(const ResponseHead& head, ByteCount handed_over,
                                     TimePoint now);
  /// The same request is sent again from its beginning: after a challenge or a redirect. A resource
  /// that this very request began is forgotten, which the next step reports.
  void on_repeat();
  /// It ended without one.
  [[nodiscard]] UploadStep on_break(ByteCount handed_over);

  [[nodiscard]] const std::optional<UploadResource>& resource() const { return resource_; }
  /// What progress counts. Of a plain request nothing is acknowledged before its end.
  [[nodiscard]] ByteOffset acknowledged() const { return resource_ ? resource_->offset : 0; }
  [[nodiscard]] std::uint32_t restarts() const { return restarts_; }
  /// What gives up the resource, if there is one and the server does not say that it cannot.
  [[nodiscard]] std::optional<UploadRequest> cancel_request() const;

 private:
  using Purpose = UploadRequest::Purpose;
  using Kind = UploadStep::Kind;

  // Requests: each function makes the next one.
  void prepare_first();
  void prepare_beginning();
  void prepare_discovery();
  void ask_offset();
  void prepare_draft_creation();
  void prepare_tus_creation();
  void prepare_append();
  [[nodiscard]] bool is_tus() const;
  [[nodiscard]] bool completes() const { return request_.end() == length_; }
  [[nodiscard]] ByteCount append_limit() const;
  [[nodiscard]] unsigned offered_version() const;

  // Answers.
  void note_sent(ByteCount handed_over);
  void note_refusal(const ResponseHead& head);
  UploadStep plain_answer(const ResponseHead& head);
  UploadStep discovered(const ResponseHead& head);
  UploadStep draft_created(const ResponseHead& head, TimePoint now);
  UploadStep draft_created_in_part(const ResponseHead& head, TimePoint now);
  UploadStep tus_created(const ResponseHead& head, TimePoint now);
  UploadStep offset_told(const ResponseHead& head, TimePoint now);
  UploadStep draft_appended(const ResponseHead& head, TimePoint now);
  UploadStep draft_took_append(const ResponseHead& head);
  UploadStep tus_appended(const ResponseHead& head, TimePoint now);
  UploadStep finds_too_many(ByteCount tried);
  UploadStep append_refused(const ResponseHead& head, TimePoint now);
  UploadStep smaller_append(const ResponseHead& head, TimePoint now);
  UploadStep tus_took_less(ByteOffset offset);
  UploadStep other_tus_version(const ResponseHead& head);

  // Judgement. Nothing: go on.
  [[nodiscard]] std::optional<std::string> location(const ResponseHead& head) const;
  void begin_resource(UploadProtocol protocol, std::string uri);
  void take_limits(const ResponseHead& head, TimePoint now);
  [[nodiscard]] std::string limit_trouble() const;
  std::optional<UploadStep> take_offset(ByteOffset offset);
  std::optional<UploadStep> spend_correction(std::string_view why);
  void acknowledged_as_a_whole();
  void append_at_most(ByteCount limit);
  void append_less_at_once();
  void is_not_complete(ByteOffset offset);

  // Steps.
  UploadStep step(Kind kind, std::string reason = {});
  UploadStep fail(std::string reason) { return step(Kind::Fail, std::move(reason)); }
  UploadStep final_answer(const ResponseHead& head);
  UploadStep append_next();
  UploadStep ask_offset_again(std::string_view why);
  UploadStep complete_without_answer();
  UploadStep start_over(std::string_view why);
  UploadStep retry(std::string reason);
  UploadStep transient(const ResponseHead& head);

  UploadOrder order_;
  UriRules uris_;
  ByteCount length_ = 0;
  bool resumable_ = false;
  std::optional<UploadResource> resource_;
  UploadRequest request_;

  bool changed_ = false;         ///< the resource, since the last step
  bool went_back_ = false;       ///< since the last step
  ByteOffset sent_to_ = 0;       ///< nothing beyond it was ever sent to this resource
  ByteOffset last_sent_to_ = 0;  ///< by the last request
  std::uint32_t restarts_ = 0;
  int corrections_left_;
  bool handed_over_all_ = false;             ///< the present request's content
  bool began_resource_ = false;              ///< the present request, by an interim answer
  int short_in_a_row_ = 0;                   ///< tus: appends of which only a part was taken
  bool stopped_ = false;                     ///< the present request, by us
  std::string stop_reason_;                  ///< why for good
  std::optional<ByteCount> create_at_most_;  ///< draft: what the server takes at the creation
  std::optional<ByteCount> append_ceiling_;  ///< what turned out to be too much, made smaller
  bool create_empty_ = false;                ///< tus: it does not take bytes at the creation
  std::optional<unsigned> known_version_;    ///< of the draft, that this server has spoken
  bool discovered_ = false;
  TusServer server_;
};

/// The request that gives up an upload resource (draft; tus, if the server offers termination).
[[nodiscard]] UploadRequest upload_cancel_request(const UploadOrder& order, const UriRules& uris,
                                                  const UploadResource& resource);

}  // namespace lh
