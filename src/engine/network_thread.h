#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include <curl/curl.h>

#include "engine/body_file.h"
#include "engine/cookie_shelf.h"
#include "engine/curl_engine.h"
#include "engine/open_sockets.h"
#include "engine/tls_closures.h"

namespace lh {

class Attempt;

/// A thread with a libcurl multi handle and its attempts. Sleeps without a wake-up while there is
/// none. Everything but the constructor, the destructor and post() belongs to the thread itself.
class NetworkThread {
 public:
  using HandOver = std::function<void(NetworkThread& from, TransferPlan plan)>;

  /// `hand_over` starts a plan on a thread where libcurl may wait for a Kerberos server without
  /// returning; called on this thread. Without it, this thread is one.
  NetworkThread(EngineSettings settings, FileOps& ops, FileThread& files, const Clock& clock,
                SecretSource secrets, TransferEngine::EventSink sink, HandOver hand_over);
  ~NetworkThread();  ///< ends all attempts without events
  NetworkThread(const NetworkThread&) = delete;
  NetworkThread& operator=(const NetworkThread&) = delete;

  using Work = std::function<void(NetworkThread&)>;
  /// Runs `work` on the thread; not at all if the thread has ended. Any thread.
  void post(Work work);

  void start(TransferPlan plan, Secrets secrets = {});
  /// A function for any thread that does what post() does, or nothing once this thread has ended.
  [[nodiscard]] std::function<void(Work)> poster();
  /// False if it is not here.
  bool stop(AttemptId attempt);
  bool cancel(AttemptId attempt);
  bool proceed(AttemptId attempt);

  // For attempts.
  [[nodiscard]] const EngineSettings& settings() const { return settings_; }
  void set_settings(const EngineSettings& settings) { settings_ = settings; }
  [[nodiscard]] FileOps& ops() { return ops_; }
  [[nodiscard]] FileThread& files() { return files_; }
  [[nodiscard]] const SecretSource& secrets() { return secrets_; }
  [[nodiscard]] CookieShelf& cookies() { return cookies_; }
  [[nodiscard]] OpenSockets& sockets() { return sockets_; }
  [[nodiscard]] TlsClosures& closures() { return closures_; }
  [[nodiscard]] WriteBuffer& write_buffer() { return write_buffer_; }
  /// Time of the present round. Does not move within one, so that a slow disk in one round is no
  /// stall of those who are served after it.
  [[nodiscard]] TimePoint now() const { return now_; }
  /// A function for any thread that calls `work` with the attempt on this thread, or not at all if
  /// it is over by then.
  [[nodiscard]] std::function<void(std::function<void(Attempt&)>)> caller_of(AttemptId attempt);

  [[nodiscard]] bool hands_over() const { return hand_over_ != nullptr; }
  /// Behind all that was told of it.
  void hand_over(TransferPlan plan);

  [[nodiscard]] CURL* take_easy();
  void give_back_easy(CURL* easy);
  [[nodiscard]] CURLMcode add(CURL* easy);
  void remove(CURL* easy);
  /// For libcurl's receive buffer of the next request.
  [[nodiscard]] std::size_t buffer_size() const;

  /// Told at the end of the round, with all that happens in it.
  void emit(const TransferId& id, Event event) { events_.emplace_back(id, std::move(event)); }
  /// Attempt::settle() is called at the end of this round.
  void settle_later(AttemptId attempt) { to_settle_.push_back(attempt); }
  /// Attempt::on_timer() of all is called at `when`, or earlier.
  void wake_at(TimePoint when);
  /// The attempt is destroyed at the end of this round.
  void bury(AttemptId attempt) { buried_.push_back(attempt); }

 private:
  /// What other threads hand over; outlives this thread in their hands.
  class Inbox;

  [[nodiscard]] Attempt* find(AttemptId attempt);
  void run();
  void run_posted();
  void read_messages();
  void settle();
  void run_timers();
  void bury_ended();
  void tell();
  [[nodiscard]] int poll_timeout_ms() const;
  void release_all();

  EngineSettings settings_;
  FileOps& ops_;
  FileThread& files_;
  const Clock& clock_;
  SecretSource secrets_;
  TransferEngine::EventSink sink_;
  HandOver hand_over_;
  Events events_;  ///< of this round
  OpenSockets sockets_;
  TlsClosures closures_;
  CURLM* multi_;
  std::shared_ptr<Inbox> inbox_;
  WriteBuffer write_buffer_;
  TimePoint now_{};
  std::optional<TimePoint> next_timer_;
  std::unordered_map<AttemptId, std::unique_ptr<Attempt>> attempts_;
  std::vector<AttemptId> to_settle_;
  std::vector<AttemptId> buried_;
  std::vector<CURL*> idle_easies_;
  CookieShelf cookies_;
  std::thread thread_;  ///< last: uses all the others
};

}  // namespace lh
