#include "support/world.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/model/status_name.h"
#include "daemon/snapshots.h"

namespace lh::sim {
namespace {

constexpr int kMostMoves = 200'000;  // a world that never rests is a bug

std::string_view verb_name(ControlVerb verb) {
  switch (verb) {
    case ControlVerb::Start:
      return "start";
    case ControlVerb::Pause:
      return "pause";
    case ControlVerb::Resume:
      return "resume";
    case ControlVerb::Cancel:
      return "cancel";
    case ControlVerb::Forget:
      return "forget";
    case ControlVerb::Collect:
      return "collect";
  }
  return "?";
}

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
      return "  attempt " + std::to_string(plan.attempt) + " of " + short_name(plan.id) +
             " from " + std::to_string(plan.resume_from) +
             (plan.trust_file_size ? ", size trusted" : "");
    });
    witness.attempt_started(plan, widest_limits_);
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
          .tell = [this](const Change& change) { told(change); },
          .wake_at = [this](std::optional<TimePoint> when) { wake_at_ = when; },
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
  attachments_ = std::make_unique<Attachments>(
      [this](const std::string& client, const std::vector<Change>& changes) {
        for (const Change& change : changes) {
          note([&] {
            return "  " + client + " gets " + short_name(change.snapshot.id) + " " +
                   describe(change);
          });
          witness.received(client, change);
        }
      });
  manager_ = std::make_unique<TransferManager>(
      TransferManager::Seams{store, engine, files, clock}, outside(), options_.limits,
      "boot-" + std::to_string(boot_), random.next(), options_.marks);
  manager_->set_facts(facts, {});
  manager_->recover([this](Result<void> recovered) {
    if (recovered.ok()) open_for_business();
  });
}

void World::open_for_business() {
  ready_ = true;
  sweep();
  for (const auto& [app, id] : wanted_attachments_) attach(app, id);
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
  std::vector<std::pair<TransferId, Event>> events;
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

// --- requests ----------------------------------------------------------------------------------

TransferId World::new_id() {
  ++last_id_;
  Guid::Bytes bytes{};
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[15 - i] = static_cast<std::uint8_t>(last_id_ >> (8 * i));
  }
  bytes[6] = 0x40;
  return Guid(bytes);
}

std::size_t World::request(const std::string& what) {
  note([&] { return what; });
  return witness.asked(what);
}

TransferSpec World::make_spec(const std::string& app, ByteCount size, const DownloadWish& wish) {
  ++last_file_;
  const std::string name = "file-" + std::to_string(last_file_);
  TransferSpec spec;
  spec.app = app;
  spec.uri = wish.uri;
  if (spec.uri.empty()) {
    spec.uri = "http://" + wish.host + "/" + name;
    ServedFile file = wish.file;
    file.size = size;
    server.serve(spec.uri, std::move(file));
  }
  spec.origin = spec.uri.substr(0, spec.uri.find('/', 7));
  spec.target.folder = "/home/user";
  spec.target.file_name = wish.file_name.empty() ? name : wish.file_name;
  spec.target.collision = wish.collision;
  spec.priority = wish.priority;
  spec.cost_policy = wish.cost_policy;
  spec.keep_when_ended = wish.keep_when_ended;
  if (wish.with_checksum) spec.checksum = checksum_of(server.file(spec.uri).content);
  return spec;
}

void World::ask_create(const std::string& app, std::vector<TransferSpec> specs, bool start,
                       bool attach_too, Created done) {
  std::vector<TransferId> ids;
  for (std::size_t i = 0; i < specs.size(); ++i) ids.push_back(new_id());
  const std::size_t asked =
      request("create " + short_name(ids.front()) + " x" + std::to_string(ids.size()) +
              (start ? ", started" : ""));
  manager_->create(std::move(specs), start, std::move(ids),
                   [this, asked, app, attach_too,
                    done = std::move(done)](Result<std::vector<TransferId>> created) {
                     witness.answered(asked);
                     if (created.ok()) {
                       for (const TransferId& id : *created) {
                         witness.created(id);
                         if (attach_too) attach(app, id);
                       }
                     }
                     if (done) done(std::move(created));
                   });
}

void World::ask(ControlVerb verb, const TransferId& id, Answered done) {
  const std::string name(verb_name(verb));
  const std::size_t asked = request(name + " " + short_name(id));
  if (verb == ControlVerb::Forget || verb == ControlVerb::Collect) witness.erase_asked(id);
  manager_->control(verb, {id},
                    [this, asked, id, name, done = std::move(done)](
                        const std::vector<RefusedTransfer>& refused) {
                      witness.answered(asked);
                      note([&] {
                        return "  answer " + name + " " + short_name(id) +
                               (refused.empty() ? ": ok" : ": " + refused.front().error.message);
                      });
                      if (refused.empty()) witness.accepted(id, name);
                      if (!done) return;
                      done(refused.empty() ? std::nullopt
                                           : std::optional(refused.front().error));
                    });
}

void World::ask_change(const TransferId& id, WishedChange wish, Answered done) {
  const std::size_t asked = request("change " + short_name(id));
  manager_->change(id, std::move(wish),
                   [this, asked, done = std::move(done)](std::optional<TransferError> error) {
                     witness.answered(asked);
                     if (done) done(std::move(error));
                   });
}

void World::attach(const std::string& app, const TransferId& id) {
  wanted_attachments_.emplace(app, id);
  attachments_->hello(app, app);
  attachments_->attach(app, {id});
  const std::size_t asked = request("attach " + short_name(id));
  witness.attached(app, id);
  manager_->snapshots({id}, [this, asked, app, id](const std::vector<Snapshot>& snapshots) {
    witness.answered(asked);
    if (snapshots.empty()) return detach(app, id);
    attachments_->flush();
    note([&] {
      return "  shown " + short_name(id) + " " + std::string(status_name(snapshots[0].status));
    });
    witness.shown(app, snapshots.front());
  });
}

void World::detach(const std::string& app, const TransferId& id) {
  wanted_attachments_.erase({app, id});
  attachments_->detach(app, {id});
  witness.detached(app, id);
}

void World::ask_list() {
  const std::size_t asked = request("list");
  manager_->list({}, [this, asked](const Result<std::vector<Snapshot>>& page) {
    witness.answered(asked);
    if (!page.ok()) return;
    for (const Snapshot& snapshot : *page) witness.listed(snapshot);
  });
}

std::vector<Snapshot> World::list(TransferManager::ListWish wish) {
  std::vector<Snapshot> all;
  for (bool more = true; more;) {
    more = false;
    manager_->list(wish, [&](const Result<std::vector<Snapshot>>& page) {
      if (!page.ok() || page->empty()) return;
      all.insert(all.end(), page->begin(), page->end());
      wish.after = page->back().sequence;
      more = true;
    });
    settle();
  }
  return all;
}

Snapshot World::snapshot(const TransferId& id) {
  Snapshot found;
  manager_->snapshots({id}, [&found](const std::vector<Snapshot>& snapshots) {
    if (!snapshots.empty()) found = snapshots.front();
  });
  settle();
  return found;
}

bool World::has_right_file(const TransferId& id) {
  const Transfer* const row = store.find(id);
  if (row == nullptr) return false;
  const auto file = disk.durable_target(result_path(*row));
  const ServedFile& served = server.file(row->spec.uri);
  return file && file->image.size() == served.size &&
         file->image.version_of(served.size) == served.content;
}

ServedFile& World::served(const TransferId& id) {
  return server.file(store.find(id)->spec.uri);
}

void World::break_connection(const TransferId& id) {
  const auto* const attempt = engine.find(id);
  if (attempt != nullptr) {
    engine.break_off(attempt->plan.attempt, ScriptedEngine::Break::Reset);
  }
  settle();
}

// --- checks ------------------------------------------------------------------------------------

void World::check() {
  settle();
  if (!ready_ || store_failed_) return;
  const std::vector<Snapshot> snapshots = list();
  witness.check_settled({facts, options_.limits, clock.now(), wake_at_, swept_}, snapshots);
}

void World::check_at_rest() {
  check();
  witness.check_at_rest();
  kill();
  start();
  settle();
  const std::uint64_t writes = store.writes();
  const std::uint64_t requests = server.requests();
  run_until_idle();
  if (server.requests() != requests) witness.report("a new start found requests to make");
  if (store.writes() != writes) witness.report("a new start found something to store");
}

// --- apps and conditions -----------------------------------------------------------------------

TransferId App::create(ByteCount size, DownloadWish wish) {
  TransferId id;
  world_.ask_create(name_, {world_.make_spec(name_, size, wish)}, false, true,
                    [&id](const Result<std::vector<TransferId>>& created) {
                      if (created.ok()) id = created->front();
                    });
  world_.settle();
  return id;
}

std::optional<Error> App::try_create(ByteCount size, DownloadWish wish) {
  std::optional<Error> error;
  world_.ask_create(name_, {world_.make_spec(name_, size, wish)}, false, false,
                    [&error](const Result<std::vector<TransferId>>& created) {
                      if (!created.ok()) error = created.error();
                    });
  world_.settle();
  return error;
}

TransferId App::download(ByteCount size, DownloadWish wish) {
  const TransferId id = create(size, std::move(wish));
  start(id);
  return id;
}

std::optional<TransferError> App::control(ControlVerb verb, const TransferId& id) {
  std::optional<TransferError> answer;
  world_.ask(verb, id, [&answer](std::optional<TransferError> error) { answer = std::move(error); });
  world_.settle();
  return answer;
}

std::optional<TransferError> App::start(const TransferId& id) {
  return control(ControlVerb::Start, id);
}
std::optional<TransferError> App::pause(const TransferId& id) {
  return control(ControlVerb::Pause, id);
}
std::optional<TransferError> App::resume(const TransferId& id) {
  return control(ControlVerb::Resume, id);
}
std::optional<TransferError> App::cancel(const TransferId& id) {
  return control(ControlVerb::Cancel, id);
}
std::optional<TransferError> App::forget(const TransferId& id) {
  return control(ControlVerb::Forget, id);
}
std::optional<TransferError> App::collect(const TransferId& id) {
  return control(ControlVerb::Collect, id);
}

void Conditions::set(const Facts& facts) {
  world_.set_facts(facts);
  world_.settle();
}

void Conditions::disconnect() {
  Facts facts = world_.facts;
  facts.network.connected = false;
  facts.network.since = world_.clock.now();
  set(facts);
}

void Conditions::connect() {
  Facts facts = world_.facts;
  facts.network.connected = true;
  facts.network.since = world_.clock.now();
  set(facts);
}

void Conditions::metered() {
  Facts facts = world_.facts;
  facts.network.cost = NetworkCostType::Fixed;
  set(facts);
}

void Conditions::unmetered() {
  Facts facts = world_.facts;
  facts.network.cost = NetworkCostType::Unrestricted;
  set(facts);
}

void Conditions::spare_battery(bool on) {
  Facts facts = world_.facts;
  facts.power.holds_background = on;
  set(facts);
}

}  // namespace lh::sim
