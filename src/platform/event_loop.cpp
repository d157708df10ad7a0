#include "platform/event_loop.h"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cassert>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <deque>
#include <map>
#include <thread>
#include <utility>
#include <vector>

#include "platform/mailbox.h"
#include "platform/unique_fd.h"

namespace lh {
namespace {

constexpr std::uint64_t kPostedId = 0;
constexpr std::uint64_t kTimerId = 1;
constexpr std::uint64_t kFirstDescriptorId = 2;

[[noreturn]] void die(const char* what) {
  std::perror(what);
  std::abort();
}

struct Watch {
  int fd = -1;
  std::uint32_t events = 0;
  std::function<void(std::uint32_t)> callback;
  bool active = true;
};

/// All watches of one descriptor: the kernel takes a descriptor once only.
struct Descriptor {
  std::uint64_t id = 0;
  std::vector<std::shared_ptr<Watch>> watches;

  [[nodiscard]] std::uint32_t events() const {
    std::uint32_t all = 0;
    for (const auto& watch : watches) all |= watch->events;
    return all;
  }
};

struct Hook {
  std::function<std::optional<std::chrono::microseconds>()> callback;
  bool active = true;
};

std::chrono::microseconds monotonic_now() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
}

/// For epoll_wait: -1 for ever; rounded up, so that the loop does not wake up too early.
int timeout_ms(std::optional<std::chrono::microseconds> until) {
  if (!until) return -1;
  const auto now = monotonic_now();
  if (*until <= now) return 0;
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(*until - now).count();
  return static_cast<int>(std::min<std::chrono::milliseconds::rep>(ms, INT_MAX));
}

}  // namespace

class EventLoop::Impl {
 public:
  using TimerKey = std::pair<TimePoint, std::uint64_t>;

  explicit Impl(const Clock& clock)
      : clock_(clock),
        epoll_(::epoll_create1(EPOLL_CLOEXEC)),
        timer_(::timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK)) {
    if (!epoll_ || !timer_ || posted_.fd() < 0) die("longhaul: event loop");
    if (control(EPOLL_CTL_ADD, posted_.fd(), EPOLLIN, kPostedId) != 0 ||
        control(EPOLL_CTL_ADD, timer_.get(), EPOLLIN, kTimerId) != 0) {
      die("longhaul: epoll_ctl");
    }
  }

  [[nodiscard]] bool add(const std::shared_ptr<Watch>& watch) {
    check_thread();
    Descriptor& descriptor = descriptors_[watch->fd];
    if (descriptor.id == 0) descriptor.id = next_descriptor_id_++;
    descriptor.watches.push_back(watch);
    if (apply(watch->fd, descriptor)) return true;
    const int reason = errno;
    remove(watch);
    errno = reason;
    return false;
  }

  void remove(const std::shared_ptr<Watch>& watch) {
    check_thread();
    watch->active = false;
    const auto found = descriptors_.find(watch->fd);
    if (found == descriptors_.end()) return;
    std::erase(found->second.watches, watch);
    if (!found->second.watches.empty()) {
      apply(watch->fd, found->second);
      return;
    }
    // Fails if the owner has closed the descriptor already, which removed it as well.
    control(EPOLL_CTL_DEL, watch->fd, 0, 0);
    descriptors_.erase(found);
  }

  TimerKey add_timer(TimePoint when, Callback callback) {
    check_thread();
    const TimerKey key{when, next_timer_++};
    timers_.emplace(key, std::move(callback));
    return key;
  }

  void remove_timer(const TimerKey& key) {
    check_thread();
    timers_.erase(key);
  }

  void add_hook(std::shared_ptr<Hook> hook) {
    check_thread();
    hooks_.push_back(std::move(hook));
  }

  void remove_hook(const std::shared_ptr<Hook>& hook) {
    check_thread();
    hook->active = false;
    std::erase(hooks_, hook);
  }

  void post(Callback work) { posted_.push(std::move(work)); }

  void quit() {
    quit_ = true;
    posted_.push({});
  }

  void run() {
    runner_ = std::this_thread::get_id();
    while (!quit_) {
      run_posted();
      const auto until = run_hooks();
      if (quit_) break;
      arm_timer();
      wait(posted_here_.empty() ? timeout_ms(until) : 0);
    }
    quit_ = false;
    runner_ = std::thread::id();
  }

 private:
  void check_thread() const {
    [[maybe_unused]] const std::thread::id runner = runner_;
    assert(runner == std::thread::id() || runner == std::this_thread::get_id());
  }

  int control(int operation, int fd, std::uint32_t events, std::uint64_t id) const {
    epoll_event event{};
    event.events = events;
    event.data.u64 = id;
    return ::epoll_ctl(epoll_.get(), operation, fd, &event);
  }

  // The number of a descriptor that its owner closed too early may be in use again, so neither
  // "is there" nor "is not there" is taken for granted.
  bool apply(int fd, const Descriptor& descriptor) const {
    const std::uint32_t events = descriptor.events();
    if (control(EPOLL_CTL_MOD, fd, events, descriptor.id) == 0) return true;
    return errno == ENOENT && control(EPOLL_CTL_ADD, fd, events, descriptor.id) == 0;
  }

  // What is posted meanwhile waits for the next round, so that descriptors get their turn.
  void run_posted() {
    for (std::size_t left = posted_here_.size(); left > 0 && !quit_; --left) {
      const Callback work = std::move(posted_here_.front());
      posted_here_.pop_front();
      if (work) work();
    }
  }

  std::optional<std::chrono::microseconds> run_hooks() {
    std::optional<std::chrono::microseconds> until;
    const auto hooks = hooks_;
    for (const auto& hook : hooks) {
      if (!hook->active) continue;
      const auto wanted = hook->callback();
      if (wanted && (!until || *wanted < *until)) until = wanted;
    }
    return until;
  }

  void arm_timer() {
    std::optional<TimePoint> earliest;
    if (!timers_.empty()) earliest = timers_.begin()->first.first;
    if (earliest == armed_) return;
    armed_ = earliest;
    itimerspec spec{};  // all zero: disarmed
    if (earliest) {
      const TimePoint now = clock_.now();
      const auto wait = *earliest > now ? *earliest - now : Duration::zero();
      spec.it_value.tv_sec = static_cast<time_t>(wait.count() / 1000);
      spec.it_value.tv_nsec = static_cast<long>(wait.count() % 1000) * 1'000'000;
      if (wait == Duration::zero()) spec.it_value.tv_nsec = 1;
    }
    if (::timerfd_settime(timer_.get(), 0, &spec, nullptr) != 0) die("longhaul: timerfd_settime");
  }

  void run_due_timers() {
    std::uint64_t expirations = 0;
    [[maybe_unused]] const auto got = ::read(timer_.get(), &expirations, sizeof expirations);
    armed_.reset();
    const TimePoint now = clock_.now();
    const std::uint64_t first_new = next_timer_;
    // A callback may add and remove timers; new ones wait for the next round even if due.
    auto next = timers_.begin();
    while (next != timers_.end() && next->first.first <= now && !quit_) {
      if (next->first.second >= first_new) {
        ++next;
        continue;
      }
      const TimerKey key = next->first;
      const Callback callback = std::move(next->second);
      timers_.erase(next);
      callback();
      next = timers_.upper_bound(key);
    }
  }

  void wait(int timeout) {
    std::array<epoll_event, 64> events{};
    const int count =
        ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), timeout);
    if (count < 0 && errno != EINTR) die("longhaul: epoll_wait");
    for (int i = 0; i < count && !quit_; ++i) {
      dispatch(events[static_cast<std::size_t>(i)]);
    }
  }

  void dispatch(const epoll_event& event) {
    if (event.data.u64 == kPostedId) {
      auto batch = posted_.take_all();
      std::move(batch.begin(), batch.end(), std::back_inserter(posted_here_));
      return;
    }
    if (event.data.u64 == kTimerId) {
      run_due_timers();
      return;
    }
    const auto found =
        std::find_if(descriptors_.begin(), descriptors_.end(),
                     [&](const auto& entry) { return entry.second.id == event.data.u64; });
    if (found == descriptors_.end()) return;  // removed by a callback of this round
    const auto watches = found->second.watches;
    for (const auto& watch : watches) {
      const std::uint32_t happened = event.events & (watch->events | EPOLLERR | EPOLLHUP);
      if (watch->active && happened != 0) watch->callback(happened);
    }
  }

  const Clock& clock_;
  UniqueFd epoll_;
  UniqueFd timer_;
  Mailbox<Callback> posted_;
  std::atomic<bool> quit_ = false;
  std::atomic<std::thread::id> runner_;  ///< none while run() is not on

  std::deque<Callback> posted_here_;
  std::map<int, Descriptor> descriptors_;
  std::uint64_t next_descriptor_id_ = kFirstDescriptorId;
  std::map<TimerKey, Callback> timers_;
  std::uint64_t next_timer_ = 0;
  std::optional<TimePoint> armed_;
  std::vector<std::shared_ptr<Hook>> hooks_;
};

namespace {

/// Runs `end` when destroyed, unless the loop is gone.
template <typename Loop, typename End>
class EndingSource final : public EventLoop::Source {
 public:
  EndingSource(std::weak_ptr<Loop> loop, End end) : loop_(std::move(loop)), end_(std::move(end)) {}
  EndingSource(const EndingSource&) = delete;
  EndingSource& operator=(const EndingSource&) = delete;
  ~EndingSource() override {
    if (const auto loop = loop_.lock()) end_(*loop);
  }

 private:
  std::weak_ptr<Loop> loop_;
  End end_;
};

template <typename Loop, typename End>
EventLoop::Slot make_slot(const std::shared_ptr<Loop>& loop, End end) {
  return std::make_unique<EndingSource<Loop, End>>(loop, std::move(end));
}

}  // namespace

EventLoop::EventLoop(const Clock& clock) : impl_(std::make_shared<Impl>(clock)) {}
EventLoop::~EventLoop() = default;

EventLoop::Slot EventLoop::watch(int fd, std::uint32_t events,
                                 std::function<void(std::uint32_t)> callback) {
  auto watch = std::make_shared<Watch>(Watch{fd, events, std::move(callback)});
  if (!impl_->add(watch)) return nullptr;
  return make_slot(impl_, [watch](Impl& loop) { loop.remove(watch); });
}

EventLoop::Slot EventLoop::at(TimePoint when, Callback callback) {
  const auto key = impl_->add_timer(when, std::move(callback));
  return make_slot(impl_, [key](Impl& loop) { loop.remove_timer(key); });
}

EventLoop::Slot EventLoop::on_signal(int signal_number, Callback callback) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signal_number);
  // In this thread at least, so that a signal sent meanwhile is not lost.
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  auto fd = std::make_shared<UniqueFd>(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!*fd) return nullptr;
  auto watch = std::make_shared<Watch>();
  watch->fd = fd->get();
  watch->events = EPOLLIN;
  watch->callback = [fd, work = std::move(callback)](std::uint32_t) {
    signalfd_siginfo info{};
    if (::read(fd->get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) work();
  };
  if (!impl_->add(watch)) return nullptr;
  return make_slot(impl_, [watch](Impl& loop) { loop.remove(watch); });
}

EventLoop::Slot EventLoop::before_sleep(
    std::function<std::optional<std::chrono::microseconds>()> callback) {
  auto hook = std::make_shared<Hook>(Hook{std::move(callback)});
  impl_->add_hook(hook);
  return make_slot(impl_, [hook](Impl& loop) { loop.remove_hook(hook); });
}

void EventLoop::post(Callback work) {
  impl_->post(std::move(work));
}

void EventLoop::run() {
  impl_->run();
}

void EventLoop::quit() {
  impl_->quit();
}

}  // namespace lh
