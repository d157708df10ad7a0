#include "support/random_day.h"

namespace lh::sim {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint64_t kFewestSteps = 20;
constexpr std::uint64_t kMostSteps = 80;
constexpr std::size_t kMostOperations = 9;

World::Options options_of(std::uint64_t seed, RandomDay::Tracing tracing) {
  World::Options options;
  options.seed = seed;
  options.limits.retry_delays = {seconds(1), seconds(5)};
  options.limits.retry_count = 2;
  options.limits.checkpoint_interval = seconds(1);
  // Every third day the queue is longer than what is held of it in memory.
  if (seed % 3 == 0) {
    options.marks = {.high = 4, .low = 1, .page = 2};
    options.limits.running = 2;
    options.limits.running_per_origin = 1;
  }
  options.trace = tracing == RandomDay::Tracing::On;
  return options;
}

}  // namespace

RandomDay::RandomDay(std::uint64_t seed, Tracing tracing)
    : random_(~seed), world_(options_of(seed, tracing)) {}

std::vector<std::string> RandomDay::run() {
  const std::uint64_t steps = random_.between(kFewestSteps, kMostSteps);
  crashes_ = random_.percent(70);
  if (random_.percent(30)) world_.watch("watcher");
  for (std::uint64_t i = 0; i < steps && world_.witness.violations().empty(); ++i) {
    step();
    world_.flush_news();
  }
  if (world_.witness.violations().empty()) heal();
  return world_.witness.take_violations();
}

void RandomDay::step() {
  make_sure_it_runs();
  const std::uint64_t dice = random_.below(100);
  if (dice < 20) {
    app_step();
  } else if (dice < 32) {
    world_.store.execute(random_.between(1, 4));
  } else if (dice < 44) {
    world_.store.deliver(random_.between(1, 4));
  } else if (dice < 56) {
    world_.deliver_mail(random_.between(1, 4));
  } else if (dice < 74) {
    engine_step();
  } else if (dice < 82) {
    files_step();
  } else if (dice < 92) {
    outside_step();
  } else if (dice < 96) {
    world_.check();
  } else if (crashes_) {
    crash();
  }
}

// --- apps --------------------------------------------------------------------------------------

TransferId RandomDay::any_id() {
  return ids_.empty() ? TransferId() : random_.pick(ids_);
}

ServedFile RandomDay::random_file() {
  ServedFile file;
  file.tells_length = random_.percent(80);
  const std::uint64_t proof = random_.below(10);
  file.proof = proof < 6   ? Proof::StrongEtag
               : proof < 8 ? Proof::LastModified
               : proof < 9 ? Proof::WeakEtag
                           : Proof::None;
  if (random_.percent(15)) file.manner = RangeManner::Never;
  return file;
}

void RandomDay::create() {
  const std::string app = random_.percent(50) ? "org.example.a" : "org.example.b";
  std::vector<TransferSpec> specs;
  for (std::uint64_t n = random_.between(1, 3); n > 0; --n) {
    DownloadWish wish;
    wish.host = random_.percent(60) ? "one.example" : "two.example";
    wish.file = random_file();
    if (random_.percent(20)) wish.file_name = random_.percent(50) ? "shared" : "common";
    if (random_.percent(15)) wish.collision = Collision::MakeUnique;
    wish.with_checksum = random_.percent(10);
    wish.keep_when_ended = random_.percent(20);
    const std::uint64_t priority = random_.below(6);
    if (priority == 0) wish.priority = BackgroundTransferPriority::High;
    if (priority == 1) wish.priority = BackgroundTransferPriority::Low;
    const std::uint64_t policy = random_.below(6);
    if (policy == 0) wish.cost_policy = BackgroundTransferCostPolicy::UnrestrictedOnly;
    if (policy == 1) wish.cost_policy = BackgroundTransferCostPolicy::Always;
    const ByteCount size = random_.percent(4) ? 0 : random_.between(1, 5000);
    specs.push_back(world_.make_spec(app, size, wish));
    uris_.push_back(specs.back().uri);
  }
  const auto remember = [this](const Result<std::vector<TransferId>>& created) {
    if (!created.ok()) return;
    ids_.insert(ids_.end(), created->begin(), created->end());
  };
  if (specs.size() > 1 && random_.percent(40)) {
    std::vector<std::vector<TransferSpec>> parts(2);
    parts[1].push_back(std::move(specs.back()));
    specs.pop_back();
    parts[0] = std::move(specs);
    return world_.ask_batch(std::move(parts), random_.percent(70), random_.percent(80), remember);
  }
  world_.ask_create(app, std::move(specs), random_.percent(70), random_.percent(70), remember);
}

void RandomDay::app_step() {
  if (!world_.is_ready()) return;
  if (ids_.size() < kMostOperations && (ids_.size() < 2 || random_.percent(25))) return create();
  const TransferId id = any_id();
  const std::uint64_t dice = random_.below(100);
  if (dice < 5) {
    world_.ask_all(ControlVerb::Start, ids_);
  } else if (dice < 20) {
    world_.ask(ControlVerb::Start, id);
  } else if (dice < 36) {
    world_.ask(ControlVerb::Pause, id);
  } else if (dice < 56) {
    world_.ask(ControlVerb::Resume, id);
  } else if (dice < 64) {
    world_.ask(ControlVerb::Cancel, id);
  } else if (dice < 68) {
    world_.ask(ControlVerb::Forget, id);
  } else if (dice < 74) {
    world_.ask(ControlVerb::Collect, id);
  } else if (dice < 82) {
    WishedChange wish;
    if (random_.percent(50)) wish.priority = BackgroundTransferPriority::High;
    if (random_.percent(30)) wish.priority = BackgroundTransferPriority::Low;
    if (random_.percent(40)) wish.cost_policy = BackgroundTransferCostPolicy::UnrestrictedOnly;
    if (random_.percent(20)) wish.set_headers = {{"X-Token", "a"}};
    world_.ask_change(id, std::move(wish));
  } else if (dice < 92) {
    world_.attach("org.example.a", id);
  } else if (dice < 96) {
    world_.detach("org.example.a", id);
  } else {
    world_.ask_list();
  }
}

// --- network and disk --------------------------------------------------------------------------

void RandomDay::engine_step() {
  const auto& attempts = world_.engine.attempts();
  if (attempts.empty()) return;
  auto chosen = attempts.begin();
  std::advance(chosen, static_cast<std::ptrdiff_t>(random_.below(attempts.size())));
  const AttemptId attempt = chosen->first;
  if (chosen->second.stop_wanted && random_.percent(60)) {
    if (random_.percent(10)) world_.engine.fail_sync(attempt);
    return world_.engine.finish_stop(attempt);
  }
  if (random_.percent(12)) return engine_trouble(attempt);
  if (random_.percent(5)) return world_.engine.change_pace(attempt, random_.percent(70));
  if (!chosen->second.answered) return world_.engine.answer(attempt);
  const std::uint64_t dice = random_.below(100);
  if (dice < 50) {
    world_.engine.send(attempt, random_.between(1, 3000));
  } else if (dice < 70) {
    world_.engine.checkpoint(attempt);
  } else {
    world_.engine.send(attempt, 5000);
    world_.engine.end_body(attempt);
  }
}

void RandomDay::engine_trouble(AttemptId attempt) {
  switch (random_.below(8)) {
    case 0:
    case 1:
    case 2:
      return world_.engine.break_off(attempt, ScriptedEngine::Break::Reset);
    case 3:
      return world_.engine.break_off(attempt, ScriptedEngine::Break::Timeout);
    case 4:
      return world_.engine.break_off(attempt, ScriptedEngine::Break::Tls);
    case 5:
      if (random_.percent(50)) world_.engine.fail_sync(attempt);
      return world_.engine.fill_disk(attempt);
    case 6:
      world_.engine.fail_sync(attempt);
      return world_.engine.checkpoint(attempt);
    default:
      return world_.engine.end_body(attempt);
  }
}

void RandomDay::files_step() {
  using Fault = ScriptedFiles::Fault;
  const std::uint64_t dice = random_.below(100);
  world_.files.run_one(dice < 85   ? Fault::None
                       : dice < 90 ? Fault::Lost
                       : dice < 95 ? Fault::Full
                                   : Fault::Refused);
}

// --- the rest of the world ---------------------------------------------------------------------

void RandomDay::outside_step() {
  Facts facts = world_.facts;
  switch (random_.below(10)) {
    case 0:
    case 1:
      facts.network.connected = !facts.network.connected;
      return world_.set_facts(facts);
    case 2:
      facts.network.cost = facts.network.cost == NetworkCostType::Fixed
                               ? NetworkCostType::Unrestricted
                               : NetworkCostType::Fixed;
      return world_.set_facts(facts);
    case 3:
      facts.power.holds_background = !facts.power.holds_background;
      return world_.set_facts(facts);
    case 4: {
      Limits limits = world_.manager().limits();
      limits.running = static_cast<std::uint32_t>(random_.between(1, 4));
      limits.running_per_origin = static_cast<std::uint32_t>(random_.between(1, 3));
      return world_.set_limits(limits);
    }
    case 5:
    case 6:
      return server_step();
    case 7:
      return world_.pass_time(hours(1));
    default:
      return world_.pass_time(milliseconds(random_.between(1, 10'000)));
  }
}

void RandomDay::server_step() {
  if (uris_.empty()) return;
  const std::string& uri = random_.pick(uris_);
  ServedFile& file = world_.server.file(uri);
  switch (random_.below(6)) {
    case 0:
    case 1:
      return world_.server.replace(uri, random_.between(1, 5000));
    case 2:
      // Not with crashes: nothing but the server's version tells to which row a file belongs.
      if (has_crashed_) return;
      crashes_ = false;
      return world_.server.revert(uri);
    case 3:
      file.manner = static_cast<RangeManner>(random_.below(6));
      return;
    case 4:
      file.error_status = random_.percent(80) ? 503 : 404;
      file.errors_left = 1;
      file.retry_after = random_.percent(50) ? std::optional<Duration>(seconds(30)) : std::nullopt;
      return;
    default:
      file.tells_length = !file.tells_length;
      return;
  }
}

void RandomDay::crash() {
  has_crashed_ = true;
  const std::uint64_t dice = random_.below(10);
  if (dice == 0) {
    if (world_.is_ready()) world_.drain();
    world_.kill();
  } else if (dice == 1) {
    world_.store.fail_next_write();
    return;
  } else if (dice < 6) {
    world_.kill();
  } else {
    world_.power_cut();
  }
  world_.start();
}

void RandomDay::make_sure_it_runs() {
  if (!world_.store_has_failed()) return;
  world_.kill();
  world_.start();
}

void RandomDay::heal() {
  make_sure_it_runs();
  world_.server.heal();
  world_.store.fail_next_write(false);
  world_.settle();
  make_sure_it_runs();
  Facts facts = world_.facts;
  facts.network.connected = true;
  facts.network.cost = NetworkCostType::Unrestricted;
  facts.power.holds_background = false;
  world_.set_facts(facts);
  world_.run_until_idle();
  world_.check_at_rest();
}

}  // namespace lh::sim
