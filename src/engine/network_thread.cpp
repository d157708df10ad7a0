#include "engine/network_thread.h"

#include <signal.h>

#include <algorithm>
#include <limits>

#include <pthread.h>

#include "engine/attempt.h"

namespace lh {

namespace {

/// One attempt's receive buffer: large for few attempts, small for many, so that all together stay
/// within kAllReceiveBuffers (or have the smallest).
constexpr std::size_t kLargestReceiveBuffer = 256_KiB;
constexpr std::size_t kSmallestReceiveBuffer = 64_KiB;
constexpr std::size_t kAllReceiveBuffers = 512_KiB;
// A handle that kept its buffer (see set_connection()) fills so much of it after a reset.
static_assert(kSmallestReceiveBuffer >= CURL_MAX_WRITE_SIZE);
constexpr std::size_t kWriteBuffer = 256_KiB;
constexpr std::size_t kIdleEasies = 16;
constexpr long kIdleConnections = 32;

/// Signals are the main loop's; SIGPIPE and SIGXFSZ of this thread's own calls would kill the
/// process where an error code is enough.
void block_signals() {
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace

class NetworkThread::Inbox {
 public:
  explicit Inbox(CURLM* multi) : multi_(multi) {}

  void push(Work work) {
    const std::lock_guard lock(mutex_);
    if (multi_ == nullptr) return;
    const bool first = work_.empty();
    work_.push_back(std::move(work));
    if (first) curl_multi_wakeup(multi_);
  }
  [[nodiscard]] std::vector<Work> take_all() {
    const std::lock_guard lock(mutex_);
    return std::exchange(work_, {});
  }
  void leave() {
    const std::lock_guard lock(mutex_);
    leaving_ = true;
    if (multi_ != nullptr) curl_multi_wakeup(multi_);
  }
  [[nodiscard]] bool leaving() {
    const std::lock_guard lock(mutex_);
    return leaving_;
  }
  /// Nothing is taken any more, and the multi handle is no longer touched.
  void close() {
    const std::lock_guard lock(mutex_);
    multi_ = nullptr;
    work_.clear();
  }

 private:
  std::mutex mutex_;
  CURLM* multi_;
  std::vector<Work> work_;
  bool leaving_ = false;
};

NetworkThread::NetworkThread(EngineSettings settings, FileOps& ops, FileThread& files,
                             const Clock& clock, SecretSource secrets,
                             TransferEngine::EventSink sink, HandOver hand_over)
    : settings_(std::move(settings)),
      ops_(ops),
      files_(files),
      clock_(clock),
      secrets_(std::move(secrets)),
      sink_(std::move(sink)),
      hand_over_(std::move(hand_over)),
      multi_(curl_multi_init()),
      inbox_(std::make_shared<Inbox>(multi_)),
      write_buffer_(kWriteBuffer) {
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, kIdleConnections);
  thread_ = std::thread([this] { run(); });
}

NetworkThread::~NetworkThread() {
  inbox_->leave();
  thread_.join();
  inbox_->close();
  release_all();
}

void NetworkThread::release_all() {
  attempts_.clear();
  for (CURL* easy : idle_easies_) curl_easy_cleanup(easy);
  curl_multi_cleanup(multi_);
}

void NetworkThread::post(Work work) {
  inbox_->push(std::move(work));
}

std::function<void(std::function<void(Attempt&)>)> NetworkThread::caller_of(AttemptId attempt) {
  return [inbox = inbox_, attempt](std::function<void(Attempt&)> work) {
    inbox->push([attempt, work = std::move(work)](NetworkThread& thread) {
      const auto found = thread.attempts_.find(attempt);
      if (found != thread.attempts_.end()) work(*found->second);
    });
  };
}

std::function<void(NetworkThread::Work)> NetworkThread::poster() {
  return [inbox = inbox_](Work work) { inbox->push(std::move(work)); };
}

void NetworkThread::start(TransferPlan plan, Secrets secrets) {
  const AttemptId id = plan.attempt;
  auto attempt = std::make_unique<Attempt>(*this, std::move(plan), std::move(secrets));
  Attempt& started = *attempt;
  attempts_[id] = std::move(attempt);
  started.start();
}

Attempt* NetworkThread::find(AttemptId attempt) {
  const auto found = attempts_.find(attempt);
  return found == attempts_.end() || found->second->has_moved() ? nullptr : found->second.get();
}

bool NetworkThread::stop(AttemptId attempt) {
  Attempt* const found = find(attempt);
  if (found != nullptr) found->stop();
  return found != nullptr;
}

bool NetworkThread::cancel(AttemptId attempt) {
  Attempt* const found = find(attempt);
  if (found != nullptr) found->cancel();
  return found != nullptr;
}

bool NetworkThread::proceed(AttemptId attempt) {
  Attempt* const found = find(attempt);
  if (found != nullptr) found->proceed();
  return found != nullptr;
}

void NetworkThread::hand_over(TransferPlan plan) {
  tell();
  hand_over_(*this, std::move(plan));
}

CURL* NetworkThread::take_easy() {
  if (idle_easies_.empty()) return curl_easy_init();
  CURL* easy = idle_easies_.back();
  idle_easies_.pop_back();
  return easy;
}

void NetworkThread::give_back_easy(CURL* easy) {
  if (idle_easies_.size() >= kIdleEasies) return curl_easy_cleanup(easy);
  curl_easy_reset(easy);
  curl_easy_setopt(easy, CURLOPT_COOKIELIST, "ALL");  // one attempt's cookies are no other's
  idle_easies_.push_back(easy);
}

CURLMcode NetworkThread::add(CURL* easy) {
  return curl_multi_add_handle(multi_, easy);
}

void NetworkThread::remove(CURL* easy) {
  curl_multi_remove_handle(multi_, easy);
}

std::size_t NetworkThread::buffer_size() const {
  const std::size_t share = kAllReceiveBuffers / std::max<std::size_t>(attempts_.size(), 1);
  return std::clamp(share, kSmallestReceiveBuffer, kLargestReceiveBuffer);
}

void NetworkThread::wake_at(TimePoint when) {
  if (!next_timer_ || when < *next_timer_) next_timer_ = when;
}

void NetworkThread::run() {
  ::pthread_setname_np(::pthread_self(), "lh-network");
  block_signals();
  while (!inbox_->leaving()) {
    now_ = clock_.now();
    run_posted();
    int running = 0;
    curl_multi_perform(multi_, &running);
    read_messages();
    settle();
    run_timers();
    bury_ended();
    tell();
    curl_multi_poll(multi_, nullptr, 0, poll_timeout_ms(), nullptr);
  }
}

void NetworkThread::run_posted() {
  for (const Work& work : inbox_->take_all()) work(*this);
}

void NetworkThread::read_messages() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    Attempt* attempt = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &attempt);
    attempt->request_ended(message->data.result);
  }
}

void NetworkThread::settle() {
  for (const AttemptId id : std::exchange(to_settle_, {})) {
    const auto found = attempts_.find(id);
    if (found != attempts_.end()) found->second->settle();
  }
}

void NetworkThread::run_timers() {
  if (!next_timer_ || now_ < *next_timer_) return;
  next_timer_.reset();
  for (const auto& [id, attempt] : attempts_) {
    if (const auto next = attempt->on_timer()) wake_at(*next);
  }
}

void NetworkThread::bury_ended() {
  for (const AttemptId id : std::exchange(buried_, {})) attempts_.erase(id);
  if (attempts_.empty()) next_timer_.reset();  // deadlines of those that are gone
}

void NetworkThread::tell() {
  if (!events_.empty()) sink_(std::exchange(events_, {}));
}

int NetworkThread::poll_timeout_ms() const {
  constexpr auto kForever = std::numeric_limits<int>::max();
  if (!next_timer_) return kForever;
  const auto wait = (*next_timer_ - clock_.now()).count();
  return static_cast<int>(std::clamp<decltype(wait)>(wait, 0, kForever));
}

}  // namespace lh
