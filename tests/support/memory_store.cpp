#include "support/memory_store.h"

#include <algorithm>

namespace lh::sim {
namespace {

/// The result file that this operation alone may write until it has ended; empty if it is not
/// known yet.
std::string owned_path(const Transfer& transfer) {
  const Target& target = transfer.spec.target;
  if (is_final(transfer.state.phase) || target.file_name.empty()) return {};
  return target.collision == Collision::Replace ? target.folder + "/" + target.file_name : "";
}

QueueKey key_of(const Transfer& transfer) {
  return {rank_of(transfer.spec.priority), transfer.state.queue_position};
}

bool waits_for_time(const Transfer& transfer) {
  const Phase phase = transfer.state.phase;
  return (phase == Phase::RetryAt || phase == Phase::DiskFull) && transfer.state.wake_at;
}

/// What a row keeps: nothing that lives only in memory.
Transfer as_row(Transfer transfer) {
  transfer.live = {};
  return transfer;
}

bool matches(const ListFilter& filter, const Transfer& transfer) {
  if (filter.app && *filter.app != transfer.spec.app) return false;
  if (filter.group && *filter.group != transfer.spec.group) return false;
  if (filter.id_prefix && !transfer.id.to_string().starts_with(*filter.id_prefix)) return false;
  return filter.phases.empty() ||
         std::ranges::find(filter.phases, transfer.state.phase) != filter.phases.end();
}

Error store_error(ErrorKind kind, std::string operation, std::string detail) {
  return Error{kind, 0, std::move(operation), {}, std::move(detail)};
}

}  // namespace

void MemoryStore::execute(std::size_t count) {
  for (; count > 0 && !calls_.empty(); --count) {
    const Call call = std::move(calls_.front());
    calls_.pop_front();
    if (Answer answer = call()) answers_.push_back(std::move(answer));
  }
}

void MemoryStore::deliver(std::size_t count) {
  for (; count > 0 && !answers_.empty(); --count) {
    Answer answer = std::move(answers_.front());
    answers_.pop_front();
    answer();
  }
}

void MemoryStore::crash() {
  drafts_.clear();  // removed at the next start
  calls_.clear();
  answers_.clear();
}

const Transfer* MemoryStore::find(const TransferId& id) const {
  const auto it = rows_.find(id);
  return it == rows_.end() ? nullptr : &it->second.transfer;
}

void MemoryStore::write(std::function<Result<void>()> change, Done<Result<void>> done) {
  if (answers_early_) {
    answers_.push_back([done = std::move(done)] { done({}); });
    calls_.push_back([change = std::move(change)]() -> Answer {
      (void)change();  // nobody waits for the outcome any more
      return {};
    });
    return;
  }
  calls_.push_back([this, change = std::move(change), done = std::move(done)]() -> Answer {
    Result<void> result = std::exchange(fail_next_write_, false)
                              ? store_error(ErrorKind::Store, "write", "disk I/O error")
                              : change();
    return [done, result = std::move(result)] { done(result); };
  });
}

void MemoryStore::index(const Row& row) {
  const Transfer& transfer = row.transfer;
  if (transfer.state.phase == Phase::Queued) queue_.emplace(key_of(transfer), transfer.id);
  if (waits_for_time(transfer)) wakes_.emplace(*transfer.state.wake_at, transfer.id);
  if (const std::string path = owned_path(transfer); !path.empty()) owners_[path] = transfer.id;
  last_queue_position_ = std::max(last_queue_position_, transfer.state.queue_position);
}

void MemoryStore::unindex(const Row& row) {
  const Transfer& transfer = row.transfer;
  queue_.erase({key_of(transfer), transfer.id});
  if (transfer.state.wake_at) wakes_.erase({*transfer.state.wake_at, transfer.id});
  if (const std::string path = owned_path(transfer); !path.empty()) owners_.erase(path);
}

// --- writes ------------------------------------------------------------------------------------

Result<void> MemoryStore::insert_now(const std::vector<Transfer>& transfers,
                                     std::uint64_t max_per_app) {
  std::set<std::string> wanted;
  for (const Transfer& transfer : transfers) {
    const std::string path = owned_path(transfer);
    if (path.empty()) continue;
    if (owners_.contains(path) || !wanted.insert(path).second) {
      return invalid_argument(path + " is the result file of another transfer");
    }
  }
  if (max_per_app > 0) {
    std::map<std::string, std::uint64_t> per_app;
    for (const auto& [id, row] : rows_) ++per_app[row.transfer.spec.app];
    for (const Transfer& transfer : transfers) {
      if (++per_app[transfer.spec.app] > max_per_app) {
        return store_error(ErrorKind::Quota, "create", "too many transfers of one app");
      }
    }
  }
  for (const Transfer& transfer : transfers) {
    Row row{++last_sequence_, as_row(transfer)};
    by_sequence_.emplace(row.sequence, transfer.id);
    index(row);
    const Row& stored = rows_[transfer.id] = std::move(row);
    ++writes_;
    observer_(nullptr, &stored.transfer);
  }
  return {};
}

Result<void> MemoryStore::update_now(const Transfer& transfer) {
  const auto it = rows_.find(transfer.id);
  if (it == rows_.end()) return store_error(ErrorKind::NotFound, "update", "no such row");
  unindex(it->second);
  const Transfer before = std::exchange(it->second.transfer, as_row(transfer));
  index(it->second);
  ++writes_;
  observer_(&before, &it->second.transfer);
  return {};
}

Result<void> MemoryStore::erase_now(const std::vector<TransferId>& ids) {
  for (const TransferId& id : ids) {
    const auto it = rows_.find(id);
    if (it == rows_.end()) continue;
    const Row gone = std::move(it->second);
    rows_.erase(it);
    unindex(gone);
    by_sequence_.erase(gone.sequence);
    ++writes_;
    observer_(&gone.transfer, nullptr);
  }
  return {};
}

void MemoryStore::insert(std::vector<Transfer> transfers, std::uint64_t max_per_app,
                         Done<Result<void>> done) {
  write([this, transfers = std::move(transfers),
         max_per_app] { return insert_now(transfers, max_per_app); },
        std::move(done));
}

void MemoryStore::stage(std::uint64_t batch, std::vector<Transfer> transfers,
                        Done<Result<void>> done) {
  write(
      [this, batch, transfers = std::move(transfers)]() -> Result<void> {
        std::ranges::copy(transfers, std::back_inserter(drafts_[batch]));
        return {};
      },
      std::move(done));
}

Result<Published> MemoryStore::publish_now(std::uint64_t batch, std::uint64_t max_per_app) {
  const std::vector<Transfer> drafts = drafts_[batch];
  drafts_.erase(batch);
  if (auto inserted = insert_now(drafts, max_per_app); !inserted) {
    return std::move(inserted).error();
  }
  Published published;
  for (const Transfer& transfer : drafts) {
    published.ids.push_back(transfer.id);
    if (transfer.state.phase != Phase::Queued) continue;
    const QueueKey key = key_of(transfer);
    published.first = std::min(published.first.value_or(key), key);
  }
  return published;
}

void MemoryStore::publish(std::uint64_t batch, std::uint64_t max_per_app,
                          Done<Result<Published>> done) {
  calls_.push_back([this, batch, max_per_app, done = std::move(done)]() -> Answer {
    Result<Published> result =
        std::exchange(fail_next_write_, false)
            ? Result<Published>(store_error(ErrorKind::Store, "write", "disk I/O error"))
            : publish_now(batch, max_per_app);
    return [done, result = std::move(result)] { done(result); };
  });
}

void MemoryStore::drop(std::uint64_t batch, Done<Result<void>> done) {
  write(
      [this, batch]() -> Result<void> {
        drafts_.erase(batch);
        return {};
      },
      std::move(done));
}

void MemoryStore::update(Transfer transfer, Done<Result<void>> done) {
  write([this, transfer = std::move(transfer)] { return update_now(transfer); }, std::move(done));
}

void MemoryStore::erase(std::vector<TransferId> ids, Done<Result<void>> done) {
  write([this, ids = std::move(ids)] { return erase_now(ids); }, std::move(done));
}

// --- reads -------------------------------------------------------------------------------------

void MemoryStore::load(std::vector<TransferId> ids, Done<Result<std::vector<Transfer>>> done) {
  read(
      [this, ids = std::move(ids)] {
        std::vector<Transfer> found;
        for (const TransferId& id : ids) {
          if (const Transfer* transfer = find(id)) found.push_back(*transfer);
        }
        return found;
      },
      std::move(done));
}

void MemoryStore::load_queue(QueueKey after, std::vector<std::string> busy_origins,
                             std::uint32_t limit, Done<Result<std::vector<Transfer>>> done) {
  read(
      [this, after, busy = std::move(busy_origins), limit] {
        std::vector<Transfer> page;
        for (auto it = queue_.lower_bound({after, TransferId()});
             it != queue_.end() && page.size() < limit; ++it) {
          const Transfer& transfer = *find(it->second);
          const bool is_busy = std::ranges::find(busy, transfer.spec.origin) != busy.end();
          if (it->first > after && !is_busy) page.push_back(transfer);
        }
        return page;
      },
      std::move(done));
}

void MemoryStore::load_due(TimePoint now, std::uint32_t limit,
                           Done<Result<std::vector<Transfer>>> done) {
  read(
      [this, now, limit] {
        std::vector<Transfer> due;
        for (const auto& [when, id] : wakes_) {
          if (when > now || due.size() >= limit) break;
          due.push_back(*find(id));
        }
        return due;
      },
      std::move(done));
}

void MemoryStore::load_finishing(Done<Result<std::vector<Transfer>>> done) {
  read(
      [this] {
        std::vector<Transfer> finishing;
        for (const auto& [sequence, id] : by_sequence_) {
          const Transfer& transfer = *find(id);
          if (transfer.state.phase == Phase::Finishing) finishing.push_back(transfer);
        }
        return finishing;
      },
      std::move(done));
}

void MemoryStore::next_wake(Done<Result<std::optional<TimePoint>>> done) {
  read(
      [this] {
        return wakes_.empty() ? std::nullopt : std::optional<TimePoint>(wakes_.begin()->first);
      },
      std::move(done));
}

void MemoryStore::list(ListFilter filter, std::uint64_t after_sequence, std::uint32_t limit,
                       Done<Result<std::vector<ListedTransfer>>> done) {
  read(
      [this, filter = std::move(filter), after_sequence, limit] {
        std::vector<ListedTransfer> page;
        for (auto it = by_sequence_.upper_bound(after_sequence);
             it != by_sequence_.end() && page.size() < limit; ++it) {
          const Transfer& transfer = *find(it->second);
          if (matches(filter, transfer)) page.push_back({it->first, transfer});
        }
        return page;
      },
      std::move(done));
}

void MemoryStore::count(Done<Result<PhaseCounts>> done) {
  read(
      [this] {
        PhaseCounts counts{};
        for (const auto& [id, row] : rows_) {
          ++counts[static_cast<std::size_t>(row.transfer.state.phase)];
        }
        return counts;
      },
      std::move(done));
}

void MemoryStore::unused_secrets(std::vector<SecretId> secrets,
                                 Done<Result<std::vector<SecretId>>> done) {
  read(
      [this, secrets = std::move(secrets)] {
        std::vector<SecretId> unused;
        for (const SecretId& secret : secrets) {
          const bool is_used = std::ranges::any_of(rows_, [&secret](const auto& row) {
            return row.second.transfer.spec.secret == secret;
          });
          if (!is_used) unused.push_back(secret);
        }
        return unused;
      },
      std::move(done));
}

void MemoryStore::last_queue_position(Done<Result<std::uint64_t>> done) {
  read([this] { return last_queue_position_; }, std::move(done));
}

void MemoryStore::load_expired(TimePoint before, std::uint32_t limit,
                               Done<Result<std::vector<TransferId>>> done) {
  read(
      [this, before, limit] {
        std::vector<std::pair<TimePoint, TransferId>> ended;
        for (const auto& [id, row] : rows_) {
          const auto& when = row.transfer.state.ended;
          if (is_final(row.transfer.state.phase) && when && *when < before) {
            ended.emplace_back(*when, id);
          }
        }
        std::ranges::sort(ended);
        std::vector<TransferId> ids;
        for (const auto& [when, id] : ended) {
          if (ids.size() < limit) ids.push_back(id);
        }
        return ids;
      },
      std::move(done));
}

void MemoryStore::target_folders(Done<Result<std::vector<std::string>>> done) {
  read(
      [this] {
        std::set<std::string> folders;
        for (const auto& [id, row] : rows_) folders.insert(row.transfer.spec.target.folder);
        return std::vector<std::string>(folders.begin(), folders.end());
      },
      std::move(done));
}

}  // namespace lh::sim
