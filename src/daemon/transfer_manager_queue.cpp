// The half of TransferManager that decides who runs next and when to look again.
#include <algorithm>
#include <iterator>
#include <tuple>
#include <unordered_set>
#include <utility>

#include "core/model/web_error.h"
#include "daemon/transfer_manager.h"
#include "platform/log.h"

namespace lh {
namespace {

/// Finished files whose sync and rename are still due: bounds memory when the network is faster
/// than the disk.
constexpr std::size_t kMostFileJobs = 2048;
/// The same for rows that the store has not written yet, which on a full disk is never.
constexpr std::size_t kMostUnstored = 2048;
constexpr std::uint32_t kExpiryPage = 500;

}  // namespace

void TransferManager::recover(Done<Result<void>> done) {
  seams_.store.last_queue_position([this](Result<std::uint64_t> last) {
    if (!last.ok()) return fail(last.error());
    last_queue_position_ = std::max(last_queue_position_, *last);
  });
  seams_.store.load_finishing([this, done = std::move(done)](Result<std::vector<Transfer>> rows) {
    if (!rows.ok()) return done(rows.error());
    for (Transfer& row : *rows) {
      Step first = lh::recover(row, surroundings(row));
      LiveTransfer& entry = adopt(std::move(row));
      runner_.take(entry, std::move(first), facts_, seams_.clock.now());
      if (entry.transfer.live.file_job) ++file_jobs_;
      runner_.advance(TransferId(entry.transfer.id));
    }
    expire_old();
    wake();
    schedule();
    done({});
  });
}

void TransferManager::schedule() {
  if (scheduling_ || store_has_failed_ || facts_.draining) return;
  scheduling_ = true;
  Choice choice;
  schedule_when_stored_ = runner_.unstored() >= kMostUnstored;
  if (file_jobs_ < kMostFileJobs && !schedule_when_stored_) {
    choice = choose(active_, candidates(), limits_);
  }
  for (const TransferId& id : choice.start) grant(id);
  scheduling_ = false;
  if (!window_.complete() && window_.size() < marks_.low) return refill();
  if (choice.slots_left && !window_.complete()) look_behind_window();
}

std::vector<Candidate> TransferManager::candidates() {
  std::vector<Candidate> queue;
  if (active_.running >= limits_.running) return queue;
  for (const auto& [origin, items] : window_.by_origin()) {
    std::uint32_t room = active_.free_slots(origin, limits_);
    for (auto item = items.begin(); room > 0 && item != items.end(); ++item) {
      if (!may_start(*find(item->id))) continue;
      queue.push_back({item->id, item->key, origin});
      --room;
    }
  }
  std::ranges::sort(queue, {}, [](const Candidate& each) { return std::tie(each.key, each.id); });
  return queue;
}

QueueHold TransferManager::hold_of(const Transfer& transfer) const {
  const auto running = active_.per_origin.find(transfer.spec.origin);
  const bool origin_is_busy =
      running != active_.per_origin.end() && running->second >= limits_.running_per_origin;
  return origin_is_busy ? QueueHold::OriginSlots : QueueHold::Slots;
}

bool TransferManager::may_start(const LiveTransfer& entry) const {
  return hold_reason(entry.transfer.spec, facts_) == StopReason::None && !entry.erasing;
}

void TransferManager::grant(const TransferId& id) {
  LiveTransfer* const entry = find(id);
  if (entry == nullptr) return;
  feed(*entry, event::SlotGranted{++last_attempt_});
}

void TransferManager::refill() {
  if (refilling_) return;
  refilling_ = true;
  const QueueKey after = window_.end();
  seams_.store.load_queue(after, {}, marks_.page,
                          [this, after](Result<std::vector<Transfer>> rows) {
                            if (!rows.ok()) return fail(rows.error());
                            refilling_ = false;
                            // If the window was cut meanwhile, this page is not the next one.
                            if (after == window_.end()) take_page(std::move(*rows));
                            schedule();
                          });
}

void TransferManager::take_page(std::vector<Transfer> rows) {
  std::optional<QueueKey> last;
  if (!rows.empty()) last = queue_key_of(rows.back());
  window_.extend(last, rows.size() == marks_.page);
  for (Transfer& row : rows) settle(adopt(std::move(row)));
}

void TransferManager::look_behind_window() {
  const bool held = !facts_.network.connected || facts_.power.holds_background;
  if (held || looking_behind_ || nothing_new_behind() || refilling_) return;
  looking_behind_ = true;
  behind_is_known_ = true;  // until something changes meanwhile
  passed_over_.clear();
  look_behind(window_.end(), limits_.running);
}

bool TransferManager::nothing_new_behind() const {
  return behind_is_known_ && std::ranges::none_of(passed_over_, [this](const std::string& origin) {
           return active_.free_slots(origin, limits_) > 0;
         });
}

void TransferManager::look_behind(QueueKey after, std::uint32_t limit) {
  std::vector<std::string> busy;
  for (const auto& [origin, running] : active_.per_origin) {
    if (running >= limits_.running_per_origin) busy.push_back(origin);
  }
  passed_over_.insert(busy.begin(), busy.end());
  seams_.store.load_queue(
      after, std::move(busy), limit, [this, limit](Result<std::vector<Transfer>> rows) {
        if (!rows.ok()) return fail(rows.error());
        std::optional<QueueKey> last;
        if (rows->size() == limit) last = queue_key_of(rows->back());
        for (Transfer& row : *rows) start_from_behind(adopt(std::move(row)));
        // Those may all be held by something that does not hold the ones behind them.
        const bool goes_on = last && active_.running < limits_.running && !facts_.draining;
        if (goes_on) return look_behind(*last, marks_.page);
        if (last) behind_is_known_ = false;
        looking_behind_ = false;
        schedule();
      });
}

void TransferManager::start_from_behind(LiveTransfer& entry) {
  const bool has_room = active_.free_slots(entry.transfer.spec.origin, limits_) > 0;
  if (has_room && is_waiting_for_slot(entry.transfer) && may_start(entry) && !facts_.draining) {
    return grant(TransferId(entry.transfer.id));
  }
  if (!has_room) passed_over_.insert(entry.transfer.spec.origin);
  settle(entry);
}

void TransferManager::shed_window() {
  leave_to_store(window_.shed());
}

void TransferManager::leave_to_store(const std::vector<TransferId>& ids) {
  if (!ids.empty()) behind_is_known_ = false;
  for (const TransferId& id : ids) {
    LiveTransfer* const entry = find(id);
    if (entry == nullptr) continue;
    entry->in_window = false;
    settle(*entry);
  }
}

void TransferManager::note_wake(TimePoint when) {
  if (next_wake_ && *next_wake_ <= when) return;
  next_wake_ = when;
  outside_.wake_at(next_wake_);
}

void TransferManager::ask_next_wake() {
  if (asking_wake_) return;
  asking_wake_ = true;
  seams_.store.next_wake([this](Result<std::optional<TimePoint>> when) {
    asking_wake_ = false;
    if (!when.ok()) return fail(when.error());
    if (*when) note_wake(**when);
  });
}

void TransferManager::expire_old() {
  const TimePoint before = seams_.clock.now() - limits_.retention;
  seams_.store.load_expired(before, kExpiryPage, [this](Result<std::vector<TransferId>> ids) {
    if (!ids.ok()) return fail(ids.error());
    if (ids->empty()) return;
    const bool more = ids->size() == kExpiryPage;
    control(ControlVerb::Forget, *ids, [this, more](const std::vector<RefusedTransfer>& refused) {
      if (more && refused.empty()) expire_old();
    });
  });
}

}  // namespace lh
