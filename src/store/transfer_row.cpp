#include "store/transfer_row.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

#include "core/model/web_error.h"
#include "core/policy/scheduler.h"

namespace lh {
namespace {

// The id comes first, so that an update can use the same parameters.
constexpr std::array kColumns = {
    "id",
    "kind",
    "app",
    "uri",
    "origin",
    "method",
    "request_headers",
    "folder",
    "file_name",
    "collision",
    "group_name",
    "priority",
    "cost_policy",
    "checksum_algorithm",
    "checksum_hex",
    "keep_when_ended",
    "secret",
    "proxy",
    "ca_file",
    "recoverable",
    "body",
    "upload_wish",
    "phase",
    "phase_since",
    "created",
    "started",
    "ended",
    "wake_at",
    "queue_position",
    "attempts",
    "failures_in_row",
    "range_refusals",
    "high_water",
    "stored",
    "boot_id",
    "total",
    "validator_kind",
    "validator",
    "served_by",
    "served_algorithm",
    "served_hex",
    "response_status",
    "response_uri",
    "response_headers",
    "known_name",
    "bytes_needed",
    "restarts",
    "has_response_changed",
    "error_hresult",
    "error_status",
    "error_kind",
    "error_http_status",
    "error_message",
    "commit_device",
    "commit_inode",
    "commit_size",
    "sent",
    "send_total",
    "upload",
    "upload_restarts",
    "request_open",
    "rank",
};

std::string column_list() {
  std::string list;
  for (const char* column : kColumns) list.append(list.empty() ? "" : ", ").append(column);
  return list;
}

std::string build_insert() {
  std::string marks;
  for (std::size_t i = 0; i < kColumns.size(); ++i) marks += i == 0 ? "?" : ", ?";
  return "INSERT INTO transfer (" + column_list() + ") VALUES (" + marks + ")";
}

std::string build_insert_draft() {
  std::string marks;
  for (std::size_t i = 0; i < kColumns.size(); ++i) marks += "?, ";
  return "INSERT INTO draft (" + column_list() + ", batch) VALUES (" + marks + "?)";
}

std::string build_update() {
  std::string assignments;
  for (std::size_t i = 1; i < kColumns.size(); ++i) {
    assignments.append(i == 1 ? "" : ", ").append(kColumns[i]);
    assignments.append(" = ?").append(std::to_string(i + 1));
  }
  return "UPDATE transfer SET " + assignments + " WHERE id = ?1";
}

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kSeparator = ": ";

std::optional<std::string> format_headers(const HeaderList& headers) {
  std::string text;
  for (const HeaderField& field : headers) {
    const bool readable = field.name.find_first_of(":\r\n") == std::string::npos &&
                          field.value.find(kLineEnd) == std::string::npos;
    if (!readable) return std::nullopt;
    text.append(field.name).append(kSeparator).append(field.value).append(kLineEnd);
  }
  return text;
}

std::optional<HeaderList> parse_headers(std::string_view text) {
  HeaderList headers;
  while (!text.empty()) {
    const auto end = text.find(kLineEnd);
    const auto middle = text.find(kSeparator);
    if (end == std::string_view::npos || middle == std::string_view::npos || middle > end) {
      return std::nullopt;
    }
    const std::size_t value = middle + kSeparator.size();
    headers.push_back(
        {std::string(text.substr(0, middle)), std::string(text.substr(value, end - value))});
    text.remove_prefix(end + kLineEnd.size());
  }
  return headers;
}

std::string format_ranges(const RangeSet& set) {
  std::string text;
  for (const auto& range : set.ranges()) {
    if (!text.empty()) text += ',';
    text.append(std::to_string(range.Offset)).append("+").append(std::to_string(range.Length));
  }
  return text;
}

bool take_number(std::string_view& text, std::uint64_t& out) {
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (problem != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

bool take(std::string_view& text, char expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<RangeSet> parse_ranges(std::string_view text) {
  RangeSet set;
  std::uint64_t free_from = 0;  // first byte that the next range may have
  while (!text.empty()) {
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
    if (!set.empty() && !take(text, ',')) return std::nullopt;
    if (!take_number(text, offset) || !take(text, '+') || !take_number(text, length)) {
      return std::nullopt;
    }
    const bool in_order = set.empty() || offset > free_from;
    if (!in_order || length == 0 || length > std::numeric_limits<std::uint64_t>::max() - offset) {
      return std::nullopt;
    }
    set.add(offset, length);
    free_from = offset + length;
  }
  return set;
}

std::string format_proxy(const ProxySettings& proxy) {
  if (proxy.empty()) return {};
  return proxy.http + "\n" + proxy.https + "\n" + proxy.ftp + "\n" + proxy.exceptions;
}

std::optional<ProxySettings> parse_proxy(std::string_view text) {
  ProxySettings proxy;
  if (text.empty()) return proxy;
  for (std::string* part : {&proxy.http, &proxy.https, &proxy.ftp}) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    *part = text.substr(0, end);
    text.remove_prefix(end + 1);
  }
  proxy.exceptions = text;
  return proxy;
}

std::string format_statuses(const std::vector<WebErrorStatus>& statuses) {
  std::string text;
  for (const WebErrorStatus status : statuses) {
    if (!text.empty()) text += ',';
    text += std::to_string(static_cast<int>(status));
  }
  return text;
}

/// Whether it is one of ours.
bool is_known(WebErrorStatus status) {
  return status == WebErrorStatus::Unknown ||
         web_error_name(status) != web_error_name(WebErrorStatus::Unknown);
}

std::optional<std::vector<WebErrorStatus>> parse_statuses(std::string_view text) {
  std::vector<WebErrorStatus> statuses;
  while (!text.empty()) {
    std::uint64_t number = 0;
    if (!statuses.empty() && !take(text, ',')) return std::nullopt;
    if (!take_number(text, number) || number > 1000) return std::nullopt;
    statuses.push_back(static_cast<WebErrorStatus>(number));
    if (!is_known(statuses.back())) return std::nullopt;
  }
  return statuses;
}

/// What the `body` column says of the file.
enum class BodyKind : std::uint64_t { File, Copy, Layout };

BodyKind kind_of(const RequestBody& body) {
  if (body.is_layout) return BodyKind::Layout;
  return body.is_spooled ? BodyKind::Copy : BodyKind::File;
}

std::string format_body(const std::optional<RequestBody>& body) {
  if (!body) return {};
  const FileStamp& stamp = body->stamp;
  std::string text;
  for (const std::uint64_t number :
       {stamp.device, stamp.inode, stamp.size, static_cast<std::uint64_t>(stamp.modified_ns),
        static_cast<std::uint64_t>(stamp.changed_ns), static_cast<std::uint64_t>(kind_of(*body))}) {
    text += std::to_string(number) + ' ';
  }
  if (body->is_layout) text += std::to_string(body->length) + ' ';
  return text + body->file;
}

std::optional<std::optional<RequestBody>> parse_body(std::string_view text) {
  if (text.empty()) return std::optional<RequestBody>();
  std::array<std::uint64_t, 6> numbers{};
  for (std::uint64_t& number : numbers) {
    if (!take_number(text, number) || !take(text, ' ')) return std::nullopt;
  }
  const auto& [device, inode, size, modified, changed, kind] = numbers;
  if (kind > static_cast<std::uint64_t>(BodyKind::Layout)) return std::nullopt;
  const bool is_layout = kind == static_cast<std::uint64_t>(BodyKind::Layout);
  std::uint64_t length = size;
  if (is_layout && (!take_number(text, length) || !take(text, ' '))) return std::nullopt;
  if (!text.starts_with('/')) return std::nullopt;
  return RequestBody{.file = std::string(text),
                     .is_spooled = kind != static_cast<std::uint64_t>(BodyKind::File),
                     .is_layout = is_layout,
                     .stamp = {.device = device,
                               .inode = inode,
                               .size = size,
                               .modified_ns = static_cast<std::int64_t>(modified),
                               .changed_ns = static_cast<std::int64_t>(changed)},
                     .length = length};
}

/// "PROTOCOL OFFSET VERSION MAX_APPEND MIN_APPEND MAX_SIZE EXPIRES REFUSED_WITH URI", with "-" for
/// what is not known.
std::string format_upload(const std::optional<UploadResource>& upload) {
  if (!upload) return {};
  const auto or_none = [](const std::optional<ByteCount>& number) {
    return (number ? std::to_string(*number) : "-") + ' ';
  };
  std::optional<ByteCount> expires;
  if (upload->expires)
    expires = static_cast<ByteCount>(upload->expires->time_since_epoch().count());
  return std::to_string(static_cast<int>(upload->protocol)) + ' ' + std::to_string(upload->offset) +
         ' ' + std::to_string(upload->version) + ' ' + or_none(upload->max_append_size) +
         or_none(upload->min_append_size) + or_none(upload->max_size) + or_none(expires) +
         std::to_string(upload->refused_with) + ' ' + upload->uri;
}

std::optional<std::optional<UploadResource>> parse_upload(std::string_view text) {
  if (text.empty()) return std::optional<UploadResource>();
  std::array<std::optional<std::uint64_t>, 8> numbers;
  for (auto& number : numbers) {
    std::uint64_t value = 0;
    const bool is_none = take(text, '-');
    if (!is_none && !take_number(text, value)) return std::nullopt;
    if (!is_none) number = value;
    if (!take(text, ' ')) return std::nullopt;
  }
  const auto& [protocol, offset, version, most, least, size, expires, refused] = numbers;
  const bool is_sound = protocol && *protocol <= static_cast<unsigned>(UploadProtocol::Draft) &&
                        offset && version && *version < 1000 && refused && *refused < 1000 &&
                        !text.empty();
  if (!is_sound) return std::nullopt;
  UploadResource upload;
  upload.protocol = static_cast<UploadProtocol>(*protocol);
  upload.uri = text;
  upload.offset = *offset;
  upload.version = static_cast<unsigned>(*version);
  upload.max_append_size = most;
  upload.min_append_size = least;
  upload.max_size = size;
  if (expires) upload.expires = TimePoint(Duration(static_cast<std::int64_t>(*expires)));
  upload.refused_with = static_cast<unsigned>(*refused);
  return upload;
}

/// Reads column after column and remembers the first that holds something unknown.
class RowReader {
 public:
  /// The first column is the sequence, which is no part of a Transfer.
  explicit RowReader(const Statement& row) : row_(row) {}

  Guid id() {
    const auto value = row_.id(next());
    return value ? *value : (fail(), Guid());
  }
  std::string text() { return std::string(row_.text(next())); }
  std::int64_t integer(std::int64_t lowest, std::int64_t highest) {
    const std::int64_t value = row_.integer(next());
    if (value < lowest || value > highest) fail();
    return value;
  }
  std::uint32_t count() {
    return static_cast<std::uint32_t>(integer(0, std::numeric_limits<std::uint32_t>::max()));
  }
  std::uint64_t bytes() { return row_.unsigned_integer(next()); }
  bool flag() { return integer(0, 1) == 1; }
  int number() {
    return static_cast<int>(
        integer(std::numeric_limits<int>::min(), std::numeric_limits<int>::max()));
  }
  TimePoint time() { return TimePoint(Duration(row_.integer(next()))); }
  template <typename Enumeration>
  Enumeration enumerator(Enumeration last) {
    return static_cast<Enumeration>(integer(0, static_cast<std::int64_t>(last)));
  }
  WebErrorStatus web_error() {
    const auto status = static_cast<WebErrorStatus>(number());
    if (!is_known(status)) fail();
    return status;
  }
  /// What `parse` makes of a text.
  template <typename T>
  T parsed(std::optional<T> (*parse)(std::string_view)) {
    auto value = parse(row_.text(next()));
    return value ? std::move(*value) : (fail(), T());
  }

  [[nodiscard]] bool next_is_null() const { return row_.is_null(column_ + 1); }
  void skip(int columns) { column_ += columns; }
  template <typename Read>
  auto optional(Read read) -> std::optional<decltype(read())> {
    if (!next_is_null()) return read();
    skip(1);
    return std::nullopt;
  }
  [[nodiscard]] const char* unknown_column() const { return unknown_column_; }

 private:
  int next() { return ++column_; }
  void fail() {
    if (unknown_column_ == nullptr)
      unknown_column_ = kColumns[static_cast<std::size_t>(column_) - 1];
  }

  const Statement& row_;
  int column_ = 0;
  const char* unknown_column_ = nullptr;
};

std::optional<Checksum> read_checksum(RowReader& row) {
  if (row.next_is_null()) {
    row.skip(2);
    return std::nullopt;
  }
  Checksum checksum;
  checksum.algorithm = row.text();
  checksum.hex = row.text();
  return checksum;
}

void read_spec(RowReader& row, TransferSpec& spec) {
  spec.kind = row.enumerator(TransferKind::Upload);
  spec.app = row.text();
  spec.uri = row.text();
  spec.origin = row.text();
  spec.method = row.text();
  spec.headers = row.parsed(parse_headers);
  spec.target.folder = row.text();
  spec.target.file_name = row.text();
  spec.target.collision = row.enumerator(Collision::MakeUnique);
  spec.group = row.text();
  spec.priority = row.enumerator(BackgroundTransferPriority::Low);
  spec.cost_policy = row.enumerator(BackgroundTransferCostPolicy::Always);
  spec.checksum = read_checksum(row);
  spec.keep_when_ended = row.flag();
  spec.secret = row.optional([&row] { return row.id(); });
  spec.proxy = row.parsed(parse_proxy);
  spec.ca_file = row.text();
  spec.recoverable = row.parsed(parse_statuses);
  spec.body = row.parsed(parse_body);
  spec.upload_wish = row.enumerator(UploadWish::None);
}

std::optional<ResponseHead> read_response(RowReader& row) {
  if (row.next_is_null()) {
    row.skip(3);
    return std::nullopt;
  }
  ResponseHead head;
  head.status = row.number();
  head.uri = row.text();
  head.headers = row.parsed(parse_headers);
  return head;
}

std::optional<TransferError> read_error(RowReader& row) {
  if (row.next_is_null()) {
    row.skip(5);
    return std::nullopt;
  }
  TransferError error;
  error.hresult = row.number();
  error.status = row.web_error();
  error.kind = row.enumerator(ErrorKind::Internal);
  error.http_status = row.optional([&] { return row.number(); });
  error.message = row.text();
  return error;
}

std::optional<CommitIntent> read_commit(RowReader& row) {
  if (row.next_is_null()) {
    row.skip(3);
    return std::nullopt;
  }
  CommitIntent commit;
  commit.device = row.bytes();
  commit.inode = row.bytes();
  commit.size = row.bytes();
  return commit;
}

void read_state(RowReader& row, TransferState& state) {
  const auto time = [&row] { return row.time(); };
  state.phase = row.enumerator(Phase::Failed);
  state.phase_since = row.time();
  state.created = row.time();
  state.started = row.optional(time);
  state.ended = row.optional(time);
  state.wake_at = row.optional(time);
  state.queue_position = row.bytes();
  state.attempts = row.count();
  state.failures_in_row = row.count();
  state.range_refusals = row.count();
  state.high_water = row.bytes();
  state.stored = row.parsed(parse_ranges);
  state.boot_id = row.text();
  state.total = row.optional([&row] { return row.bytes(); });
  state.validator.kind = row.enumerator(Validator::Kind::OldDate);
  state.validator.value = row.text();
  state.served_by = row.text();
  state.served_digest = read_checksum(row);
  state.response = read_response(row);
  state.file_name = row.text();
  state.bytes_needed = row.bytes();
  state.restarts = row.count();
  state.has_response_changed = row.flag();
  state.error = read_error(row);
  state.commit = read_commit(row);
  state.sent = row.bytes();
  state.send_total = row.optional([&row] { return row.bytes(); });
  state.upload = row.parsed(parse_upload);
  state.upload_restarts = row.count();
  state.request_open = row.flag();
}

void bind_checksum(Statement& statement, const std::optional<Checksum>& checksum) {
  if (checksum) {
    statement.bind(checksum->algorithm).bind(checksum->hex);
  } else {
    statement.bind(std::nullopt).bind(std::nullopt);
  }
}

void bind_spec(Statement& statement, const TransferSpec& spec, std::string_view headers) {
  statement.bind(spec.kind).bind(spec.app).bind(spec.uri).bind(spec.origin).bind(spec.method);
  statement.bind(headers).bind(spec.target.folder).bind(spec.target.file_name);
  statement.bind(spec.target.collision).bind(spec.group).bind(spec.priority);
  statement.bind(spec.cost_policy);
  bind_checksum(statement, spec.checksum);
  statement.bind(spec.keep_when_ended).bind(spec.secret);
  statement.bind(format_proxy(spec.proxy)).bind(spec.ca_file);
  statement.bind(format_statuses(spec.recoverable)).bind(format_body(spec.body));
  statement.bind(spec.upload_wish);
}

void bind_response(Statement& statement, const TransferState& state, std::string_view headers) {
  if (state.response) {
    statement.bind(state.response->status).bind(state.response->uri).bind(headers);
  } else {
    statement.bind(std::nullopt).bind(std::nullopt).bind(std::nullopt);
  }
}

void bind_end(Statement& statement, const TransferState& state) {
  if (const auto& error = state.error) {
    statement.bind(error->hresult).bind(error->status).bind(error->kind);
    statement.bind(error->http_status).bind(error->message);
  } else {
    for (int i = 0; i < 5; ++i) statement.bind(std::nullopt);
  }
  if (const auto& commit = state.commit) {
    statement.bind(commit->device).bind(commit->inode).bind(commit->size);
  } else {
    for (int i = 0; i < 3; ++i) statement.bind(std::nullopt);
  }
}

}  // namespace

const char* insert_sql() {
  static const std::string sql = build_insert();
  return sql.c_str();
}

const char* update_sql() {
  static const std::string sql = build_update();
  return sql.c_str();
}

const char* insert_draft_sql() {
  static const std::string sql = build_insert_draft();
  return sql.c_str();
}

const char* select_drafts_sql() {
  static const std::string sql =
      "SELECT rowid, " + column_list() + " FROM draft WHERE batch = ?1 ORDER BY rowid";
  return sql.c_str();
}

std::string select_sql(std::string_view clause) {
  return "SELECT sequence, " + column_list() + " FROM transfer " + std::string(clause);
}

Result<void> bind_transfer(Statement& statement, const Transfer& transfer) {
  const TransferSpec& spec = transfer.spec;
  const TransferState& state = transfer.state;
  const auto request = format_headers(spec.headers);
  const auto response = format_headers(state.response ? state.response->headers : HeaderList());
  if (!request || !response) return invalid_argument("a header field holds a line break");

  statement.bind(transfer.id);
  bind_spec(statement, spec, *request);
  statement.bind(state.phase).bind(state.phase_since).bind(state.created);
  statement.bind(state.started).bind(state.ended).bind(state.wake_at).bind(state.queue_position);
  statement.bind(state.attempts).bind(state.failures_in_row).bind(state.range_refusals);
  statement.bind(state.high_water).bind(format_ranges(state.stored)).bind(state.boot_id);
  statement.bind(state.total).bind(state.validator.kind).bind(state.validator.value);
  statement.bind(state.served_by);
  bind_checksum(statement, state.served_digest);
  bind_response(statement, state, *response);
  statement.bind(state.file_name).bind(state.bytes_needed);
  statement.bind(state.restarts).bind(state.has_response_changed);
  bind_end(statement, state);
  statement.bind(state.sent).bind(state.send_total).bind(format_upload(state.upload));
  statement.bind(state.upload_restarts).bind(state.request_open);
  statement.bind(rank_of(spec.priority));
  return {};
}

Result<Transfer> read_transfer(const Statement& statement) {
  Transfer transfer;
  RowReader row(statement);
  transfer.id = row.id();
  read_spec(row, transfer.spec);
  read_state(row, transfer.state);
  if (row.unknown_column() != nullptr) {
    return Error{ErrorKind::Store, SQLITE_MISMATCH, "read the operation", transfer.id.to_string(),
                 std::string("unknown value in column ") + row.unknown_column()};
  }
  return transfer;
}

}  // namespace lh
