#include "store/queue_scan.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "store/statement.h"

namespace lh {
namespace {

/// So many index entries are read one by one before looking at origins instead. As a rule the
/// queue's head has what is wanted.
std::uint64_t plain_scan_budget(std::size_t limit) {
  return 1000 + 2 * limit;
}

/// The first waiting operation of an origin that was not taken yet.
struct Head {
  QueueKey key;
  std::int64_t sequence = 0;
  std::string origin;
};
bool earlier(const Head& a, const Head& b) {
  return a.key < b.key;
}
bool later(const Head& a, const Head& b) {
  return b.key < a.key;
}

class QueueScan {
 public:
  QueueScan(Database& database, QueueKey after, const std::vector<std::string>& busy_origins,
            std::uint32_t limit)
      : database_(database),
        position_(after),
        busy_(busy_origins.begin(), busy_origins.end()),
        limit_(limit) {}

  Result<std::vector<std::int64_t>> run() {
    const auto at_end = scan_in_order();
    if (!at_end) return at_end.error();
    if (!*at_end && found_.size() < limit_) {
      if (auto merged = merge_origins(); !merged) return std::move(merged).error();
    }
    return std::move(found_);
  }

 private:
  /// True if the queue has no more. Leaves `position_` where it stopped.
  Result<bool> scan_in_order() {
    const std::uint64_t budget = plain_scan_budget(limit_);
    Statement rows(database_,
                   "SELECT sequence, rank, queue_position, origin"
                   " FROM transfer INDEXED BY queue"
                   " WHERE phase = 1 AND (rank, queue_position) > (?1, ?2)"
                   " ORDER BY rank, queue_position LIMIT ?3");
    rows.bind(position_.rank).bind(position_.position).bind(budget);
    for (std::uint64_t seen = 0; found_.size() < limit_; ++seen) {
      const auto row = rows.next();
      if (!row || !*row) return row ? Result<bool>(seen < budget) : row;
      position_ = {static_cast<std::uint8_t>(rows.integer(1)), rows.unsigned_integer(2)};
      if (!busy_.contains(rows.text(3))) found_.push_back(rows.integer(0));
    }
    return false;
  }

  /// Takes the free origins' waiting operations in the order of the queue.
  Result<void> merge_origins() {
    auto heads = first_heads();
    if (!heads) return std::move(heads).error();
    std::vector<Head>& heap = *heads;
    std::make_heap(heap.begin(), heap.end(), later);
    while (!heap.empty() && found_.size() < limit_) {
      std::pop_heap(heap.begin(), heap.end(), later);
      const Head head = std::move(heap.back());
      heap.pop_back();
      found_.push_back(head.sequence);
      auto next = head_after(head.origin, head.key);
      if (!next) return std::move(next).error();
      if (!*next) continue;
      heap.push_back(std::move(**next));
      std::push_heap(heap.begin(), heap.end(), later);
    }
    return {};
  }

  /// Of every free origin the first one; no more than can be wanted, the earliest ones.
  Result<std::vector<Head>> first_heads() {
    const std::size_t wanted = limit_ - found_.size();
    std::vector<Head> heads;  // a heap, the latest on top
    std::string origin;
    for (bool first = true;; first = false) {
      const auto more = first ? first_origin(origin) : next_origin(origin);
      if (!more) return more.error();
      if (!*more) return heads;
      if (busy_.contains(origin)) continue;
      auto head = head_after(origin, position_);
      if (!head) return std::move(head).error();
      if (!*head) continue;
      heads.push_back(std::move(**head));
      std::push_heap(heads.begin(), heads.end(), earlier);
      if (heads.size() > wanted) {
        std::pop_heap(heads.begin(), heads.end(), earlier);
        heads.pop_back();
      }
    }
  }

  Result<bool> first_origin(std::string& origin) {
    Statement row(database_,
                  "SELECT origin FROM transfer INDEXED BY queue_by_origin"
                  " WHERE phase = 1 ORDER BY origin LIMIT 1");
    return step_to(origin, row);
  }

  /// Replaces `origin` by the next one in the alphabet that has waiting operations.
  Result<bool> next_origin(std::string& origin) {
    Statement row(database_,
                  "SELECT origin FROM transfer INDEXED BY queue_by_origin"
                  " WHERE phase = 1 AND origin > ?1 ORDER BY origin LIMIT 1");
    return step_to(origin, row.bind(origin));
  }

  static Result<bool> step_to(std::string& origin, Statement& row) {
    const auto found = row.next();
    if (found && *found) origin = row.text(0);
    return found;
  }

  Result<std::optional<Head>> head_after(const std::string& origin, QueueKey key) {
    Statement row(database_,
                  "SELECT sequence, rank, queue_position FROM transfer INDEXED BY queue_by_origin"
                  " WHERE phase = 1 AND origin = ?1 AND (rank, queue_position) > (?2, ?3)"
                  " ORDER BY rank, queue_position LIMIT 1");
    row.bind(origin).bind(key.rank).bind(key.position);
    const auto found = row.next();
    if (!found) return found.error();
    if (!*found) return std::optional<Head>();
    const QueueKey next{static_cast<std::uint8_t>(row.integer(1)), row.unsigned_integer(2)};
    return std::optional(Head{next, row.integer(0), origin});
  }

  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };

  Database& database_;
  QueueKey position_;
  std::unordered_set<std::string, TextHash, std::equal_to<>> busy_;
  std::size_t limit_;
  std::vector<std::int64_t> found_;
};

}  // namespace

Result<std::vector<std::int64_t>> scan_queue(Database& database, QueueKey after,
                                             const std::vector<std::string>& busy_origins,
                                             std::uint32_t limit) {
  return QueueScan(database, after, busy_origins, limit).run();
}

}  // namespace lh
