#include "daemon/transfer_manager.h"

#include <algorithm>
#include <utility>

#include "core/model/web_error.h"
#include "daemon/snapshots.h"
#include "platform/log.h"

namespace lh {
namespace {

constexpr std::uint32_t kDuePage = 256;
constexpr std::size_t kWatchedPage = 256;

TransferError not_found() {
  TransferError error;
  error.hresult = hr::kNotFound;
  error.kind = ErrorKind::NotFound;
  error.message = "there is no such transfer";
  return error;
}

/// One more or one less, of all and of an origin.
void recount(std::uint32_t& all, std::unordered_map<std::string, std::uint32_t>& per_origin,
             const std::string& origin, bool one_more) {
  if (one_more) {
    ++all;
    ++per_origin[origin];
    return;
  }
  --all;
  if (--per_origin[origin] == 0) per_origin.erase(origin);
}

}  // namespace

struct TransferManager::Filed {
  explicit Filed(const Transfer& transfer)
      : has_slot(transfer.live.has_slot),
        is_stuck(lh::is_stuck(transfer)),
        file_job(transfer.live.file_job),
        key(queue_key_of(transfer)) {}
  bool has_slot;
  bool is_stuck;
  bool file_job;
  QueueKey key;
};

TransferManager::TransferManager(Seams seams, Outside outside, Limits limits, std::string boot_id,
                                 std::uint64_t seed, QueueMarks marks)
    : seams_(seams),
      outside_(std::move(outside)),
      limits_(std::move(limits)),
      boot_id_(std::move(boot_id)),
      random_state_(seed | 1),
      runner_({seams.store, seams.engine, seams.files},
              {.find = [this](const TransferId& id) { return find(id); },
               .reply =
                   [this](RequestId request, std::optional<TransferError> error) {
                     answer(request, std::move(error));
                   },
               .has_listeners = outside_.has_listeners,
               .tell = [this](const Change& change) { outside_.tell(change); },
               .hold_of = [this](const Transfer& transfer) { return hold_of(transfer); },
               .drop_secret = [this](const SecretId& secret) { give_up(secret); },
               .drop_body = outside_.drop_body,
               .settled = [this](LiveTransfer& entry) { came_to_rest(entry); },
               .stored =
                   [this] {
                     if (schedule_when_stored_) schedule();
                   },
               .store_failed = [this](const Error& error) { fail(error); }}),
      marks_(marks),
      window_(marks.high) {}

TransferManager::~TransferManager() = default;

Surroundings TransferManager::surroundings(const Transfer& transfer) {
  // xorshift64: jitter needs no better source, and simulations need the same sequence again.
  random_state_ ^= random_state_ << 13;
  random_state_ ^= random_state_ >> 7;
  random_state_ ^= random_state_ << 17;
  const double jitter = static_cast<double>(random_state_ >> 11) * 0x1.0p-53;
  Surroundings in{seams_.clock.now(), facts_, limits_, boot_id_, jitter};
  in.is_attended = transfer.spec.kind == TransferKind::Upload && outside_.is_attended(transfer);
  return in;
}

// --- entries -----------------------------------------------------------------------------------

LiveTransfer* TransferManager::find(const TransferId& id) {
  const auto it = live_.find(id);
  return it == live_.end() ? nullptr : it->second.get();
}

LiveTransfer& TransferManager::adopt(Transfer transfer) {
  std::unique_ptr<LiveTransfer>& entry = live_[transfer.id];
  if (!entry) {
    tell_created(transfer);  // before anything else of it
    entry = std::make_unique<LiveTransfer>();
    entry->transfer = std::move(transfer);
  }
  return *entry;
}

void TransferManager::with(std::vector<TransferId> ids, std::function<void(const Entries&)> work) {
  std::vector<TransferId> missing;
  for (const TransferId& id : ids) {
    if (LiveTransfer* entry = find(id)) {
      ++entry->pins;
    } else {
      missing.push_back(id);
    }
  }
  if (missing.empty()) return work_with(ids, work);
  seams_.store.load(missing, [this, missing, ids = std::move(ids),
                              work = std::move(work)](Result<std::vector<Transfer>> rows) {
    if (!rows.ok()) fail(rows.error());
    if (rows.ok()) {
      for (Transfer& row : *rows) adopt(std::move(row));
    }
    for (const TransferId& id : missing) {
      if (LiveTransfer* entry = find(id)) ++entry->pins;
    }
    work_with(ids, work);
  });
}

void TransferManager::work_with(const std::vector<TransferId>& ids,
                                const std::function<void(const Entries&)>& work) {
  Entries entries;
  entries.reserve(ids.size());
  for (const TransferId& id : ids) {
    LiveTransfer* const entry = find(id);
    entries.push_back(entry != nullptr && !entry->erasing ? entry : nullptr);
  }
  work(entries);
  for (const TransferId& id : ids) {
    if (LiveTransfer* entry = find(id)) {
      if (entry->pins > 0) --entry->pins;
      settle(*entry);
    }
  }
  schedule();
}

Snapshot TransferManager::snapshot_of(const Transfer& transfer, std::uint64_t sequence) const {
  return make_snapshot(transfer, facts_, hold_of(transfer), sequence);
}

void TransferManager::feed(LiveTransfer& entry, const Event& event) {
  const Filed before(entry.transfer);
  take(entry, step(entry.transfer, event, surroundings(entry.transfer)), before);
}

void TransferManager::take(LiveTransfer& entry, Step step, const Filed& before) {
  const TransferId id = entry.transfer.id;
  runner_.take(entry, std::move(step), facts_, seams_.clock.now());
  refile(entry, before);
  runner_.advance(id);
}

void TransferManager::refile(LiveTransfer& entry, const Filed& before) {
  const Transfer& transfer = entry.transfer;
  const std::string& origin = transfer.spec.origin;
  if (before.has_slot != transfer.live.has_slot) {
    recount(active_.running, active_.per_origin, origin, transfer.live.has_slot);
  }
  if (before.is_stuck != is_stuck(transfer)) {
    recount(active_.stuck, active_.stuck_per_origin, origin, is_stuck(transfer));
  }
  if (before.file_job != transfer.live.file_job) {
    if (transfer.live.file_job) {
      ++file_jobs_;
    } else {
      --file_jobs_;
    }
  }
  const bool waits = is_waiting_for_slot(transfer);
  if (entry.in_window && (!waits || before.key != queue_key_of(transfer))) {
    window_.remove(before.key, transfer.id);
    entry.in_window = false;
  }
  if (waits && !entry.in_window) file_in_window(entry);
  if (transfer.state.wake_at) note_wake(*transfer.state.wake_at);
}

void TransferManager::file_in_window(LiveTransfer& entry) {
  const QueueKey key = queue_key_of(entry.transfer);
  if (window_.covers(key)) {
    window_.add(key, entry.transfer.id, entry.transfer.spec.origin);
    entry.in_window = true;
    return;
  }
  behind_is_known_ = false;
}

void TransferManager::came_to_rest(LiveTransfer& entry) {
  if (is_waiting_for_slot(entry.transfer) && !entry.in_window) {
    // Pages that were read before its row was stored do not have it.
    behind_is_known_ = false;
    schedule_when_stored_ = true;
  }
  // A wake-up meanwhile asked for the next one before this row was stored.
  if (entry.transfer.state.wake_at) note_wake(*entry.transfer.state.wake_at);
  settle(entry);
}

void TransferManager::settle(LiveTransfer& entry) {
  if (entry.is_busy()) return;
  if (entry.when_settled.empty()) return file_or_let_go(entry);
  const TransferId id = entry.transfer.id;
  for (auto& work : std::exchange(entry.when_settled, {})) work();
  LiveTransfer* const left = find(id);
  if (left != nullptr && !left->is_busy()) file_or_let_go(*left);
}

void TransferManager::file_or_let_go(LiveTransfer& entry) {
  // The window may have grown over it since it was queued.
  if (is_waiting_for_slot(entry.transfer) && !entry.in_window && !entry.erasing &&
      window_.covers(queue_key_of(entry.transfer))) {
    file_in_window(entry);
  }
  if (entry.pins > 0 || entry.in_window) return;
  live_.erase(TransferId(entry.transfer.id));
  if (live_.empty()) outside_.quiet();
}

// --- requests ----------------------------------------------------------------------------------

RequestId TransferManager::expect(std::function<void(std::optional<TransferError>)> answer) {
  const RequestId request = ++last_request_;
  requests_.emplace(request, std::move(answer));
  return request;
}

RequestId TransferManager::expect_tidy(const TransferId& id,
                                       std::function<void(std::optional<TransferError>)> answer) {
  return expect([this, id, answer = std::move(answer)](std::optional<TransferError> error) {
    const bool waits = !error && after_file_work(id, [answer] { answer(std::nullopt); });
    if (!waits) answer(std::move(error));
  });
}

void TransferManager::answer(RequestId request, std::optional<TransferError> error) {
  const auto it = requests_.find(request);
  if (it == requests_.end()) return;
  const auto callback = std::move(it->second);
  requests_.erase(it);
  callback(std::move(error));
}

void TransferManager::fail(const Error& error) {
  if (std::exchange(store_has_failed_, true)) return;
  const TransferError failure = to_transfer_error(error);
  for (auto& [request, callback] : std::exchange(requests_, {})) callback(failure);
  outside_.store_failed(error);
}

Step TransferManager::created(const TransferId& id, TransferSpec spec, bool start) {
  Transfer transfer;
  transfer.id = id;
  transfer.spec = std::move(spec);
  event::Created first;
  first.start = start;
  first.queue_position = start ? ++last_queue_position_ : 0;
  const Surroundings in = surroundings(transfer);
  return step(std::move(transfer), first, in);
}

void TransferManager::create(std::vector<TransferSpec> specs, bool start,
                             std::vector<TransferId> ids,
                             Done<Result<std::vector<TransferId>>> done) {
  struct Prepared {
    std::vector<Step> steps;
    std::vector<TransferId> ids;
  };
  auto prepared = std::make_shared<Prepared>();
  prepared->ids = std::move(ids);
  std::vector<Transfer> rows;
  rows.reserve(specs.size());
  for (std::size_t i = 0; i < specs.size(); ++i) {
    prepared->steps.push_back(created(prepared->ids[i], std::move(specs[i]), start));
    rows.push_back(prepared->steps.back().transfer);
  }
  seams_.store.insert(std::move(rows), limits_.max_operations_per_app,
                      [this, prepared, done = std::move(done)](Result<void> inserted) {
                        if (!inserted.ok()) return done(inserted.error());
                        for (Step& decided : prepared->steps) {
                          // The insertion was the Persist of this step.
                          std::erase_if(decided.actions, [](const Action& action) {
                            return std::holds_alternative<action::Persist>(action);
                          });
                          const bool waits = is_waiting_for_slot(decided.transfer);
                          if (!waits && !outside_.has_listeners(decided.transfer)) continue;
                          LiveTransfer& entry = adopt(decided.transfer);
                          const Filed before(entry.transfer);
                          take(entry, std::move(decided), before);
                        }
                        done(std::move(prepared->ids));
                        shed_window();
                        schedule();
                      });
}

void TransferManager::control(ControlVerb verb, const std::vector<TransferId>& ids,
                              Done<std::vector<RefusedTransfer>> done) {
  struct Batch {
    std::size_t open = 1;
    std::vector<RefusedTransfer> refused;
    Done<std::vector<RefusedTransfer>> done;
    void close_one() {
      if (--open == 0) done(std::move(refused));
    }
  };
  auto batch = std::make_shared<Batch>();
  batch->done = std::move(done);
  with(ids, [this, verb, ids, batch](const Entries& entries) {
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (entries[i] == nullptr) {
        // An end that was delivered twice, or a transfer that was forgotten meanwhile.
        if (verb != ControlVerb::Collect) batch->refused.push_back({ids[i], not_found()});
        continue;
      }
      ++batch->open;
      auto answer = [batch, id = ids[i]](std::optional<TransferError> error) {
        if (error) batch->refused.push_back({id, std::move(*error)});
        batch->close_one();
      };
      LiveTransfer& entry = *entries[i];
      switch (verb) {
        case ControlVerb::Start:
          feed(entry, event::StartRequested{expect(answer), ++last_queue_position_});
          break;
        case ControlVerb::Pause:
          feed(entry, event::PauseRequested{expect(answer)});
          break;
        case ControlVerb::Resume:
          feed(entry, event::ResumeRequested{expect(answer), ++last_queue_position_});
          break;
        case ControlVerb::Cancel:
          feed(entry, event::CancelRequested{expect_tidy(ids[i], answer)});
          break;
        case ControlVerb::Collect:
          if (entry.transfer.spec.keep_when_ended || !is_final(entry.transfer.state.phase)) {
            answer(std::nullopt);
            break;
          }
          erase(entry, [answer](std::optional<TransferError> error) {
            if (error && error->kind == ErrorKind::NotFound) error.reset();  // forgotten meanwhile
            answer(std::move(error));
          });
          break;
        case ControlVerb::Forget:
          erase(entry, answer);
          break;
      }
    }
    batch->close_one();
    shed_window();
  });
}

/// R99: the answer to an upload was kept until now.
void TransferManager::discard_answer(const Transfer& transfer) {
  if (transfer.spec.kind != TransferKind::Upload) return;
  FileService::Job job;
  job.id = transfer.id;
  job.target = transfer.spec.target;
  job.file_name = transfer.spec.target.file_name;
  job.with_result = true;
  seams_.files.discard(std::move(job));
}

void TransferManager::erase(LiveTransfer& entry,
                            std::function<void(std::optional<TransferError>)> answer) {
  const Phase phase = entry.transfer.state.phase;
  if (!is_final(phase) && phase != Phase::Created) {
    TransferError error;
    error.hresult = hr::kIllegalMethodCall;
    error.kind = ErrorKind::IllegalState;
    error.message = "the transfer has not ended; cancel it first";
    return answer(std::move(error));
  }
  const TransferId id = entry.transfer.id;
  if (entry.is_busy()) {
    entry.when_settled.emplace_back([this, id, answer = std::move(answer)]() mutable {
      LiveTransfer* const settled = find(id);
      if (settled == nullptr) return answer(not_found());
      erase(*settled, std::move(answer));
    });
    return;
  }
  entry.erasing = true;
  seams_.store.erase({id}, [this, id, answer = std::move(answer)](Result<void> erased) {
    if (!erased.ok()) {
      fail(erased.error());
      return answer(to_transfer_error(erased.error()));
    }
    LiveTransfer* const gone = find(id);
    if (gone == nullptr) return answer(not_found());
    if (outside_.has_listeners(gone->transfer)) {
      Change change;
      change.what = Change::What::Forgotten;
      change.time = seams_.clock.now();
      change.snapshot = snapshot_of(gone->transfer, gone->sequence);
      outside_.tell(change);
    }
    // Never started.
    if (const auto secret = gone->transfer.spec.secret) give_up(*secret);
    const auto& body = gone->transfer.spec.body;
    if (body && body->is_spooled) outside_.drop_body(id);
    discard_answer(gone->transfer);
    const auto others = std::move(gone->when_settled);  // asked for the same meanwhile
    live_.erase(id);
    answer(std::nullopt);
    for (const auto& work : others) work();
    if (live_.empty()) outside_.quiet();
  });
}

void TransferManager::change(const TransferId& id, WishedChange wish,
                             Done<std::optional<TransferError>> done) {
  with({id}, [this, wish = std::move(wish), done = std::move(done)](const Entries& entries) {
    if (entries[0] == nullptr) return done(not_found());
    WishedChange changed = wish;
    changed.request = expect(done);
    feed(*entries[0], changed);
  });
}

void TransferManager::snapshots(const std::vector<TransferId>& ids,
                                Done<std::vector<Snapshot>> done) {
  with(ids, [this, done = std::move(done)](const Entries& entries) {
    std::vector<Snapshot> snapshots;
    snapshots.reserve(entries.size());
    for (const LiveTransfer* entry : entries) {
      if (entry == nullptr) continue;
      snapshots.push_back(snapshot_of(entry->visible(), entry->sequence));
    }
    done(std::move(snapshots));
    for (LiveTransfer* entry : entries) {
      if (entry != nullptr && entry->transfer.state.request_open)
        feed(*entry, event::AppAttached{});
    }
  });
}

bool TransferManager::after_file_work(const TransferId& id, std::function<void()> work) {
  LiveTransfer* const entry = find(id);
  if (entry == nullptr || !entry->is_busy()) return false;
  const Transfer& transfer = entry->transfer;
  const bool is_file_work = transfer.live.file_job || transfer.state.phase == Phase::Finishing ||
                            is_final(transfer.state.phase);
  if (!is_file_work) return false;
  entry->when_settled.push_back(std::move(work));
  return true;
}

// --- events ------------------------------------------------------------------------------------

void TransferManager::on_events(Events events) {
  for (const auto& [id, event] : events) {
    LiveTransfer* const entry = find(id);
    if (entry == nullptr) continue;
    const auto* pace = std::get_if<event::PaceChanged>(&event);
    const bool keeps_slot = pace != nullptr && pace->stuck &&
                            !active_.may_give_slot_back(entry->transfer.spec.origin, limits_);
    if (keeps_slot) continue;
    if (pace != nullptr && pace->stuck == entry->transfer.live.has_slot) {
      log(LogLevel::Info,
          pace->stuck ? "hardly moves; its slot goes to others until it does" : "moves again",
          id.to_string());
    }
    feed(*entry, event);
  }
  schedule();
}

void TransferManager::set_facts(const Facts& facts, std::vector<TransferId> watched) {
  if (facts == facts_) return;
  const Facts before = std::exchange(facts_, facts);
  schedule();  // first, so that who gets a slot is not told to be Idle
  std::vector<TransferId> ids;
  ids.reserve(live_.size());
  for (const auto& [id, entry] : live_) ids.push_back(id);
  for (const TransferId& id : ids) {
    if (LiveTransfer* entry = find(id)) feed(*entry, event::FactsChanged{});
  }
  std::erase_if(watched, [this](const TransferId& id) { return find(id) != nullptr; });
  tell_shown_status(std::move(watched), before);
  behind_is_known_ = false;
  schedule();
}

void TransferManager::tell_shown_status(std::vector<TransferId> rows, const Facts& before) {
  if (rows.empty()) return;
  std::vector<TransferId> page;
  while (!rows.empty() && page.size() < kWatchedPage) {
    page.push_back(rows.back());
    rows.pop_back();
  }
  seams_.store.load(std::move(page), [this, rows = std::move(rows),
                                      before](Result<std::vector<Transfer>> loaded) mutable {
    if (!loaded.ok()) return fail(loaded.error());
    for (const Transfer& row : *loaded) {
      if (LiveTransfer* const entry = find(row.id)) {
        // Loaded after the facts had changed, for something else.
        feed(*entry, event::FactsChanged{});
        continue;
      }
      if (status_of(row, before) == status_of(row, facts_)) continue;
      Change change;
      change.what = Change::What::Status;
      change.time = seams_.clock.now();
      change.snapshot = make_snapshot(row, facts_, QueueHold::Slots, 0);
      outside_.tell(change);
    }
    schedule();
    tell_shown_status(std::move(rows), before);
  });
}

void TransferManager::set_limits(const Limits& limits) {
  limits_ = limits;
  behind_is_known_ = false;
  schedule();
}

void TransferManager::wake() {
  next_wake_.reset();
  seams_.store.load_due(seams_.clock.now(), kDuePage, [this](Result<std::vector<Transfer>> rows) {
    if (!rows.ok()) return fail(rows.error());
    const bool more = rows->size() == kDuePage;
    for (Transfer& row : *rows) {
      LiveTransfer& entry = adopt(std::move(row));
      feed(entry, event::WakeDue{});
    }
    shed_window();
    schedule();
    if (more) return wake();
    ask_next_wake();
  });
}

void TransferManager::drain() {
  Facts leaving = facts_;
  leaving.draining = true;
  facts_ = leaving;
  std::vector<TransferId> running;
  for (const auto& [id, entry] : live_) {
    if (entry->transfer.live.attempt != 0) running.push_back(id);
  }
  for (const TransferId& id : running) {
    if (LiveTransfer* entry = find(id)) feed(*entry, event::SlotRevoked{StopReason::Shutdown});
  }
}

bool TransferManager::is_drained() const {
  return std::ranges::none_of(live_, [](const auto& item) { return item.second->is_busy(); });
}

void TransferManager::is_quiet(Done<bool> done) {
  if (!is_drained()) return done(false);
  seams_.store.count([this, done = std::move(done)](Result<PhaseCounts> counted) {
    if (!counted.ok() || !is_drained()) return done(false);
    const auto rows = [&](Phase phase) { return (*counted)[static_cast<std::size_t>(phase)]; };
    done(rows(Phase::Queued) == 0 && rows(Phase::RetryAt) == 0 && rows(Phase::DiskFull) == 0 &&
         rows(Phase::Finishing) == 0);
  });
}

}  // namespace lh
