#include "client/operation_core.h"

#include <algorithm>
#include <future>
#include <map>
#include <memory>
#include <string_view>
#include <utility>

#include "client/client_error.h"
#include "client/file_entry.h"
#include "client/response_data.h"
#include "core/model/spec_check.h"
#include "ipc/names.h"

namespace longhaul::detail {
namespace {

/// One core per operation and app in this process. Never destroyed.
struct CoreRegistry {
  std::mutex mutex;
  std::map<std::pair<const lh::ServiceConnection*, lh::TransferId>, std::weak_ptr<OperationCore>>
      cores;
};
CoreRegistry& registry() {
  static CoreRegistry* const instance = new CoreRegistry;
  return *instance;
}

constexpr int kControlTries = 3;

/// Whether the operation is as `verb` leaves it.
bool shows_effect(const lh::Snapshot& snapshot, std::string_view verb) {
  if (verb == lh::bus::verb::kStart) return snapshot.started;
  const bool paused = snapshot.status == BackgroundTransferStatus::PausedByApplication;
  if (verb == lh::bus::verb::kPause) return paused;
  if (verb == lh::bus::verb::kCancel) return snapshot.status == BackgroundTransferStatus::Canceled;
  return !paused && snapshot.status != BackgroundTransferStatus::PausedRecoverableWebErrorStatus;
}

/// A service never sends one that cannot be read; the null URI is for one that does.
Uri uri_or_null(const std::string& text) {
  try {
    return Uri(hstring(text));
  } catch (const hresult_error&) {
    return nullptr;
  }
}

/// R97: what is not sent from one file of the app's has no source.
IStorageFile file_of(const lh::Snapshot& snapshot) {
  if (snapshot.kind == lh::TransferKind::Upload && snapshot.file.empty()) return nullptr;
  return lh::make_storage_file(snapshot.file);
}

}  // namespace

std::shared_ptr<OperationCore> OperationCore::of(
    const std::shared_ptr<lh::ServiceConnection>& connection, lh::Snapshot snapshot) {
  CoreRegistry& all = registry();
  const std::lock_guard lock(all.mutex);
  std::weak_ptr<OperationCore>& known = all.cores[{connection.get(), snapshot.id}];
  if (auto core = known.lock()) {
    core->refresh(snapshot);
    return core;
  }
  std::shared_ptr<OperationCore> core(new OperationCore(connection, std::move(snapshot)));
  known = core;
  return core;
}

OperationCore::OperationCore(std::shared_ptr<lh::ServiceConnection> connection,
                             lh::Snapshot snapshot)
    : connection_(std::move(connection)),
      id_(snapshot.id),
      file_(file_of(snapshot)),
      snapshot_(std::move(snapshot)) {}

OperationCore::~OperationCore() {
  {
    CoreRegistry& all = registry();
    const std::lock_guard lock(all.mutex);
    const auto found = all.cores.find({connection_.get(), id_});
    // A new core may have taken the place already.
    if (found != all.cores.end() && found->second.expired()) all.cores.erase(found);
  }
  if (attached_) connection_->detach({id_}, this);
}

void OperationCore::start(const AsyncPtr& async) {
  {
    const std::lock_guard lock(mutex_);
    if (snapshot_.started || start_asked_) {
      throw hresult_illegal_method_call(L"the operation was started before");
    }
    start_asked_ = true;
  }
  prepare(async);
  try {
    if (attach_to_service().started) {
      throw hresult_illegal_method_call(L"the operation was started before");
    }
    wait_in(async);
    control(lh::bus::verb::kStart);
  } catch (...) {
    forget_waiting(async);
    const std::lock_guard lock(mutex_);
    start_asked_ = false;
    throw;
  }
  const std::lock_guard lock(mutex_);
  snapshot_.started = true;
}

void OperationCore::attach(const AsyncPtr& async) {
  prepare(async);
  lh::Snapshot now = snapshot();
  if (!lh::has_ended(now.status)) now = attach_to_service();
  if (!now.started && !lh::has_ended(now.status)) {
    throw hresult_illegal_method_call(L"the operation was not started; StartAsync does that");
  }
  if (lh::has_ended(now.status)) keep_answer_of(now);
  wait_in(async);
}

/// From here on its news arrives. The present state; throws what the service says.
lh::Snapshot OperationCore::attach_to_service() {
  {
    const std::lock_guard lock(mutex_);
    if (attached_) return snapshot_;
  }
  auto found = lh::value_or_throw(connection_->attach_and_wait({id_}, weak_from_this()));
  if (found.empty()) {
    throw_hresult(hresult(lh::hr::kNotFound), L"there is no such transfer any more");
  }
  lh::Snapshot& now = found.front();
  const std::optional<int> http_status = now.http_status;
  {
    const std::lock_guard lock(mutex_);
    // News that came after the answer is newer.
    if (!attached_ && !lh::has_ended(snapshot_.status)) {
      snapshot_ = now;
      flags_ = {};
      attached_ = !lh::has_ended(now.status);
    }
    if (response_ != nullptr || !http_status) return now;
  }
  auto details =
      connection_->call_and_wait<lh::WireDictionary>("Details", lh::Repeat::Safe, id_.to_string());
  if (details) {
    if (const auto decoded = lh::decode_details(std::get<0>(*details.value))) {
      set_response(*decoded);
    }
  }
  return now;
}

void OperationCore::prepare(const AsyncPtr& async) {
  async->state().on_cancel([self = shared_from_this()] { self->cancel(); });
  async->state().on_observed([weak = weak_from_this()] {
    if (const auto core = weak.lock()) core->collect();
  });
}

/// Ends `async` with the operation: later, or at once if that has ended.
void OperationCore::wait_in(const AsyncPtr& async) {
  lh::Snapshot now;
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(async);
    self_ = shared_from_this();
    now = snapshot_;
  }
  if (lh::has_ended(now.status)) finish(now);
}

void OperationCore::forget_waiting(const AsyncPtr& async) {
  std::shared_ptr<OperationCore> keep;
  const std::lock_guard lock(mutex_);
  std::erase(waiting_, async);
  if (waiting_.empty()) keep = std::move(self_);
  async->state().on_cancel(nullptr);
}

/// A snapshot that was just read, for a core that hears no news.
void OperationCore::refresh(const lh::Snapshot& snapshot) {
  const std::lock_guard lock(mutex_);
  if (attached_ || lh::has_ended(snapshot_.status)) return;
  snapshot_ = snapshot;
  flags_ = {};
}

/// Throws what the service says. If it ends without an answer, the next one shows whether the verb
/// was carried out.
void OperationCore::control(const char* verb) {
  for (int tries = 1;; ++tries) {
    auto answer = connection_->call_and_wait<std::vector<lh::WireRefusal>>(
        "Control", lh::Repeat::Never, std::string(verb), std::vector<std::string>{id_.to_string()},
        lh::WireDictionary{});
    if (answer) {
      const auto& refused = std::get<0>(*answer.value);
      if (refused.empty()) return;
      throw_hresult(hresult(refused.front().get<1>()), hstring(refused.front().get<2>()));
    }
    if (answer.error.kind != lh::ErrorKind::Unavailable || tries == kControlTries) {
      lh::throw_error(answer.error);
    }
    const auto now = lh::value_or_throw(connection_->attach_and_wait({id_}, weak_from_this()));
    if (!now.empty() && shows_effect(now.front(), verb)) return;
  }
}

void OperationCore::pause() {
  if (lh::has_ended(snapshot().status)) {
    throw hresult_illegal_method_call(L"the operation has ended");
  }
  control(lh::bus::verb::kPause);
}

void OperationCore::resume() {
  if (lh::has_ended(snapshot().status)) {
    throw hresult_illegal_method_call(L"the operation has ended");
  }
  control(lh::bus::verb::kResume);
}

/// R32. That it has ended meanwhile is no error: the asynchronous object tells.
void OperationCore::cancel() {
  try {
    control(lh::bus::verb::kCancel);
  } catch (const hresult_error&) {
  }
}

void OperationCore::change(lh::ChangeRequest request) {
  if (lh::has_ended(snapshot().status)) {
    throw hresult_illegal_method_call(L"the operation has ended");
  }
  using Answer = lh::Answer<std::tuple<>>;
  auto answered = std::make_shared<std::promise<Answer>>();
  std::future<Answer> answer = answered->get_future();
  std::function<void(Answer)> done = [self = shared_from_this(), request, answered](Answer given) {
    if (given) self->on_changed(request);
    answered->set_value(std::move(given));
  };
  connection_->call<>("Change", lh::Repeat::Safe, std::move(done), id_.to_string(),
                      lh::encode_change_request(request));
  static_cast<void>(lh::value_or_throw(answer.get()));
}

void OperationCore::priority(BackgroundTransferPriority value) {
  lh::ChangeRequest request;
  request.priority = value;
  change(std::move(request));
}

void OperationCore::cost_policy(BackgroundTransferCostPolicy value) {
  lh::ChangeRequest request;
  request.cost_policy = value;
  change(std::move(request));
}

void OperationCore::set_request_header(const hstring& name, const hstring& value) {
  lh::ChangeRequest request;
  request.set_headers.push_back({to_string(name), to_string(value)});
  const lh::HeaderField& field = request.set_headers.front();
  if (const auto checked = lh::check_request_header(field.name, field.value); !checked) {
    lh::throw_error(checked.error());
  }
  change(std::move(request));
}

void OperationCore::remove_request_header(const hstring& name) {
  lh::ChangeRequest request;
  request.remove_headers.push_back(to_string(name));
  change(std::move(request));
}

Uri OperationCore::requested_uri() const {
  const std::lock_guard lock(mutex_);
  if (uri_.first != snapshot_.uri) uri_ = {snapshot_.uri, uri_or_null(snapshot_.uri)};
  return uri_.second;
}

IVector<WebErrorStatus> OperationCore::recoverable() {
  return {snapshot().recoverable,
          [self = shared_from_this()](const std::vector<WebErrorStatus>& statuses) {
            lh::ChangeRequest request;
            request.recoverable = statuses;
            self->change(std::move(request));
          }};
}

/// The app has seen the end: the service need not keep it (R9).
void OperationCore::collect() {
  if (collected_.exchange(true)) return;
  connection_->collect(id_);
}

lh::Snapshot OperationCore::snapshot() const {
  const std::lock_guard lock(mutex_);
  return snapshot_;
}

/// So that what later calls return is live.
void OperationCore::follow_in_background() {
  {
    const std::lock_guard lock(mutex_);
    if (attached_ || lh::has_ended(snapshot_.status)) return;
    attached_ = true;
  }
  connection_->attach(
      {id_}, weak_from_this(),
      [weak = weak_from_this()](const lh::Answer<std::vector<lh::Snapshot>>& found) {
        const auto core = weak.lock();
        if (!core) return;
        if (!found || found.value->empty()) return core->stop_following();
        lh::Change change;
        change.snapshot = found.value->front();
        change.what = lh::has_ended(change.snapshot.status) ? lh::Change::What::Ended
                                                            : lh::Change::What::Status;
        core->on_news(change);
      });
}

void OperationCore::stop_following() {
  const std::lock_guard lock(mutex_);
  attached_ = false;
}

ResponseInformation OperationCore::response() const {
  const std::lock_guard lock(mutex_);
  return response_;
}

void OperationCore::set_response(const lh::Details& details) {
  if (!details.response) return;
  ResponseInformation response(response_data(details));
  const std::lock_guard lock(mutex_);
  response_ = std::move(response);
}

}  // namespace longhaul::detail
