#include <algorithm>
#include <utility>

#include "client/callback_thread.h"
#include "client/operation_core.h"
#include "uri/uri_reader.h"

namespace longhaul::detail {
namespace {

/// What the service makes of it: without user info and fragment.
std::string as_stored(const std::string& uri) {
  const auto parsed = lh::parse_uri(uri);
  return parsed.ok() ? lh::canonical_uri(*parsed) : uri;
}

}  // namespace

void OperationCore::on_news(const lh::Change& change) {
  auto news = std::make_shared<News>();
  news->change = change;
  // A report must find its response in place: its news waits for it, and what follows behind it.
  const bool knows_response = response() != nullptr;
  news->waits_for_details = change.snapshot.http_status.has_value() &&
                            (change.response_changed || !knows_response) &&
                            change.what != lh::Change::What::Forgotten;
  news_.push_back(news);
  if (news->waits_for_details) {
    fetch_details(std::move(news));
  } else {
    apply_ready_news();
  }
}

void OperationCore::fetch_details(std::shared_ptr<News> news) {
  std::function<void(lh::Answer<std::tuple<lh::WireDictionary>>)> done =
      [self = shared_from_this(), news](lh::Answer<std::tuple<lh::WireDictionary>> answer) {
        if (answer) {
          if (auto details = lh::decode_details(std::get<0>(*answer.value))) {
            news->details = std::move(*details);
          }
        }
        news->waits_for_details = false;
        self->apply_ready_news();
      };
  connection_->call<lh::WireDictionary>("Details", lh::Repeat::Safe, std::move(done),
                                        id_.to_string());
}

void OperationCore::apply_ready_news() {
  while (!news_.empty() && !news_.front()->waits_for_details) {
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
  BackgroundDownloadProgress progress = lh::progress_of(change.snapshot);
  progress.HasResponseChanged = change.response_changed;
  progress.HasRestarted = change.restarted;
  bool same_status = false;
  {
    const std::lock_guard lock(mutex_);
    if (lh::has_ended(snapshot_.status)) return;  // told already
    same_status = snapshot_.status == change.snapshot.status;
    const bool started = snapshot_.started;
    snapshot_ = change.snapshot;
    snapshot_.started = snapshot_.started || started;
    progress_ = progress;
  }
  report(progress, same_status && !change.response_changed && !change.restarted);
  if (lh::has_ended(change.snapshot.status)) {
    finish(change.snapshot);
  } else if (change.what == lh::Change::What::Forgotten) {
    lh::TransferError gone;
    gone.hresult = lh::hr::kNotFound;
    gone.message = "the transfer was removed from the list";
    on_lost(id_, gone);
  }
}

/// Hands it to the handlers, in order. Plain byte counts are merged while one waits: the handler
/// reads the latest ones.
void OperationCore::report(const BackgroundDownloadProgress& progress, bool plain) {
  if (plain && plain_report_queued_.exchange(true)) return;
  std::vector<StatePtr> waiting;
  {
    const std::lock_guard lock(mutex_);
    waiting = waiting_;
  }
  const bool wanted = std::any_of(waiting.begin(), waiting.end(),
                                  [](const StatePtr& s) { return s->wants_progress(); });
  if (!wanted) {
    if (plain) plain_report_queued_ = false;
    return;
  }
  lh::run_on_callback_thread(
      [self = shared_from_this(), waiting = std::move(waiting), progress, plain] {
        if (plain) self->plain_report_queued_ = false;
        self->call_handlers(waiting, progress);
      });
}

void OperationCore::finish(const lh::Snapshot& last) {
  std::vector<StatePtr> waiting;
  std::shared_ptr<OperationCore> keep;
  {
    const std::lock_guard lock(mutex_);
    waiting = std::exchange(waiting_, {});
    keep = std::move(self_);
    attached_ = false;  // an ended one is not followed any more
  }
  keep_order(waiting);
  for (const StatePtr& async : waiting) {
    switch (last.status) {
      case BackgroundTransferStatus::Completed:
        async->complete(DownloadOperation(shared_from_this()));
        break;
      case BackgroundTransferStatus::Canceled:
        async->end_canceled();
        break;
      case BackgroundTransferStatus::Error:
      case BackgroundTransferStatus::Idle:
      case BackgroundTransferStatus::Running:
      case BackgroundTransferStatus::PausedByApplication:
      case BackgroundTransferStatus::PausedCostedNetwork:
      case BackgroundTransferStatus::PausedNoNetwork:
      case BackgroundTransferStatus::PausedRecoverableWebErrorStatus:
      case BackgroundTransferStatus::PausedSystemPolicy:
        async->end_failed(hresult(last.error ? last.error->hresult : lh::hr::kFail),
                          hstring(last.error ? last.error->message : std::string()));
        break;
    }
  }
  drop_handlers(std::move(waiting));
}

/// Whoever watches progress sees the end behind the last report.
void OperationCore::keep_order(const std::vector<StatePtr>& ending) {
  for (const StatePtr& async : ending) {
    if (async->wants_progress()) async->end_behind_handlers(lh::is_callback_thread);
  }
}

/// Behind the last report: handlers may own what owns them.
void OperationCore::drop_handlers(std::vector<StatePtr> ended) {
  const bool any =
      std::ranges::any_of(ended, [](const StatePtr& async) { return async->wants_progress(); });
  if (!any) return;
  lh::run_on_callback_thread([ended = std::move(ended)] {
    for (const StatePtr& async : ended) async->set_progress(nullptr);
  });
}

void OperationCore::on_lost(const lh::TransferId& /*id*/, const lh::TransferError& why) {
  std::vector<StatePtr> waiting;
  std::shared_ptr<OperationCore> keep;
  {
    const std::lock_guard lock(mutex_);
    waiting = std::exchange(waiting_, {});
    keep = std::move(self_);
    attached_ = false;
  }
  keep_order(waiting);
  for (const StatePtr& async : waiting) {
    async->end_failed(hresult(why.hresult), hstring(why.message));
  }
  drop_handlers(std::move(waiting));
}

}  // namespace longhaul::detail
