#include "support/world.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "core/model/status_name.h"

namespace lh::sim {
namespace {

constexpr int kMostMoves = 200'000;  // a world that never rests is a bug

std::string describe(const Change& change) {
  static constexpr std::array<std::string_view, 6> kNames = {"created",  "status", "progress",
                                                             "response", "ended",  "forgotten"};
  std::string text(kNames.at(static_cast<std::size_t>(change.what)));
  text += ": " + std::string(status_name(change.snapshot.status));
  text += ", " + std::to_string(change.snapshot.bytes_received) + " bytes";
  if (change.restarted) text += ", restarted";
  return text;
}

std::string describe(const Transfer* row) {
  if (row == nullptr) return "no row";
  return "row: phase " + std::to_string(static_cast<int>(row->state.phase)) + ", " +
         std::to_string(row->state.stored.prefix_length()) + " bytes of " +
         row->state.validator.value + (row->state.boot_id.empty() ? "" : ", size trusted");
}

}  // namespace

Limits small_limits() {
  Limits limits;
  limits.running = 3;
  limits.running_per_origin = 2;
  limits.retention = std::chrono::hours(24 * 3650);
  return limits;
}

// --- the process -------------------------------------------------------------------------------

World::World(Options options)
    : random(options.seed),
      store([this](const Transfer* before, const Transfer* after) {
        note([&] {
          const TransferId& id = after != nullptr ? after->id : before->id;
          return "  store " + short_name(id) + " " + describe(after);
        });
        witness.committed(before, after);
      }),
      engine(server, disk, clock, mail),
      files(disk, mail),
      witness({store, engine, files, disk, server}),
      network(*this),
      options_(std::move(options)),
      widest_limits_(options_.limits) {
  engine.on_start([this](const TransferPlan& plan) {
    note([&] {
      return "  attempt " + std::to_string(plan.attempt) + " of " + short_name(plan.id) + " from " +
             std::to_string(plan.resume_from) + (plan.trust_file_size ? ", size trusted" : "");
    });
    witness.attempt_started(plan, widest_limits_);
    const bool has_copy = plan.body && plan.body->is_spooled;
    if (has_copy && !bodies.contains(plan.id)) witness.report("an attempt has nothing to send");
  });
  start();
}

World::~World() {
  for (const std::string& violation : witness.violations()) {
    ADD_FAILURE() << violation << " (seed " << options_.seed << ")";
  }
}

TransferManager::Outside World::outside() {
  return {.has_listeners =
              [this](const Transfer& transfer) {
                return attachments_->has_listeners(transfer.id, transfer.spec.app);
              },
          .is_attended =
              [this](const Transfer& transfer) {
                return attachments_->is_attended(transfer.id, transfer.spec.app);
              },
          .has_watchers = [this] { return attachments_->any_watches(); },
          .tell = [this](const Change& change) { told(change); },
          .wake_at = [this](std::optional<TimePoint> when) { wake_at_ = when; },
          .drop_secret = [this](const SecretId& secret) { secrets.erase(secret); },
          .drop_body = [this](const TransferId& id) { drop_body(id); },
          .store_failed = [this](const Error&) { store_failed_ = true; },
          .quiet = [] {}};
}

void World::told(const Change& change) {
  witness.told(change);
  attachments_->tell(change);
}

void World::start() {
  wake_at_.reset();
  ready_ = false;
  store_failed_ = false;
  swept_ = false;
  sweeps_open_ = 0;
  facts.draining = false;
  witness.process_started();
  attachments_ = std::make_unique<Attachments>([this](const std::string& client,
                                                      const std::vector<Change>& changes) {
    for (const Change& change : changes) {
      note([&] {
        return "  " + client + " gets " + short_name(change.snapshot.id) + " " + describe(change);
      });
      witness.received(client, change);
    }
  });
  manager_ = std::make_unique<TransferManager>(
      TransferManager::Seams{store, engine, files, clock}, outside(), options_.limits,
      "boot-" + std::to_string(boot_), random.next(), options_.marks);
  manager_->set_facts(facts, {});
  manager_->recover([this](Result<void> recovered) {
    if (recovered.ok()) sweep_bodies([this] { open_for_business(); });
  });
}

/// As the daemon does it: what a crash left behind.
void World::sweep_bodies(const std::function<void()>& done) {
  const std::vector<TransferId> found(bodies.begin(), bodies.end());
  if (found.empty()) return done();
  const auto open = std::make_shared<std::size_t>(found.size());
  for (const TransferId& id : found) {
    manager_->show(id, [this, id, open, done](const std::optional<TransferManager::Shown>& shown) {
      if (!shown || is_final(shown->transfer.state.phase)) drop_body(id);
      if (--*open == 0) done();
    });
  }
}

void World::drop_body(const TransferId& id) {
  if (!spooled_.contains(id)) witness.report("a body is dropped that was never copied");
  const Transfer* const row = store.find(id);
  const bool is_needed = row != nullptr && row->spec.body && !is_final(row->state.phase);
  if (is_needed) witness.report("a body is dropped before its row has given it up");
  bodies.erase(id);
}

void World::open_for_business() {
  ready_ = true;
  sweep();
  for (const auto& [app, id] : wanted_attachments_) attach(app, id);
  if (!watcher_.empty()) watch(watcher_);
}

/// As the daemon does it: what ended before its bytes were removed.
void World::sweep() {
  for (const TransferId& id : disk.partial_files()) {
    ++sweeps_open_;
    manager_->show(id, [this](std::optional<TransferManager::Shown> shown) {
      if (--sweeps_open_ == 0) swept_ = true;
      if (!shown || !is_final(shown->transfer.state.phase) || shown->transfer.live.file_job) return;
      FileService::Job job;
      job.id = shown->transfer.id;
      job.target = shown->transfer.spec.target;
      files.discard(std::move(job));
    });
  }
  if (sweeps_open_ == 0) swept_ = true;
  store.unused_secrets({secrets.begin(), secrets.end()},
                       [this](const Result<std::vector<SecretId>>& unused) {
                         if (!unused.ok()) return;
                         for (const SecretId& secret : *unused) secrets.erase(secret);
                       });
}

void World::end_process() {
  engine.crash();
  files.crash();
  store.crash();
  mail.clear();
  manager_.reset();
  wake_at_.reset();
  ready_ = false;
}

void World::kill() {
  note([] { return "KILL"; });
  end_process();
}

void World::power_cut() {
  note([] { return "POWER CUT"; });
  end_process();
  disk.power_cut(random);
  ++boot_;
}

void World::drain() {
  facts.draining = true;
  manager_->drain();
  settle();
}

void World::set_limits(const Limits& limits) {
  options_.limits = limits;
  widest_limits_.running = std::max(widest_limits_.running, limits.running);
  widest_limits_.running_per_origin =
      std::max(widest_limits_.running_per_origin, limits.running_per_origin);
  if (manager_) manager_->set_limits(limits);
}

void World::set_facts(const Facts& changed) {
  facts = changed;
  if (!manager_) return;
  manager_->set_facts(facts, attachments_->attached());
}

// --- time --------------------------------------------------------------------------------------

void World::deliver_mail(std::size_t count) {
  Events events;
  for (; count > 0 && !mail.empty(); --count) {
    note([&] {
      return "  event " + short_name(mail.front().first) + " " +
             std::string(event_name(mail.front().second));
    });
    events.push_back(std::move(mail.front()));
    mail.pop_front();
  }
  if (!events.empty()) manager_->on_events(std::move(events));
}

bool World::pump() {
  if (!manager_) return false;
  flush_news();
  if (store.calls_waiting() > 0) return store.execute(store.calls_waiting()), true;
  if (store.answers_waiting() > 0) return store.deliver(store.answers_waiting()), true;
  if (!mail.empty()) return deliver_mail(mail.size()), true;
  if (files.waiting() > 0) return files.run_one(), true;
  return false;
}

void World::settle() {
  for (int moves = 0; pump(); ++moves) {
    if (moves > kMostMoves) return witness.report("the parts talk without end");
  }
}

void World::fire_wake() {
  wake_at_.reset();
  manager_->wake();
}

bool World::happen(TimePoint until) {
  if (!manager_) return false;
  const auto move = engine.next_move();
  if (wake_at_ && *wake_at_ <= until && (!move || *wake_at_ <= move->first)) {
    clock.advance_to(*wake_at_);
    fire_wake();
    return true;
  }
  if (!move || move->first > until) return false;
  clock.advance_to(move->first);
  engine.move(move->second);
  return true;
}

void World::run_for(Duration time) {
  run_quietly_for(time);
  check();
}

void World::run_quietly_for(Duration time) {
  const TimePoint until = clock.now() + time;
  settle();
  while (happen(until)) settle();
  clock.advance_to(until);
}

void World::run_until_idle() {
  settle();
  int moves = 0;
  while (happen(TimePoint::max())) {
    settle();
    if (++moves > kMostMoves) return witness.report("it never comes to rest");
  }
  check();
}

void World::pass_time(Duration most) {
  const TimePoint until = clock.now() + most;
  if (wake_at_ && *wake_at_ <= until) {
    clock.advance_to(*wake_at_);
    if (manager_) fire_wake();
    return;
  }
  clock.advance_to(until);
}

// --- checks ------------------------------------------------------------------------------------

void World::check() {
  settle();
  if (!ready_ || store_failed_) return;
  const std::vector<Snapshot> snapshots = list();
  witness.check_settled({facts, options_.limits, clock.now(), wake_at_, swept_}, snapshots);
  check_bodies(false);
}

/// What an operation needs is kept until it has ended, and no longer. (Those of creations that were
/// refused are the caller's.)
void World::check_secrets() {
  for (const auto& [id, secret] : secret_of_) {
    const Transfer* const row = store.find(id);
    const bool is_needed = row != nullptr && !is_final(row->state.phase);
    if (is_needed && !secrets.contains(secret)) witness.report("a secret is gone too early");
    if (row != nullptr && !is_needed && secrets.contains(secret)) {
      witness.report("a secret stays behind its operation");
    }
  }
}

/// The same of what is sent; a copy may be there before its row is.
void World::check_bodies(bool is_at_rest) {
  for (const TransferId& id : spooled_) {
    const Transfer* const row = store.find(id);
    const bool is_needed = row != nullptr && !is_final(row->state.phase);
    if (is_needed && !bodies.contains(id)) witness.report("a body is gone too early");
    const bool may_stay = is_needed || !is_at_rest;
    if (!may_stay && bodies.contains(id)) witness.report("a body stays behind its operation");
  }
}

void World::check_at_rest() {
  check();
  if (manager_ && manager_->live_count() > 0) witness.report("something ended stays in memory");
  witness.check_at_rest();
  check_secrets();
  check_bodies(true);
  kill();
  start();
  settle();
  check_bodies(true);
  const std::uint64_t writes = store.writes();
  const std::uint64_t requests = server.requests();
  run_until_idle();
  if (server.requests() != requests) witness.report("a new start found requests to make");
  if (store.writes() != writes) witness.report("a new start found something to store");
}

}  // namespace lh::sim
