#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include <sqlite3.h>

#include "core/base/guid.h"
#include "core/base/result.h"
#include "core/base/time.h"
#include "store/database.h"

namespace lh {

/// One run of a prepared statement, which the database keeps for the next one. Parameters are bound
/// in order. Any failure, also one of preparing or binding, comes out of next() or run().
class Statement {
 public:
  /// `sql` must live as long as the database.
  Statement(Database& database, const char* sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& bind(std::nullopt_t);
  Statement& bind(std::string_view text);
  Statement& bind(const Guid& id) { return bind_blob(id.bytes()); }
  Statement& bind(TimePoint time) { return bind_integer(time.time_since_epoch().count()); }
  template <std::integral Integer>
  Statement& bind(Integer value) {
    return bind_integer(static_cast<std::int64_t>(value));
  }
  template <typename Enumeration>
    requires std::is_enum_v<Enumeration>
  Statement& bind(Enumeration value) {
    return bind_integer(static_cast<std::int64_t>(value));
  }
  template <typename T>
  Statement& bind(const std::optional<T>& value) {
    return value ? bind(*value) : bind(std::nullopt);
  }
  Statement& bind_blob(std::span<const std::uint8_t> bytes);

  /// True if there is a row, false at the end.
  Result<bool> next();
  /// To the end.
  Result<void> run();
  /// SQLite's result of the last step, for those that expect a certain failure.
  [[nodiscard]] int code() const { return code_; }

  [[nodiscard]] bool is_null(int column) const;
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::uint64_t unsigned_integer(int column) const {
    return static_cast<std::uint64_t>(integer(column));
  }
  /// Valid until the next call.
  [[nodiscard]] std::string_view text(int column) const;
  [[nodiscard]] std::span<const std::uint8_t> blob(int column) const;
  /// Nothing unless it has the size of an id.
  [[nodiscard]] std::optional<Guid> id(int column) const;

 private:
  Statement& bind_integer(std::int64_t value);

  Database& database_;
  sqlite3_stmt* statement_ = nullptr;
  int parameter_ = 0;
  int code_ = SQLITE_OK;
};

}  // namespace lh
