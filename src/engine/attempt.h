#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <curl/curl.h>

#include "core/model/ftp_answer.h"
#include "core/policy/checkpoint.h"
#include "core/policy/pace_watch.h"
#include "core/policy/progress_pacing.h"
#include "core/policy/retry_policy.h"
#include "core/policy/transfer_plan.h"
#include "core/policy/upload_dialog.h"
#include "engine/body_file.h"
#include "engine/curl_setup.h"
#include "engine/head_reader.h"
#include "engine/redirect.h"
#include "engine/tls_closures.h"
#include "files/body_source.h"

namespace lh {

class NetworkThread;

/// A body of no use is not read for longer.
inline constexpr Duration kDiscardLimit = std::chrono::seconds(5);

/// One try to get what a plan asks for: one request, or several if it is redirected, on one easy
/// handle. Reports through NetworkThread::emit() and ends with exactly one of the end events,
/// after which it asks to be buried. Network thread.
class Attempt {
 public:
  /// `secrets`: in place of the plan's, which then names none.
  Attempt(NetworkThread& thread, TransferPlan plan, Secrets secrets);
  ~Attempt();
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;

  void start();
  void stop();
  void cancel();
  /// Another thread has it now.
  [[nodiscard]] bool has_moved() const { return has_moved_; }
  /// What was told of an upload is durable.
  void proceed();
  /// libcurl is done with the present request.
  void request_ended(CURLcode code);
  /// After a round in which bytes came: writes them, reports, begins a checkpoint if one is due.
  void settle();
  /// Looks at the deadlines; returns when to look again.
  std::optional<TimePoint> on_timer();

 private:
  enum class Stage {
    Opening,       ///< a partial file of earlier attempts, then its secrets, on other threads
    Connecting,    ///< libcurl watches the time
    AwaitingHead,  ///< the request is sent, nothing has come
    ReadingHead,
    Body,
    Discarding,  ///< a body of no use, up to a limit, to keep the connection
    Ending       ///< the end is known; waits for syncs
  };
  /// How it ends.
  struct Ending {
    enum class Kind { Completed, Stopped, Failed, RefusedRange, DiskFull };
    Kind kind = Kind::Stopped;
    Failure failure;  ///< Failed; of DiskFull the error
    int status = 0;   ///< RefusedRange
    ByteCount bytes_needed = 0;
    bool bytes_lost = false;  ///< Failed
  };

  // The request.
  void opened(Result<std::shared_ptr<PartialFile>> file);
  void prepare();
  void send_first();
  void open_source();
  void ask_for_secrets();
  void take_secrets(Result<Secrets> secrets);
  void move_on();
  void send_request();
  [[nodiscard]] CurlRequest request() const;
  [[nodiscard]] std::optional<ByteCount> content() const;
  [[nodiscard]] const std::string& proxy() const;
  [[nodiscard]] std::optional<Login> proxy_login() const;
  [[nodiscard]] bool set_callbacks();
  void follow(Redirect redirect);
  void release_easy();
  void renew_easy();
  static int on_request_sent(void* self, char*, char*, int server_port, int own_port);
  void ask_on_new_connection();
  [[nodiscard]] std::size_t send_body(std::span<char> into);
  static std::size_t on_read(char* into, std::size_t size, std::size_t count, void* self);
  static int on_seek(void* self, curl_off_t offset, int origin);
  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);

  // Uploads (attempt_upload.cpp).
  [[nodiscard]] UploadOrder upload_order() const;
  void begin_upload();
  void take_upload_request(const UploadRequest& next);
  [[nodiscard]] ByteCount shown_sent() const;
  [[nodiscard]] ByteCount handed_over() const;
  [[nodiscard]] bool take_interim();
  [[nodiscard]] bool judge_upload(const ResponseHead& head);
  void tell_moved(bool waits);
  void repeat_upload();
  [[nodiscard]] bool take_last_word(const ResponseHead& head,
                                    const std::optional<UploadResource>& resource);
  void upload_broke(CURLcode code);
  void go_on_uploading();
  [[nodiscard]] Ending upload_failure(const ResponseHead& head, const std::string& reason,
                                      bool transient) const;

  // The answer. False: abort the request, `decided_` says why.
  [[nodiscard]] bool take_header(std::string_view line);
  [[nodiscard]] bool take_head();
  [[nodiscard]] bool may_be_challenge(int status) const;
  [[nodiscard]] bool take_body(std::span<const char> data);
  [[nodiscard]] bool discard(std::size_t size);
  void leave_useless_body();
  [[nodiscard]] bool judge(const ResponseHead& head);
  [[nodiscard]] bool is_ftp() const { return plan_.method == kFtpMethod; }
  [[nodiscard]] bool is_upload() const { return plan_.kind == TransferKind::Upload; }
  [[nodiscard]] bool judge_ftp(bool no_body);
  [[nodiscard]] bool begin_body(const Verdict& verdict, const ResponseHead& head);
  [[nodiscard]] bool keep_refusal(const ResponseHead& head);
  [[nodiscard]] std::optional<ByteCount> expected_total(const Verdict& verdict,
                                                        const ResponseHead& head) const;
  [[nodiscard]] std::string choose_file_name(const Verdict& verdict,
                                             const ResponseHead& head) const;
  void report_response(const ResponseHead& head, Verdict::Kind verdict,
                       std::optional<ByteCount> total, std::string file_name);
  void body_ended();
  [[nodiscard]] bool is_cut_off() const;

  // Bytes on their way to the disk.
  [[nodiscard]] bool has_news() const;
  void report_bytes();
  void watch_pace();
  void begin_checkpoint();
  void checkpoint_came_back(Result<ByteCount> durable);

  // The end.
  bool decide(Ending ending);
  void end(Ending ending);
  void go_on_ending();
  void go_to(ByteOffset offset);
  void emit_end();
  [[nodiscard]] Ending file_failure(const Error& error) const;
  [[nodiscard]] Ending source_failure(const Error& error) const;
  [[nodiscard]] Ending rejected_for_good();
  [[nodiscard]] Ending rejected(const ResponseHead& head) const;
  [[nodiscard]] Ending failed(WebErrorStatus status, ErrorKind kind, bool transient,
                              std::string_view reason) const;
  [[nodiscard]] Ending curl_failure(CURLcode code) const;
  /// For messages: where the server keeps an upload is a secret.
  [[nodiscard]] const std::string& shown_method() const {
    return is_upload() ? plan_.method : method_;
  }
  [[nodiscard]] const std::string& shown_uri() const { return is_upload() ? plan_.uri : uri_; }
  [[nodiscard]] std::optional<TimePoint> response_deadline() const;
  [[nodiscard]] TimePoint last_head_by() const;

  NetworkThread& thread_;
  TransferPlan plan_;
  Stage stage_ = Stage::Opening;
  bool stop_wanted_ = false;
  bool file_is_unwanted_ = false;
  bool has_moved_ = false;

  // The present request.
  CURL* easy_ = nullptr;
  bool in_multi_ = false;
  bool easy_is_sound_ = true;   ///< every request on it has ended well
  bool easy_has_host_ = false;  ///< it had a Host header, for which libcurl goes on to give cookies
  RequestLines header_lines_;
  std::array<char, CURL_ERROR_SIZE> error_text_{};
  std::string uri_;
  std::string origin_;  ///< of `uri_`
  std::string method_;
  HeaderList headers_;
  std::shared_ptr<BodySource> source_;  ///< what the request sends; null: nothing
  Secrets secrets_;

  // An upload: the present request's part of the content.
  std::optional<UploadDialog> dialog_;
  ByteOffset send_from_ = 0;
  std::optional<ByteCount> send_length_;  ///< none: it has no content
  bool is_append_ = false;
  bool is_sent_ = false;       ///< the present request
  bool is_repeated_ = false;   ///< by libcurl, with what the server may have got already
  bool has_answer_ = false;    ///< the app's own: nothing is to be gone on from any more
  bool goes_on_ = false;       ///< with another request when the present one has ended
  bool has_moved_on_ = false;  ///< what it goes on from is another, which is not told yet
  bool waits_for_record_ = false;
  bool tells_progress_ = false;  ///< the server, by interim answers
  ByteOffset recorded_offset_ = 0;

  bool at_own_origin_ = true;  ///< no redirect has led to another server (R68)
  unsigned redirects_ = 0;
  std::optional<Redirect> redirect_;  ///< to follow when the present request has ended
  bool on_new_connection_ = false;
  bool unasked_ = false;         ///< not sent, for the server says something already
  std::pair<int, int> ports_{};  ///< the server's and ours, of the last request
  TlsClosures::Connection connection_ = nullptr;  ///< under the last request, if encrypted

  // Its answer.
  HeadReader head_;
  bool judged_ = false;
  bool challenged_ = false;  ///< the last head asks for a login, which libcurl may give now
  ByteCount have_ = 0;       ///< length of the prefix the request asks to continue
  ByteCount overlap_ = 0;    ///< so much of it is asked for again, and compared
  std::size_t discarded_ = 0;
  TimePoint discarding_since_{};
  TimePoint active_at_{};   ///< when the server was last heard, or the request sent
  TimePoint head_since_{};  ///< beginning of the present head
  TimePoint request_sent_at_{};
  std::optional<Ending> decided_;  ///< how it ends once the request has ended

  BodyFile body_;
  ProgressPacer progress_;
  CheckpointPacer checkpoints_;
  PaceWatch pace_;
  ByteCount sent_ = 0;     ///< of the request's content, however often
  ByteCount sent_to_ = 0;  ///< end of what the present request has sent of the content
  bool was_sent_ = false;  ///< a request has been sent, or a part of it
  ByteCount reported_sent_ = 0;
  bool to_settle_ = false;
  ByteCount reported_ = 0;
  ByteCount durable_ = 0;
  ByteCount write_behind_at_ = 0;
  bool checkpoint_under_way_ = false;
  bool trusted_ = true;  ///< no sync has failed
  std::optional<Ending> ending_;
};

}  // namespace lh
