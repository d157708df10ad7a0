#include <algorithm>
#include <utility>

#include "client/callback_thread.h"
#include "client/operation_core.h"
#include "client/result_stream.h"
#include "uri/uri_reader.h"

namespace longhaul::detail {
namespace {

/// What the service makes of it: without user info and fragment.
std::string as_stored(const std::string& uri) {
  const auto parsed = lh::parse_uri(uri);
  return parsed.ok() ? lh::canonical_uri(*parsed) : uri;
}

/// The report that a handler of this thread is being given: its flags belong to it (R27, R28).
struct CurrentReport {
  const OperationCore* core = nullptr;
  bool response_changed = false;
  bool restarted = false;
};
thread_local CurrentReport current_report;

}  // namespace

class OperationCore::ReportScope {
 public:
  ReportScope(const OperationCore* core, Flags flags)
      : outer_(std::exchange(current_report, {core, flags.response_changed, flags.restarted})) {}
  ~ReportScope() { current_report = outer_; }
  ReportScope(const ReportScope&) = delete;
  ReportScope& operator=(const ReportScope&) = delete;

 private:
  CurrentReport outer_;
};

void OperationCore::on_news(const lh::Change& change) {
  auto news = std::make_shared<News>();
  news->change = change;
  // A report must find its response in place: its news waits for it, and what follows behind it.
  const bool knows_response = response() != nullptr;
  const bool needs_details = change.snapshot.http_status.has_value() &&
                             (change.response_changed || !knows_response) &&
                             change.what != lh::Change::What::Forgotten;
  const bool needs_answer = lh::has_answer(change.snapshot);
  news->questions = (needs_details ? 1 : 0) + (needs_answer ? 1 : 0);
  news_.push_back(news);
  if (needs_details) fetch_details(news);
  if (needs_answer) fetch_answer(news);
  apply_ready_news();
}

void OperationCore::fetch_details(const std::shared_ptr<News>& news) {
  std::function<void(lh::Answer<std::tuple<lh::WireDictionary>>)> done =
      [self = shared_from_this(), news](lh::Answer<std::tuple<lh::WireDictionary>> answer) {
        if (answer) {
          if (auto details = lh::decode_details(std::get<0>(*answer.value))) {
            news->details = std::move(*details);
          }
        }
        self->answered(*news);
      };
  connection_->call<lh::WireDictionary>("Details", lh::Repeat::Safe, std::move(done),
                                        id_.to_string());
}

/// R99: it goes with the row, which goes when the app has seen the end.
void OperationCore::fetch_answer(const std::shared_ptr<News>& news) {
  std::function<void(lh::Answer<std::tuple<sdbus::UnixFd>>)> done =
      [self = shared_from_this(), news](lh::Answer<std::tuple<sdbus::UnixFd>> opened) {
        if (opened) news->answer = lh::KeptAnswer::of(std::get<0>(*opened.value).release());
        self->answered(*news);
      };
  connection_->call<sdbus::UnixFd>("OpenContent", lh::Repeat::Safe, std::move(done),
                                   id_.to_string());
}

/// The same where the app's thread has found that it has ended.
void OperationCore::keep_answer_of(const lh::Snapshot& ended) {
  if (!lh::has_answer(ended) || answer()) return;
  auto opened =
      connection_->call_and_wait<sdbus::UnixFd>("OpenContent", lh::Repeat::Safe, id_.to_string());
  if (!opened) return;
  auto kept = lh::KeptAnswer::of(std::get<0>(*opened.value).release());
  const std::lock_guard lock(mutex_);
  answer_ = std::move(kept);
}

std::shared_ptr<const lh::KeptAnswer> OperationCore::answer() const {
  const std::lock_guard lock(mutex_);
  return answer_;
}

IInputStream OperationCore::result_stream_at(std::uint64_t position) {
  return lh::open_result_stream(connection_, snapshot(), position,
                                [self = shared_from_this()] { return self->answer(); });
}

void OperationCore::answered(News& news) {
  --news.questions;
  apply_ready_news();
}

void OperationCore::apply_ready_news() {
  while (!news_.empty() && news_.front()->questions == 0) {
    const std::shared_ptr<News> news = news_.front();
    news_.erase(news_.begin());
    apply(*news);
  }
}

void OperationCore::on_changed(const lh::ChangeRequest& request) {
  const auto change = [&request](lh::Snapshot& snapshot) {
    if (request.priority) snapshot.priority = *request.priority;
    if (request.cost_policy) snapshot.cost_policy = *request.cost_policy;
    if (request.uri) snapshot.uri = as_stored(*request.uri);
    if (request.recoverable) snapshot.recoverable = *request.recoverable;
  };
  for (const auto& news : news_) change(news->change.snapshot);
  const std::lock_guard lock(mutex_);
  change(snapshot_);
}

void OperationCore::apply(const News& news) {
  const lh::Change& change = news.change;
  if (news.details) set_response(*news.details);
  const Flags flags{change.response_changed, change.restarted};
  bool same_status = false;
  {
    const std::lock_guard lock(mutex_);
    if (lh::has_ended(snapshot_.status)) return;  // told already
    same_status = snapshot_.status == change.snapshot.status;
    const bool started = snapshot_.started;
    snapshot_ = change.snapshot;
    snapshot_.started = snapshot_.started || started;
    flags_ = flags;
    if (news.answer) answer_ = news.answer;
  }
  report(flags, same_status && !change.response_changed && !change.restarted);
  if (lh::has_ended(change.snapshot.status)) {
    finish(change.snapshot);
  } else if (change.what == lh::Change::What::Forgotten) {
    lh::TransferError gone;
    gone.hresult = lh::hr::kNotFound;
    gone.message = "the transfer was removed from the list";
    on_lost(id_, gone);
  }
}

BackgroundUploadProgress OperationCore::progress() {
  follow_in_background();
  BackgroundUploadProgress progress;
  const std::lock_guard lock(mutex_);
  progress.BytesReceived = snapshot_.bytes_received;
  progress.BytesSent = snapshot_.bytes_sent;
  progress.TotalBytesToReceive = snapshot_.total_to_receive.value_or(0);
  progress.TotalBytesToSend = snapshot_.total_to_send.value_or(0);
  progress.Status = snapshot_.status;
  const bool in_report = current_report.core == this;
  progress.HasResponseChanged =
      in_report ? current_report.response_changed : flags_.response_changed;
  progress.HasRestarted = in_report ? current_report.restarted : flags_.restarted;
  return progress;
}

/// Hands it to the handlers, in order. Plain byte counts are merged while one waits: the handler
/// reads the latest ones.
void OperationCore::report(Flags flags, bool plain) {
  if (plain && plain_report_queued_.exchange(true)) return;
  std::vector<AsyncPtr> waiting;
  {
    const std::lock_guard lock(mutex_);
    waiting = waiting_;
  }
  const bool wanted = std::any_of(waiting.begin(), waiting.end(),
                                  [](const AsyncPtr& async) { return async->wants_progress(); });
  if (!wanted) {
    if (plain) plain_report_queued_ = false;
    return;
  }
  lh::run_on_callback_thread(
      [self = shared_from_this(), waiting = std::move(waiting), flags, plain] {
        if (plain) self->plain_report_queued_ = false;
        self->call_handlers(waiting, flags);
      });
}

/// On the callback thread.
void OperationCore::call_handlers(const std::vector<AsyncPtr>& waiting, Flags flags) {
  const ReportScope scope(this, flags);
  for (const AsyncPtr& async : waiting) async->report(shared_from_this());
}

void OperationCore::finish(const lh::Snapshot& last) {
  std::vector<AsyncPtr> waiting;
  std::shared_ptr<OperationCore> keep;
  {
    const std::lock_guard lock(mutex_);
    waiting = std::exchange(waiting_, {});
    keep = std::move(self_);
    attached_ = false;  // an ended one is not followed any more
  }
  keep_order(waiting);
  for (const AsyncPtr& async : waiting) {
    switch (last.status) {
      case BackgroundTransferStatus::Completed:
        async->complete(shared_from_this());
        break;
      case BackgroundTransferStatus::Canceled:
        async->state().end_canceled();
        break;
      case BackgroundTransferStatus::Error:
      case BackgroundTransferStatus::Idle:
      case BackgroundTransferStatus::Running:
      case BackgroundTransferStatus::PausedByApplication:
      case BackgroundTransferStatus::PausedCostedNetwork:
      case BackgroundTransferStatus::PausedNoNetwork:
      case BackgroundTransferStatus::PausedRecoverableWebErrorStatus:
      case BackgroundTransferStatus::PausedSystemPolicy:
        async->state().end_failed(hresult(last.error ? last.error->hresult : lh::hr::kFail),
                                  hstring(last.error ? last.error->message : std::string()));
        break;
    }
  }
  drop_handlers(std::move(waiting));
}

/// Whoever watches progress sees the end behind the last report.
void OperationCore::keep_order(const std::vector<AsyncPtr>& ending) {
  for (const AsyncPtr& async : ending) {
    if (async->wants_progress()) async->state().end_behind_handlers(lh::is_callback_thread);
  }
}

/// Behind the last report: handlers may own what owns them.
void OperationCore::drop_handlers(std::vector<AsyncPtr> ended) {
  const bool any =
      std::ranges::any_of(ended, [](const AsyncPtr& async) { return async->wants_progress(); });
  if (!any) return;
  lh::run_on_callback_thread([ended = std::move(ended)] {
    for (const AsyncPtr& async : ended) async->drop_handler();
  });
}

void OperationCore::on_lost(const lh::TransferId& /*id*/, const lh::TransferError& why) {
  std::vector<AsyncPtr> waiting;
  std::shared_ptr<OperationCore> keep;
  {
    const std::lock_guard lock(mutex_);
    waiting = std::exchange(waiting_, {});
    keep = std::move(self_);
    attached_ = false;
  }
  keep_order(waiting);
  for (const AsyncPtr& async : waiting) {
    async->state().end_failed(hresult(why.hresult), hstring(why.message));
  }
  drop_handlers(std::move(waiting));
}

}  // namespace longhaul::detail
