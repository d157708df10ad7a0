#include "store/statement.h"

#include <algorithm>

namespace lh {

Statement::Statement(Database& database, const char* sql) : database_(database) {
  code_ = database.prepare(sql, &statement_);
}

Statement::~Statement() {
  if (statement_ == nullptr) return;
  // Repeats the error of the last step, which was reported already.
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

Statement& Statement::bind(std::nullopt_t) {
  if (code_ == SQLITE_OK) code_ = sqlite3_bind_null(statement_, ++parameter_);
  return *this;
}

Statement& Statement::bind_integer(std::int64_t value) {
  if (code_ == SQLITE_OK) code_ = sqlite3_bind_int64(statement_, ++parameter_, value);
  return *this;
}

Statement& Statement::bind(std::string_view text) {
  if (code_ != SQLITE_OK) return *this;
  // An empty view may have no address, which SQLite would take for NULL.
  const char* data = text.data() == nullptr ? "" : text.data();
  code_ = sqlite3_bind_text64(statement_, ++parameter_, data, text.size(), SQLITE_TRANSIENT,
                              SQLITE_UTF8);
  return *this;
}

Statement& Statement::bind_blob(std::span<const std::uint8_t> bytes) {
  if (code_ == SQLITE_OK) {
    code_ =
        sqlite3_bind_blob64(statement_, ++parameter_, bytes.data(), bytes.size(), SQLITE_TRANSIENT);
  }
  return *this;
}

Result<bool> Statement::next() {
  if (code_ != SQLITE_OK && code_ != SQLITE_ROW) return database_.error(code_);
  code_ = sqlite3_step(statement_);
  if (code_ == SQLITE_ROW) return true;
  if (code_ == SQLITE_DONE) return false;
  return database_.error(code_);
}

Result<void> Statement::run() {
  for (;;) {
    const auto row = next();
    if (!row) return row.error();
    if (!*row) return {};
  }
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::string_view Statement::text(int column) const {
  const auto bytes = blob(column);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};  // NOLINT: bytes as text
}

std::span<const std::uint8_t> Statement::blob(int column) const {
  // First the data, then its size, as SQLite asks for.
  const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::optional<Guid> Statement::id(int column) const {
  const auto bytes = blob(column);
  Guid::Bytes raw{};
  if (bytes.size() != raw.size()) return std::nullopt;
  std::copy(bytes.begin(), bytes.end(), raw.begin());
  return Guid(raw);
}

}  // namespace lh
