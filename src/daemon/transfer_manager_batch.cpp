// The part of TransferManager that creates batches too large for one call.
#include <memory>
#include <utility>

#include "daemon/snapshots.h"
#include "daemon/transfer_manager.h"
#include "platform/log.h"

namespace lh {
namespace {

constexpr std::size_t kToldPage = 256;

}  // namespace

void TransferManager::stage(std::uint64_t batch, std::vector<TransferSpec> specs, bool start,
                            std::vector<TransferId> ids,
                            Done<Result<std::vector<TransferId>>> done) {
  std::vector<Transfer> rows;
  rows.reserve(specs.size());
  for (std::size_t i = 0; i < specs.size(); ++i) {
    rows.push_back(created(ids[i], std::move(specs[i]), start).transfer);
  }
  seams_.store.stage(
      batch, std::move(rows),
      [ids = std::move(ids), done = std::move(done)](const Result<void>& staged) mutable {
        if (!staged.ok()) return done(staged.error());
        done(std::move(ids));
      });
}

void TransferManager::publish(std::uint64_t batch, Done<Result<std::uint64_t>> done) {
  seams_.store.publish(batch, limits_.max_operations_per_app,
                       [this, done = std::move(done)](const Result<Published>& published) {
                         if (!published.ok()) return done(published.error());
                         was_published(*published);
                         done(published->ids.size());
                         schedule();
                       });
}

void TransferManager::was_published(const Published& published) {
  log(LogLevel::Info, "a batch of " + std::to_string(published.ids.size()) + " was created");
  if (published.first) leave_to_store(window_.uncover(*published.first));
  behind_is_known_ = false;
  if (!outside_.has_watchers()) return;
  untold_.insert(published.ids.begin(), published.ids.end());
  tell_created(std::make_shared<const std::vector<TransferId>>(published.ids), 0);
}

void TransferManager::drop(std::uint64_t batch) {
  seams_.store.drop(batch, [](const Result<void>& dropped) {
    // Nobody sees those rows, and they go with the service.
    if (!dropped.ok()) log(LogLevel::Warning, dropped.error().message());
  });
}

void TransferManager::tell_created(const std::shared_ptr<const std::vector<TransferId>>& ids,
                                   std::size_t from) {
  std::vector<TransferId> page;
  for (; from < ids->size() && page.size() < kToldPage; ++from) {
    if (untold_.contains((*ids)[from])) page.push_back((*ids)[from]);
  }
  if (page.empty()) return;
  seams_.store.load(page, [this, page, ids, from](const Result<std::vector<Transfer>>& rows) {
    if (!rows.ok()) return fail(rows.error());
    for (const Transfer& row : *rows) tell_created(row);
    for (const TransferId& id : page) untold_.erase(id);  // forgotten ones too
    tell_created(ids, from);
  });
}

void TransferManager::tell_created(const Transfer& transfer) {
  if (untold_.erase(transfer.id) == 0 || !outside_.has_listeners(transfer)) return;
  Change change;
  change.what = Change::What::Created;
  change.time = seams_.clock.now();
  change.snapshot = snapshot_of(transfer, 0);
  outside_.tell(change);
}

}  // namespace lh
