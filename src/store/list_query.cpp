#include "store/list_query.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "store/statement.h"

namespace lh {
namespace {

constexpr std::size_t kPrefixMin = 4;

struct IdRange {
  Guid::Bytes first{};
  Guid::Bytes last{};
};

std::optional<unsigned> hex_value(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return std::nullopt;
}

/// All ids whose text form starts so; nothing if none can.
std::optional<IdRange> ids_with_prefix(std::string_view prefix) {
  IdRange range;
  range.last.fill(0xff);
  std::size_t digits = 0;
  for (std::size_t i = 0; i < prefix.size(); ++i) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (prefix[i] != '-') return std::nullopt;
      continue;
    }
    const auto value = hex_value(prefix[i]);
    if (!value || digits == 2 * range.first.size()) return std::nullopt;
    const std::size_t byte = digits / 2;
    const unsigned shift = digits % 2 == 0 ? 4 : 0;
    range.first[byte] = static_cast<std::uint8_t>(range.first[byte] | *value << shift);
    range.last[byte] =
        static_cast<std::uint8_t>((range.last[byte] & ~(0xfU << shift)) | *value << shift);
    ++digits;
  }
  return range;
}

class ListQuery {
 public:
  ListQuery(Database& database, const ListFilter& filter, std::uint64_t after, std::uint32_t limit)
      : database_(database), filter_(filter), after_(after), limit_(limit) {}

  Result<std::vector<std::int64_t>> run() {
    Result<void> done;
    if (limit_ == 0) return std::move(found_);
    if (filter_.id_prefix) {
      done = find_by_id();
    } else if (filter_.app || filter_.group || !filter_.phases.empty()) {
      done = find_by_app();
    } else {
      Statement rows(database_,
                     "SELECT sequence FROM transfer WHERE sequence > ?1 ORDER BY sequence"
                     " LIMIT ?2");
      done = collect(rows.bind(after_).bind(limit_));
    }
    if (!done) return std::move(done).error();
    return std::move(found_);
  }

 private:
  Result<void> find_by_id() {
    if (filter_.id_prefix->size() < kPrefixMin) {
      return invalid_argument("at least 4 characters of an id are needed");
    }
    const auto range = ids_with_prefix(*filter_.id_prefix);
    if (!range) return {};
    Statement rows(database_,
                   "SELECT sequence, app, group_name, phase FROM transfer"
                   " WHERE id BETWEEN ?1 AND ?2 AND sequence > ?3");
    rows.bind_blob(range->first).bind_blob(range->last).bind(after_);
    for (;;) {
      const auto row = rows.next();
      if (!row) return row.error();
      if (!*row) break;
      const bool wanted = (!filter_.app || rows.text(1) == *filter_.app) &&
                          (!filter_.group || rows.text(2) == *filter_.group) &&
                          wants_phase(rows.integer(3));
      if (wanted) found_.push_back(rows.integer(0));
    }
    keep_first();
    return {};
  }

  /// Each combination of app and phase is a stretch of the index that is in order already; what is
  /// kept of them together is never more than `limit` and one stretch.
  Result<void> find_by_app() {
    std::string app = filter_.app.value_or("");
    for (;;) {
      if (!filter_.app) {
        const auto more = next_app(app);
        if (!more) return more.error();
        if (!*more) return {};
      }
      auto done = filter_.group && !filter_.group->empty() ? find_in_group(app) : find_phases(app);
      if (!done || filter_.app) return done;
    }
  }

  Result<bool> next_app(std::string& app) {
    Statement row(database_,
                  "SELECT app FROM transfer INDEXED BY by_app WHERE app > ?1 ORDER BY app LIMIT 1");
    const auto found = row.bind(app).next();
    if (found && *found) app = row.text(0);
    return found;
  }

  Result<void> find_phases(const std::string& app) {
    constexpr auto kLast = static_cast<std::int64_t>(Phase::Failed);
    for (std::int64_t phase = 0; phase <= kLast; ++phase) {
      if (!wants_phase(phase)) continue;
      // A group that is asked for here is the empty one.
      Statement rows(database_, filter_.group
                                    ? "SELECT sequence FROM transfer INDEXED BY by_app WHERE app = "
                                      "?1 AND phase = ?2 AND sequence > ?3 AND group_name = ''"
                                      " ORDER BY sequence LIMIT ?4"
                                    : "SELECT sequence FROM transfer INDEXED BY by_app WHERE app = "
                                      "?1 AND phase = ?2 AND sequence > ?3"
                                      " ORDER BY sequence LIMIT ?4");
      auto done = collect(rows.bind(app).bind(phase).bind(after_).bind(limit_));
      if (!done) return done;
      keep_first();
    }
    return {};
  }

  Result<void> find_in_group(const std::string& app) {
    Statement rows(database_,
                   "SELECT sequence, phase FROM transfer INDEXED BY by_group"
                   " WHERE app = ?1 AND group_name = ?2 AND group_name <> '' AND sequence > ?3"
                   " ORDER BY sequence");
    rows.bind(app).bind(*filter_.group).bind(after_);
    for (std::uint32_t taken = 0; taken < limit_;) {
      const auto row = rows.next();
      if (!row) return row.error();
      if (!*row) break;
      if (!wants_phase(rows.integer(1))) continue;
      found_.push_back(rows.integer(0));
      ++taken;
    }
    keep_first();
    return {};
  }

  [[nodiscard]] bool wants_phase(std::int64_t phase) const {
    return filter_.phases.empty() ||
           std::any_of(filter_.phases.begin(), filter_.phases.end(),
                       [&](Phase wanted) { return static_cast<std::int64_t>(wanted) == phase; });
  }

  Result<void> collect(Statement& rows) {
    for (;;) {
      const auto row = rows.next();
      if (!row) return row.error();
      if (!*row) return {};
      found_.push_back(rows.integer(0));
    }
  }

  void keep_first() {
    std::sort(found_.begin(), found_.end());
    if (found_.size() > limit_) found_.resize(limit_);
  }

  Database& database_;
  const ListFilter& filter_;
  std::uint64_t after_;
  std::uint32_t limit_;
  std::vector<std::int64_t> found_;
};

}  // namespace

Result<std::vector<std::int64_t>> find_listed(Database& database, const ListFilter& filter,
                                              std::uint64_t after, std::uint32_t limit) {
  return ListQuery(database, filter, after, limit).run();
}

}  // namespace lh
