#include <algorithm>
#include <chrono>
#include <unordered_set>

#include "client/service_connection.h"
#include "core/model/missed_news.h"

namespace lh {
namespace {

constexpr std::size_t kIdsPerCall = 1000;
constexpr std::uint32_t kSnapshotsPerPage = 1000;

TimePoint now() {
  return std::chrono::floor<Duration>(std::chrono::system_clock::now());
}

TransferError unknown_transfer() {
  TransferError error;
  error.kind = ErrorKind::NotFound;
  error.hresult = hr::kNotFound;
  error.message = "there is no such transfer any more";
  return error;
}

bool is(const std::weak_ptr<NewsListener>& listener, const NewsListener* other) {
  const auto alive = listener.lock();
  return !alive || alive.get() == other;
}

}  // namespace

void ServiceConnection::attach(std::vector<TransferId> ids, std::weak_ptr<NewsListener> listener,
                               Attached done) {
  auto attaching = std::make_shared<Attaching>();
  attaching->ids = std::move(ids);
  attaching->listener = std::move(listener);
  attaching->done = std::move(done);
  const bool posted = post([this, attaching] {
    for (const TransferId& id : attaching->ids) {
      attached_[id].listeners.push_back(attaching->listener);
    }
    attach_next(attaching);
  });
  if (!posted) attaching->done(unavailable("the program is ending"));
}

Answer<std::vector<Snapshot>> ServiceConnection::attach_and_wait(
    std::vector<TransferId> ids, std::weak_ptr<NewsListener> listener) {
  struct Waiting {
    std::mutex mutex;
    std::condition_variable changed;
    std::optional<Answer<std::vector<Snapshot>>> answer;
  };
  auto waiting = std::make_shared<Waiting>();
  attach(std::move(ids), std::move(listener), [waiting](Answer<std::vector<Snapshot>> answer) {
    const std::lock_guard lock(waiting->mutex);
    waiting->answer = std::move(answer);
    waiting->changed.notify_all();
  });
  std::unique_lock lock(waiting->mutex);
  waiting->changed.wait(lock, [&waiting] { return waiting->answer.has_value(); });
  return std::move(*waiting->answer);
}

/// Asks for the next piece, or hands out what was found.
void ServiceConnection::attach_next(const std::shared_ptr<Attaching>& attaching) {
  const std::size_t from = attaching->next;
  if (from >= attaching->ids.size()) return attaching->done(std::move(attaching->found));
  attaching->asked_from = from;
  attaching->next = std::min(attaching->ids.size(), from + kIdsPerCall);
  std::vector<std::string> piece;
  piece.reserve(attaching->next - from);
  for (std::size_t i = from; i < attaching->next; ++i) {
    piece.push_back(attaching->ids[i].to_string());
  }
  std::function<void(Answer<std::tuple<std::vector<WireSnapshot>>>)> done =
      [this, attaching](Answer<std::tuple<std::vector<WireSnapshot>>> page) {
        if (page) return take_attached(attaching, std::move(std::get<0>(*page.value)));
        const auto listener = attaching->listener.lock();
        for (const TransferId& id : attaching->ids) remove_listener(id, listener.get());
        attaching->done(page.error);
      };
  submit(make_call<std::vector<WireSnapshot>>("Attach", Repeat::Safe, std::move(done),
                                              std::move(piece)));
}

void ServiceConnection::take_attached(const std::shared_ptr<Attaching>& attaching,
                                      std::vector<WireSnapshot> page) {
  std::unordered_set<TransferId> live;
  for (WireSnapshot& wire : page) {
    Result<Snapshot> snapshot = decode_snapshot(std::move(wire));
    if (!snapshot) continue;
    // An ended one sends no news: nothing to listen to.
    if (!has_ended(snapshot->status)) live.insert(snapshot->id);
    if (const auto known = attached_.find(snapshot->id); known != attached_.end()) {
      known->second.last = *snapshot;
    }
    attaching->found.push_back(std::move(*snapshot));
  }
  const auto listener = attaching->listener.lock();
  for (std::size_t i = attaching->asked_from; i < attaching->next; ++i) {
    if (!live.contains(attaching->ids[i])) remove_listener(attaching->ids[i], listener.get());
  }
  attach_next(attaching);
}

void ServiceConnection::detach(std::vector<TransferId> ids, const NewsListener* listener) {
  // Without a thread there is nothing to end.
  static_cast<void>(post([this, ids = std::move(ids), listener] {
    for (const TransferId& id : ids) remove_listener(id, listener);
  }));
}

void ServiceConnection::remove_listener(const TransferId& id, const NewsListener* listener) {
  const auto found = attached_.find(id);
  if (found == attached_.end()) return;
  std::erase_if(found->second.listeners,
                [listener](const auto& other) { return is(other, listener); });
  if (!found->second.listeners.empty()) return;
  attached_.erase(found);
  to_detach_.push_back(id.to_string());
}

void ServiceConnection::send_detach() {
  std::vector<std::string> ids = std::exchange(to_detach_, {});
  // Somebody else may have come meanwhile, whose Attach would be taken back.
  std::erase_if(ids,
                [this](const std::string& id) { return attached_.contains(*Guid::parse(id)); });
  if (ids.empty()) return;
  // A daemon that does not know us has forgotten them anyway.
  if (!link_ || !link_->has_service()) return;
  submit(make_call<>("Detach", Repeat::Never,
                     std::function<void(Answer<std::tuple<>>)>([](auto) {}), std::move(ids)));
}

void ServiceConnection::watch(std::weak_ptr<NewsListener> listener, bool all_apps,
                              std::function<void(Answer<Nothing>)> done) {
  const bool posted = post([this, watcher = Watcher{std::move(listener), all_apps}, done] {
    watchers_.push_back(watcher);
    send_watch(done);
  });
  if (!posted) done(unavailable("the program is ending"));
}

void ServiceConnection::unwatch(const NewsListener* listener) {
  static_cast<void>(post([this, listener] {
    std::erase_if(watchers_, [&](const Watcher& one) { return is(one.listener, listener); });
    if (watchers_.empty()) watched_.clear();
    if (link_ && link_->has_service()) send_watch([](Answer<Nothing>) {});
  }));
}

void ServiceConnection::send_watch(std::function<void(Answer<Nothing>)> done) {
  const bool all_apps = std::ranges::any_of(watchers_, &Watcher::all_apps);
  std::function<void(Answer<std::tuple<>>)> received = [done](Answer<std::tuple<>> answer) {
    if (!answer) return done(answer.error);
    done(Nothing{});
  };
  submit(make_call<>("Watch", Repeat::Safe, std::move(received), !watchers_.empty(), all_apps));
}

void ServiceConnection::collect(const TransferId& id) {
  // Without a thread it stays uncollected, which costs a row.
  static_cast<void>(post([this, id] {
    ++collecting_;
    std::function<void(Answer<std::tuple<std::vector<WireRefusal>>>)> done = [this](const auto&) {
      if (--collecting_ > 0) return;
      for (const Task& task : std::exchange(when_collected_, {})) task();
    };
    start(make_call<std::vector<WireRefusal>>(
        "Control", Repeat::Safe, std::move(done), std::string(bus::verb::kCollect),
        std::vector<std::string>{id.to_string()}, WireDictionary{}));
  }));
}

void ServiceConnection::when_collected(std::function<void()> task) {
  const bool posted = post([this, task] {
    if (collecting_ == 0) return task();
    when_collected_.push_back(task);
  });
  if (!posted) task();
}

void ServiceConnection::on_changes(const std::vector<WireChange>& changes) {
  for (const WireChange& wire : changes) {
    const Result<Change> change = decode_change(wire);
    if (!change) continue;  // beyond our vocabulary: it cannot be shown
    tell_attached(*change);
    const bool told =
        change->what == Change::What::Ended && ended_unseen_.erase(change->snapshot.id) > 0;
    if (!told) tell_watchers(*change);
  }
}

void ServiceConnection::tell_attached(const Change& change) {
  const TransferId& id = change.snapshot.id;
  const auto found = attached_.find(id);
  if (found == attached_.end()) return;
  found->second.last = change.snapshot;
  const auto listeners = found->second.listeners;
  if (change.what == Change::What::Ended || change.what == Change::What::Forgotten) {
    attached_.erase(found);
    to_detach_.push_back(id.to_string());
  }
  for (const auto& listener : listeners) {
    if (const auto alive = listener.lock()) alive->on_news(change);
  }
}

void ServiceConnection::tell_watchers(const Change& change) {
  if (watchers_.empty()) return;
  const auto seen = watched_.find(change.snapshot.id);
  if (seen != watched_.end()) {
    // It began while no service knew that we watch.
    if (const auto missed = missed_status(seen->second, change)) {
      seen->second = change.snapshot;
      tell_watchers(*missed);
    }
  }
  if (change.what == Change::What::Ended || change.what == Change::What::Forgotten) {
    watched_.erase(change.snapshot.id);
  } else {
    watched_[change.snapshot.id] = change.snapshot;
  }
  const auto watchers = watchers_;
  for (const Watcher& watcher : watchers) {
    if (!watcher.all_apps && change.snapshot.app != app_) continue;
    if (const auto alive = watcher.listener.lock()) alive->on_news(change);
  }
}

void ServiceConnection::tell_lost(const TransferId& id, const TransferError& why) {
  const auto found = attached_.extract(id);
  if (found.empty()) return;
  for (const auto& listener : found.mapped().listeners) {
    if (const auto alive = listener.lock()) alive->on_lost(id, why);
  }
}

/// A daemon that was just greeted knows nobody: attach and watch again, and tell what was missed.
void ServiceConnection::resync() {
  reconnect_at_.reset();
  failures_ = 0;
  serving_ = true;
  greeted_at_ = Clock::now();
  ended_unseen_.clear();
  if (!watchers_.empty()) {
    send_watch([](Answer<Nothing>) {});
    if (!watched_.empty()) resync_watched(0);
  }
  resync_attached();
}

void ServiceConnection::resync_attached() {
  std::vector<std::string> ids;
  for (const auto& [id, attachment] : attached_) {
    if (attachment.last) ids.push_back(id.to_string());
  }
  for (std::size_t from = 0; from < ids.size(); from += kIdsPerCall) {
    const auto begin = ids.begin() + static_cast<std::ptrdiff_t>(from);
    const auto end =
        ids.begin() + static_cast<std::ptrdiff_t>(std::min(ids.size(), from + kIdsPerCall));
    std::vector<std::string> piece(begin, end);
    std::function<void(Answer<std::tuple<std::vector<WireSnapshot>>>)> done =
        [this, piece](Answer<std::tuple<std::vector<WireSnapshot>>> page) {
          if (!page) {  // the next daemon is asked again
            if (!stopping_) look_again_after_end();
            return;
          }
          std::unordered_set<std::string> missing(piece.begin(), piece.end());
          for (WireSnapshot& wire : std::get<0>(*page.value)) {
            const Result<Snapshot> after = decode_snapshot(std::move(wire));
            if (!after) continue;
            missing.erase(after->id.to_string());
            const auto found = attached_.find(after->id);
            if (found == attached_.end() || !found->second.last) continue;
            if (const auto change = news_between(*found->second.last, *after, now())) {
              tell_attached(*change);
            }
          }
          for (const std::string& id : missing) tell_lost(*Guid::parse(id), unknown_transfer());
        };
    submit(make_call<std::vector<WireSnapshot>>("Attach", Repeat::Safe, std::move(done), piece));
  }
}

/// Page by page through the list: what became of those that the watchers have seen.
void ServiceConnection::resync_watched(std::uint64_t after) {
  ListRequest request;
  request.all_apps = std::ranges::any_of(watchers_, &Watcher::all_apps);
  std::function<void(Answer<std::tuple<std::vector<WireSnapshot>>>)> done =
      [this](Answer<std::tuple<std::vector<WireSnapshot>>> page) {
        if (!page || std::get<0>(*page.value).empty()) return;
        std::uint64_t last = 0;
        for (WireSnapshot& wire : std::get<0>(*page.value)) {
          const Result<Snapshot> snapshot = decode_snapshot(std::move(wire));
          if (!snapshot) continue;
          last = snapshot->sequence;
          const auto seen = watched_.find(snapshot->id);
          if (seen == watched_.end()) continue;
          if (const auto change = news_between(seen->second, *snapshot, now())) {
            if (change->what == Change::What::Ended) ended_unseen_.insert(snapshot->id);
            tell_watchers(*change);
          }
        }
        if (last != 0) resync_watched(last);
      };
  submit(make_call<std::vector<WireSnapshot>>("List", Repeat::Safe, std::move(done),
                                              encode_list_request(request), after,
                                              kSnapshotsPerPage));
}

}  // namespace lh
