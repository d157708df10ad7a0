#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include <sdbus-c++/sdbus-c++.h>

#include "client/bus_link.h"
#include "client/client_error.h"
#include "client/news.h"
#include "ipc/names.h"
#include "platform/mailbox.h"

namespace lh {

/// What to do with a call whose daemon ended before it answered.
enum class Repeat {
  Never,  ///< tell the caller: it may have been carried out
  Safe    ///< ask the next daemon: doing it twice is as good as once
};

/// This process's way to the service, one per app: calls, news, and finding or starting the daemon
/// again when it is gone. Has a thread of its own that touches the bus; every public member may be
/// called from any other thread. What is asked for is answered exactly once, on that thread.
class ServiceConnection : public std::enable_shared_from_this<ServiceConnection> {
 public:
  /// The one of this app; exists until the process ends. Throws hresult_error where no thread can
  /// be made.
  [[nodiscard]] static std::shared_ptr<ServiceConnection> of_app(const std::string& app);

  [[nodiscard]] const std::string& app() const { return app_; }

  /// Calls `method` of the service with `ins`; `done` gets what it returned.
  template <typename... Outs, typename... Ins>
  void call(const char* method, Repeat repeat,
            std::function<void(Answer<std::tuple<Outs...>>)> done, Ins... ins);
  /// The same, waiting for the answer.
  template <typename... Outs, typename... Ins>
  [[nodiscard]] Answer<std::tuple<Outs...>> call_and_wait(const char* method, Repeat repeat,
                                                          Ins... ins);

  /// From now on `listener` hears of these. `done` gets their present snapshots; those that do not
  /// exist are left out, and not attached.
  using Attached = std::function<void(Answer<std::vector<Snapshot>>)>;
  void attach(std::vector<TransferId> ids, std::weak_ptr<NewsListener> listener, Attached done);
  [[nodiscard]] Answer<std::vector<Snapshot>> attach_and_wait(std::vector<TransferId> ids,
                                                              std::weak_ptr<NewsListener> listener);
  /// `listener` is only compared; it may be gone.
  void detach(std::vector<TransferId> ids, const NewsListener* listener);

  /// News of all operations of the app, or of all apps.
  void watch(std::weak_ptr<NewsListener> listener, bool all_apps,
             std::function<void(Answer<Nothing>)> done);
  void unwatch(const NewsListener* listener);

  /// The end of this one was delivered: the service need not keep it (R9).
  void collect(const TransferId& id);
  /// Runs `task` once nothing that was collected before is kept any more.
  void when_collected(std::function<void()> task);

  explicit ServiceConnection(std::string app);
  ~ServiceConnection();

 private:
  using Task = std::function<void()>;
  using Clock = std::chrono::steady_clock;

  /// A call that has not been answered yet.
  struct Call {
    Repeat repeat = Repeat::Never;
    int tries = 0;
    /// Sends it; the callback gets the error, or else a std::tuple of the results.
    std::function<void(sdbus::IProxy&, std::function<void(const sdbus::Error*, void*)>)> send;
    std::function<void(void*)> deliver;
    std::function<void(const TransferError&)> fail;
  };
  using CallPtr = std::shared_ptr<Call>;

  struct Attachment {
    std::optional<Snapshot> last;  ///< absent until the service has answered
    std::vector<std::weak_ptr<NewsListener>> listeners;
  };
  struct Watcher {
    std::weak_ptr<NewsListener> listener;
    bool all_apps = false;
  };
  /// An attach() in pieces.
  struct Attaching {
    std::vector<TransferId> ids;
    std::weak_ptr<NewsListener> listener;
    Attached done;
    std::vector<Snapshot> found;
    std::size_t asked_from = 0;
    std::size_t next = 0;
  };

  static void stop_all();
  /// Runs `task` on the connection's thread; false if that has ended.
  bool post(Task task);
  void stop();

  // On the connection's thread.
  void run();
  void turn();
  void wait_for_work();
  void submit(CallPtr call);
  void start(const CallPtr& call);
  void answered(std::uint64_t serial, const sdbus::Error* error, void* results);
  void give_back(const CallPtr& call, const sdbus::Error& error);
  Answer<Nothing> ensure_service();
  void service_is_gone();
  void bus_is_gone();
  void look_again_after_end();
  void reconnect();
  void give_up(const TransferError& why);
  void resync();
  void resync_watched(std::uint64_t after);
  [[nodiscard]] bool is_followed() const;
  void resync_attached();
  void attach_next(const std::shared_ptr<Attaching>& attaching);
  void take_attached(const std::shared_ptr<Attaching>& attaching, std::vector<WireSnapshot> page);
  void remove_listener(const TransferId& id, const NewsListener* listener);
  void on_changes(const std::vector<WireChange>& changes);
  void tell_attached(const Change& change);
  void tell_watchers(const Change& change);
  void tell_lost(const TransferId& id, const TransferError& why);
  void send_watch(std::function<void(Answer<Nothing>)> done);
  void send_detach();
  template <typename... Outs, typename... Ins>
  [[nodiscard]] static CallPtr make_call(const char* method, Repeat repeat,
                                         std::function<void(Answer<std::tuple<Outs...>>)> done,
                                         Ins... ins);

  const std::string app_;
  const pid_t owner_;  ///< a fork of it has no thread, and must not disturb ours
  UniqueFd stop_event_;
  Mailbox<Task> mailbox_;
  std::atomic<bool> stopping_{false};
  std::mutex ended_mutex_;
  std::condition_variable ended_changed_;
  bool ended_ = false;

  // On the connection's thread.
  std::unique_ptr<BusLink> link_;
  std::uint64_t last_serial_ = 0;
  std::map<std::uint64_t, CallPtr> outstanding_;
  std::unordered_map<TransferId, Attachment> attached_;
  std::vector<Watcher> watchers_;
  std::unordered_map<TransferId, Snapshot> watched_;  ///< seen by watchers, not ended
  std::unordered_set<TransferId>
      ended_unseen_;  ///< watchers were told by the list; news may follow
  std::vector<std::string> to_detach_;
  std::size_t collecting_ = 0;
  std::vector<Task> when_collected_;
  std::optional<Clock::time_point> reconnect_at_;
  std::size_t failures_ = 0;  ///< in a row, to reach the service
  int quick_ends_ = 0;        ///< in a row, of the service
  bool serving_ = false;      ///< a greeted service has not been seen to end
  Clock::time_point greeted_at_{};
};

namespace client_detail {

/// A callback with the parameters that the bus library expects, for one that takes a tuple.
template <typename... Outs>
[[nodiscard]] auto receiver(std::function<void(const sdbus::Error*, void*)> receive) {
  return [receive = std::move(receive)](const sdbus::Error* error, Outs... outs) {
    std::tuple<Outs...> results(std::move(outs)...);
    receive(error, &results);
  };
}

inline constexpr std::chrono::minutes kCallLimit{5};

}  // namespace client_detail

template <typename... Outs, typename... Ins>
ServiceConnection::CallPtr ServiceConnection::make_call(
    const char* method, Repeat repeat, std::function<void(Answer<std::tuple<Outs...>>)> done,
    Ins... ins) {
  auto call = std::make_shared<Call>();
  call->repeat = repeat;
  call->send = [method, ins...](sdbus::IProxy& proxy,
                                std::function<void(const sdbus::Error*, void*)> receive) {
    proxy.callMethodAsync(method)
        .onInterface(bus::kInterface)
        .withTimeout(client_detail::kCallLimit)
        .withArguments(ins...)
        .uponReplyInvoke(client_detail::receiver<Outs...>(std::move(receive)));
  };
  call->deliver = [done](void* results) {
    done(std::move(*static_cast<std::tuple<Outs...>*>(results)));
  };
  call->fail = [done](const TransferError& error) { done(error); };
  return call;
}

template <typename... Outs, typename... Ins>
void ServiceConnection::call(const char* method, Repeat repeat,
                             std::function<void(Answer<std::tuple<Outs...>>)> done, Ins... ins) {
  submit(make_call<Outs...>(method, repeat, std::move(done), std::move(ins)...));
}

template <typename... Outs, typename... Ins>
Answer<std::tuple<Outs...>> ServiceConnection::call_and_wait(const char* method, Repeat repeat,
                                                             Ins... ins) {
  struct Waiting {
    std::mutex mutex;
    std::condition_variable changed;
    std::optional<Answer<std::tuple<Outs...>>> answer;
  };
  auto waiting = std::make_shared<Waiting>();
  std::function<void(Answer<std::tuple<Outs...>>)> done =
      [waiting](Answer<std::tuple<Outs...>> answer) {
        const std::lock_guard lock(waiting->mutex);
        waiting->answer = std::move(answer);
        waiting->changed.notify_all();
      };
  call<Outs...>(method, repeat, std::move(done), std::move(ins)...);
  std::unique_lock lock(waiting->mutex);
  waiting->changed.wait(lock, [&waiting] { return waiting->answer.has_value(); });
  return std::move(*waiting->answer);
}

}  // namespace lh
