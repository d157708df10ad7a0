#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/model/snapshot.h"
#include "support/memory_store.h"
#include "support/scripted_engine.h"
#include "support/scripted_files.h"
#include "support/simulated_disk.h"
#include "support/simulated_server.h"

namespace lh::sim {

/// Watches a world from outside and writes down every promise that is broken. Knows only what apps
/// are told, what the store holds and what the disk would give back after a power cut.
class Witness {
 public:
  struct View {
    const MemoryStore& store;
    const ScriptedEngine& engine;
    const ScriptedFiles& files;
    const SimulatedDisk& disk;
    SimulatedServer& server;
  };
  /// What one client was told of one operation, in this run of the service.
  struct Told {
    std::optional<BackgroundTransferStatus> status;
    unsigned ends = 0;
  };
  /// What is known of one operation from outside.
  struct Seen {
    bool erase_asked = false;
    std::map<std::string, Told> told;                    ///< by client
    std::optional<BackgroundTransferStatus> final_told;  ///< ever
    std::string watcher;  ///< the first client that attached; what it saw:
    std::string history;
    unsigned restarts_told = 0;
  };
  /// The moment, as far as the witness cannot see it.
  struct Moment {
    const Facts& facts;
    const Limits& limits;
    TimePoint now{};
    std::optional<TimePoint> wake_at;
    bool swept = true;  ///< leftovers of an earlier run have been looked for
  };

  explicit Witness(View view) : view_(view) {}

  // What happens.
  void committed(const Transfer* before, const Transfer* after);
  void process_started();
  void attempt_started(const TransferPlan& plan, const Limits& widest);
  void created(const TransferId& id);
  void attached(const std::string& client, const TransferId& id);
  void detached(const std::string& client, const TransferId& id);
  /// From now on this client hears of everything.
  void watched(const std::string& client);
  void erase_asked(const TransferId& id) { seen_[id].erase_asked = true; }
  /// The service lets it out of its hands …
  void told(const Change& change);
  /// … and a client gets it.
  void received(const std::string& client, const Change& change);
  void shown(const std::string& client, const Snapshot& snapshot);
  /// To somebody who is not attached.
  void listed(const Snapshot& snapshot) { check_durable(snapshot); }
  /// A request was made; the number is for answered().
  [[nodiscard]] std::size_t asked(std::string what);
  void answered(std::size_t request);
  /// After an accepted verb: what it promised must be in the store.
  void accepted(const TransferId& id, const std::string& verb);

  /// Nothing is on its way between the parts. `snapshots` are of all operations.
  void check_settled(const Moment& moment, const std::vector<Snapshot>& snapshots);
  /// Nothing will happen any more, and nothing stands in the way of anything.
  void check_at_rest();
  void report(std::string violation);

  [[nodiscard]] const std::vector<std::string>& violations() const { return violations_; }
  [[nodiscard]] std::vector<std::string> take_violations() {
    return std::exchange(violations_, {});
  }
  [[nodiscard]] const Seen& seen(const TransferId& id) { return seen_[id]; }

 private:
  struct Request {
    std::string what;
    unsigned answers = 0;
    bool lost = false;  ///< the service died meanwhile
  };

  void check_durable(const Snapshot& snapshot);
  void check_creation_told(const std::string& client, const Change& change);
  void note_status(const std::string& client, const Snapshot& snapshot);
  void check_claim(const Transfer& row, bool strictly);
  void check_completed(const Transfer& row);
  void check_untouched(const Transfer& row);
  void check_row(const Transfer& row, const Snapshot& snapshot, const Moment& moment);
  void check_wait(const Transfer& row, const Moment& moment);
  void report(const TransferId& id, const std::string& violation);

  View view_;
  std::unordered_map<TransferId, Seen> seen_;
  std::vector<TransferId> promised_;  ///< ids that somebody was given
  std::vector<Request> requests_;
  /// The client that watches, what was there when it began, and what it was told to be created.
  struct Watch {
    std::string client;
    std::unordered_set<TransferId> known;
    std::unordered_set<TransferId> created;
  };
  Watch watch_;
  std::vector<std::string> violations_;
};

/// Short form for traces and messages.
[[nodiscard]] std::string short_name(const TransferId& id);

}  // namespace lh::sim
