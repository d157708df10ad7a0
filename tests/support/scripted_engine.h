#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "engine/transfer_engine.h"
#include "support/simulated_disk.h"
#include "support/simulated_server.h"
#include "support/virtual_clock.h"

namespace lh::sim {

/// News for the main loop, in the order in which they happened.
using Mail = std::deque<std::pair<TransferId, Event>>;

/// The network side: requests go to the simulated server, bytes to the simulated disk, and every
/// move is made by the test. Keeps the engine's promises: the news of an attempt come in order, and
/// exactly one end closes each.
class ScriptedEngine final : public TransferEngine {
 public:
  struct Attempt {
    TransferPlan plan;
    bool stop_wanted = false;
    bool answered = false;
    bool done = false;  ///< the end is known and follows
    ContentId content = 0;
    ByteOffset next = 0;  ///< in the server's file
    ByteCount left = 0;   ///< of the body
    ByteCount skip = 0;   ///< of the body, there already
    std::optional<ByteCount> total;
    ByteCount received = 0;
    ByteCount durable = 0;
    TimePoint moves_at{};  ///< of its own accord: see move()
    TimePoint checkpoint_at{};
  };
  /// Ways to break off.
  enum class Break : std::uint8_t { Reset, Timeout, Tls, File };

  ScriptedEngine(SimulatedServer& server, SimulatedDisk& disk, const VirtualClock& clock,
                 Mail& mail)
      : server_(server), disk_(disk), clock_(clock), mail_(mail) {}

  void start(TransferPlan plan) override;
  void stop(AttemptId attempt) override;
  /// Sees every start.
  void on_start(std::function<void(const TransferPlan&)> observer) {
    observer_ = std::move(observer);
  }
  /// The process is gone.
  void crash() { attempts_.clear(); }

  [[nodiscard]] const std::map<AttemptId, Attempt>& attempts() const { return attempts_; }
  [[nodiscard]] const Attempt* find(const TransferId& id) const;
  /// Whether any attempt ever was said to be stuck.
  [[nodiscard]] bool any_was_stuck() const { return any_was_stuck_; }

  // Moves. Those that make no sense at the moment do nothing.
  void answer(AttemptId attempt);
  void send(AttemptId attempt, ByteCount bytes);
  void checkpoint(AttemptId attempt);
  void end_body(AttemptId attempt);  ///< the server closes, early or not
  void break_off(AttemptId attempt, Break how);
  void fill_disk(AttemptId attempt);
  void change_pace(AttemptId attempt, bool stuck);
  void finish_stop(AttemptId attempt);
  /// What a failed sync leaves: a file whose size promises too much, or none.
  enum class Leftover : std::uint8_t { Kept, Removed };
  /// The next sync of this attempt fails, and loses what was not synced before.
  void fail_sync(AttemptId attempt, Leftover leftover = Leftover::Removed);

  /// The natural next move; for runs in which nothing goes wrong.
  void move(AttemptId attempt);
  /// When the first attempt wants to move().
  [[nodiscard]] std::optional<std::pair<TimePoint, AttemptId>> next_move() const;

  /// From now on requests end like this instead of being answered.
  void refuse_requests(Break how) { refusal_ = how; }
  void accept_requests() { refusal_.reset(); }
  /// Every connection breaks once so many bytes of the file are there.
  void break_at(ByteCount bytes) { breaks_at_ = bytes; }

  Duration latency = std::chrono::milliseconds(50);
  Duration tick = std::chrono::milliseconds(100);
  ByteCount bytes_per_tick = 100 * 1024;

  /// An engine that lies: it reports checkpoints of bytes that it has not synced.
  void checkpoint_without_sync() { syncs_ = false; }

 private:
  using Entry = std::map<AttemptId, Attempt>::iterator;

  [[nodiscard]] Attempt* active(AttemptId attempt);
  void emit(const Attempt& attempt, Event event) {
    mail_.emplace_back(attempt.plan.id, std::move(event));
  }
  /// The partial file of earlier attempts, as far as the plan believes it.
  ByteCount open_leftover(Attempt& attempt);
  void begin_body(Attempt& attempt, const Verdict& verdict, const SimulatedServer::Answer& answer);
  void report_response(const Attempt& attempt, const ResponseHead& head, Verdict::Kind verdict,
                       std::optional<ByteCount> total);
  ByteCount sync(Attempt& attempt);
  /// Syncs what there is and ends with what `make` says of the durable prefix.
  template <typename Make>
  void end_synced(Attempt& attempt, Make make);
  void end(const Attempt& attempt, Event last);
  void fail(Attempt& attempt, Failure failure);

  SimulatedServer& server_;
  SimulatedDisk& disk_;
  const VirtualClock& clock_;
  Mail& mail_;
  std::function<void(const TransferPlan&)> observer_;
  std::map<AttemptId, Attempt> attempts_;
  std::optional<Break> refusal_;
  std::optional<ByteCount> breaks_at_;
  bool syncs_ = true;
  bool any_was_stuck_ = false;
  AttemptId failing_sync_ = 0;
  Leftover leftover_ = Leftover::Removed;
};

}  // namespace lh::sim
