// The part of TransferManager that answers how things stand.
#include <algorithm>
#include <utility>

#include "daemon/snapshots.h"
#include "daemon/transfer_manager.h"

namespace lh {

void TransferManager::list(ListWish wish, Done<Result<std::vector<Snapshot>>> done) {
  const ListFilter filter = wish.filter;
  const std::uint64_t after = wish.after;
  const std::uint32_t limit = wish.limit;
  seams_.store.list(
      filter, after, limit,
      [this, wish = std::move(wish),
       done = std::move(done)](Result<std::vector<ListedTransfer>> rows) mutable {
        if (!rows.ok()) return done(rows.error());
        std::vector<Snapshot> page;
        for (const ListedTransfer& row : *rows) {
          LiveTransfer* const entry = find(row.transfer.id);
          if (entry != nullptr) entry->sequence = row.sequence;
          Snapshot snapshot =
              snapshot_of(entry != nullptr ? entry->visible() : row.transfer, row.sequence);
          if (wish.statuses.empty() ||
              std::ranges::find(wish.statuses, snapshot.status) != wish.statuses.end()) {
            page.push_back(std::move(snapshot));
          }
        }
        if (page.empty() && !rows->empty()) {
          wish.after = rows->back().sequence;
          return list(std::move(wish), std::move(done));
        }
        done(std::move(page));
      });
}

void TransferManager::show(const TransferId& id, Done<std::optional<Shown>> done) {
  with({id}, [this, done = std::move(done)](const Entries& entries) {
    if (entries[0] == nullptr) return done(std::nullopt);
    const LiveTransfer& entry = *entries[0];
    const Transfer& transfer = entry.visible();
    done(Shown{transfer, snapshot_of(transfer, entry.sequence), make_details(transfer)});
  });
}

void TransferManager::count(
    Done<Result<std::vector<std::pair<BackgroundTransferStatus, std::uint64_t>>>> done) {
  seams_.store.count([this, done = std::move(done)](Result<PhaseCounts> counted) {
    if (!counted.ok()) return done(counted.error());
    std::vector<std::pair<BackgroundTransferStatus, std::uint64_t>> by_status;
    const auto at = [&by_status](BackgroundTransferStatus status) -> std::uint64_t& {
      for (auto& [value, number] : by_status) {
        if (value == status) return number;
      }
      return by_status.emplace_back(status, 0).second;
    };
    // Rows know no attempts: what has one is stored as queued.
    for (std::size_t phase = 0; phase < counted->size(); ++phase) {
      Transfer row;
      row.state.phase = static_cast<Phase>(phase);
      at(status_of(row, facts_)) += (*counted)[phase];
    }
    Transfer queued;
    queued.state.phase = Phase::Queued;
    for (const auto& [id, entry] : live_) {
      const Transfer& transfer = entry->transfer;
      if (transfer.state.phase != Phase::Queued || is_waiting_for_slot(transfer)) continue;
      std::uint64_t& waiting = at(status_of(queued, facts_));
      if (waiting == 0) continue;
      --waiting;
      ++at(status_of(transfer, facts_));
    }
    done(std::move(by_status));
  });
}

void TransferManager::give_up(const SecretId& secret) {
  seams_.store.unused_secrets({secret}, [this](const Result<std::vector<SecretId>>& unused) {
    // What cannot be looked up now goes at the next start.
    if (!unused.ok()) return;
    for (const SecretId& id : *unused) outside_.drop_secret(id);
  });
}

}  // namespace lh
