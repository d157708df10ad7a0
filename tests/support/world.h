#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "daemon/attachments.h"
#include "daemon/transfer_manager.h"
#include "support/memory_store.h"
#include "support/random_source.h"
#include "support/scripted_engine.h"
#include "support/scripted_files.h"
#include "support/simulated_disk.h"
#include "support/simulated_server.h"
#include "support/virtual_clock.h"
#include "support/witness.h"

namespace lh::sim {

class World;

/// Three running, two per origin; the second retry a second after the first.
[[nodiscard]] Limits small_limits();

/// What an app may wish of a download.
struct DownloadWish {
  std::string uri;  ///< empty: a new file at "http://one.example"
  std::string host = "one.example";
  ServedFile file;  ///< if `uri` is empty; its size is that of the download
  std::string file_name;
  Collision collision = Collision::Replace;
  BackgroundTransferPriority priority = BackgroundTransferPriority::Default;
  BackgroundTransferCostPolicy cost_policy = BackgroundTransferCostPolicy::Default;
  bool with_checksum = false;
  bool with_stream = false;  ///< of which the service has a copy to send
  bool keep_when_ended = false;
};

/// An app, told of everything that it attached to. Its calls return when they are answered.
class App {
 public:
  App(World& world, std::string name) : world_(world), name_(std::move(name)) {}

  /// Creates, attaches and starts.
  TransferId download(ByteCount size, DownloadWish wish = {});
  /// Creates and attaches.
  TransferId create(ByteCount size, DownloadWish wish = {});
  /// The error of a creation that must not succeed; nothing if it did.
  std::optional<Error> try_create(ByteCount size, DownloadWish wish = {});
  /// Nothing if it was accepted.
  std::optional<TransferError> control(ControlVerb verb, const TransferId& id);
  std::optional<TransferError> start(const TransferId& id);
  std::optional<TransferError> pause(const TransferId& id);
  std::optional<TransferError> resume(const TransferId& id);
  std::optional<TransferError> cancel(const TransferId& id);
  std::optional<TransferError> forget(const TransferId& id);
  std::optional<TransferError> collect(const TransferId& id);

 private:
  World& world_;
  std::string name_;
};

/// The conditions outside; a change reaches the service at once.
class Conditions {
 public:
  explicit Conditions(World& world) : world_(world) {}
  void disconnect();
  void connect();
  void metered();
  void unmetered();
  void spare_battery(bool on);
  void set(const Facts& facts);

 private:
  World& world_;
};

/// A whole service in memory: the real ring of decisions between a simulated network, disk and
/// store, under a clock that stands still until it is moved. The same seed gives the same run.
class World {
 public:
  struct Options {
    std::uint64_t seed = 1;
    Limits limits = small_limits();
    TransferManager::QueueMarks marks;
    bool trace = false;
  };

  World() : World(Options{}) {}
  explicit World(Options options);
  /// Fails the test if a promise was broken and nobody looked.
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  VirtualClock clock;
  RandomSource random;
  SimulatedServer server;
  SimulatedDisk disk;
  Mail mail;
  MemoryStore store;
  ScriptedEngine engine;
  ScriptedFiles files;
  Witness witness;
  std::set<SecretId> secrets;   ///< that the secret store keeps
  std::set<TransferId> bodies;  ///< that the spool has a copy of
  Conditions network;
  Facts facts;

  // What scenarios are made of.
  [[nodiscard]] App app(const std::string& name) { return {*this, name}; }
  void run_for(Duration time);
  /// The same, unwitnessed; for long queues.
  void run_quietly_for(Duration time);
  /// Until nothing moves and no timer is set.
  void run_until_idle();
  /// Until nothing is on its way between the parts; the clock stands still.
  void settle();
  void kill();
  void power_cut();
  void start();
  void drain();
  void set_limits(const Limits& limits);
  [[nodiscard]] std::string history(const TransferId& id) { return witness.seen(id).history; }
  [[nodiscard]] Snapshot snapshot(const TransferId& id);
  [[nodiscard]] std::vector<Snapshot> list(TransferManager::ListWish wish = {});
  /// Whether the result file is durable and holds what the server has.
  [[nodiscard]] bool has_right_file(const TransferId& id);
  /// The served file that this one downloads.
  [[nodiscard]] ServedFile& served(const TransferId& id);
  /// Breaks off what runs for it.
  void break_connection(const TransferId& id);
  /// Attempts.
  [[nodiscard]] std::size_t running() const { return engine.attempts().size(); }

  // What random orders are made of: requests that are answered later.
  using Answered = std::function<void(std::optional<TransferError>)>;
  using Created = std::function<void(Result<std::vector<TransferId>>)>;
  void note_secrets(const std::vector<TransferId>& ids, const std::vector<TransferSpec>& specs);
  /// Gives the only one of a call, now and then, something to send (R57).
  void give_body(const std::vector<TransferId>& ids, std::vector<TransferSpec>& specs);
  void ask_create(const std::string& app, std::vector<TransferSpec> specs, bool start, bool attach,
                  Created done = {});
  /// A client that hears of everything, from now on and after every restart.
  void watch(const std::string& client);
  /// Creates them as a batch that comes in `parts`; without `publish` it is dropped in the end.
  void ask_batch(std::vector<std::vector<TransferSpec>> parts, bool start, bool publish,
                 Created done = {});
  void ask(ControlVerb verb, const TransferId& id, Answered done = {});
  /// One call for all of them.
  void ask_all(ControlVerb verb, const std::vector<TransferId>& ids);
  void ask_change(const TransferId& id, WishedChange wish, Answered done = {});
  void attach(const std::string& app, const TransferId& id);
  void detach(const std::string& app, const TransferId& id);
  void ask_list();
  void set_facts(const Facts& changed);
  void deliver_mail(std::size_t count);
  /// Sends to the apps what they were not told yet; ends a turn of the service's loop.
  void flush_news() { attachments_->flush(); }
  /// Moves the clock to the next timer, or by `most`.
  void pass_time(Duration most);
  [[nodiscard]] bool is_up() const { return manager_ != nullptr; }
  [[nodiscard]] bool is_ready() const { return ready_; }
  [[nodiscard]] bool store_has_failed() const { return store_failed_; }
  [[nodiscard]] std::optional<TimePoint> wake_at() const { return wake_at_; }
  [[nodiscard]] std::size_t live_count() const { return manager_->live_count(); }
  [[nodiscard]] TransferManager& manager() { return *manager_; }
  /// Settles, then lets the witness look at everything.
  void check();
  /// check(), and nothing may be left to do, also for a service that starts anew.
  void check_at_rest();

  /// A spec for a download of a new file of the server.
  [[nodiscard]] TransferSpec make_spec(const std::string& app, ByteCount size,
                                       const DownloadWish& wish);
  void note(const std::function<std::string()>& line) {
    if (options_.trace) trace_.push_back(line());
  }
  [[nodiscard]] const std::vector<std::string>& trace() const { return trace_; }

 private:
  [[nodiscard]] TransferManager::Outside outside();
  [[nodiscard]] TransferId new_id();
  void publish_batch(std::uint64_t batch, const std::vector<TransferId>& ids, const Created& done);
  [[nodiscard]] std::size_t request(const std::string& what);
  void open_for_business();
  void sweep();
  void sweep_bodies(const std::function<void()>& done);
  void drop_body(const TransferId& id);
  void check_secrets();
  void check_bodies(bool is_at_rest);
  void fire_wake();
  /// One thing that is on its way arrives. False if nothing is.
  bool pump();
  /// The next thing that happens by itself, at most at `until`. False if nothing does.
  bool happen(TimePoint until);
  void end_process();
  void told(const Change& change);

  Options options_;
  Limits widest_limits_;
  std::uint64_t boot_ = 1;
  std::uint64_t last_id_ = 0;
  std::uint64_t last_file_ = 0;
  std::uint64_t last_batch_ = 0;
  std::unique_ptr<Attachments> attachments_;
  std::unique_ptr<TransferManager> manager_;
  std::set<std::pair<std::string, TransferId>> wanted_attachments_;
  std::string watcher_;  ///< empty: none
  std::optional<TimePoint> wake_at_;
  std::map<TransferId, SecretId> secret_of_;
  std::set<TransferId> spooled_;  ///< had a copy of its body once
  bool ready_ = false;
  bool swept_ = true;
  std::size_t sweeps_open_ = 0;
  bool store_failed_ = false;
  std::vector<std::string> trace_;
};

}  // namespace lh::sim
