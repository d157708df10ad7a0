#include "core/http/utf8.h"
#include "ipc/codec.h"
#include "ipc/codec_fields.h"
#include "ipc/names.h"

namespace lh {
namespace {

using namespace wire;

// Snapshot flags.
constexpr std::uint32_t kHasResponseChanged = 1;
constexpr std::uint32_t kStarted = 2;
constexpr std::uint32_t kKnowsTotalToReceive = 4;
constexpr std::uint32_t kKnowsTotalToSend = 8;
constexpr std::uint32_t kAllSnapshotFlags = 15;

// Change flags.
constexpr std::uint32_t kResponseChanged = 1;
constexpr std::uint32_t kRestarted = 2;

/// HRESULT, web error, kind, HTTP status or 0, message.
using WireError =
    sdbus::Struct<std::int32_t, std::int32_t, std::uint32_t, std::int32_t, std::string>;
/// kind, since, until or 0, text.
using WireBlocker = sdbus::Struct<std::uint32_t, std::int64_t, std::int64_t, std::string>;
/// status, URI, headers.
using WireResponse = sdbus::Struct<std::int32_t, std::string, HeaderArray>;
using WireRange = sdbus::Struct<std::uint64_t, std::uint64_t>;

HeaderList all_utf8(HeaderList headers) {
  for (HeaderField& field : headers) {
    field.name = as_utf8(std::move(field.name));
    field.value = as_utf8(std::move(field.value));
  }
  return headers;
}

std::uint32_t flags_of(const Snapshot& s) {
  return (s.has_response_changed ? kHasResponseChanged : 0) | (s.started ? kStarted : 0) |
         (s.total_to_receive ? kKnowsTotalToReceive : 0) |
         (s.total_to_send ? kKnowsTotalToSend : 0);
}

WireError encode_error(TransferError error) {
  return {error.hresult, static_cast<std::int32_t>(error.status),
          static_cast<std::uint32_t>(error.kind), error.http_status.value_or(0),
          as_utf8(std::move(error.message))};
}

std::optional<TransferError> decode_error(WireError wire) {
  const auto status = to_web_error(wire.get<1>());
  const auto kind = in_range(wire.get<2>(), ErrorKind::Internal);
  if (!status || !kind) return std::nullopt;
  TransferError error;
  error.hresult = wire.get<0>();
  error.status = *status;
  error.kind = *kind;
  if (wire.get<3>() != 0) error.http_status = wire.get<3>();
  error.message = std::move(wire.get<4>());
  return error;
}

std::vector<WireBlocker> encode_blockers(std::vector<Blocker> blockers) {
  std::vector<WireBlocker> out;
  out.reserve(blockers.size());
  for (Blocker& blocker : blockers) {
    out.emplace_back(static_cast<std::uint32_t>(blocker.kind), to_ms(blocker.since),
                     to_ms(blocker.until), std::move(blocker.text));
  }
  return out;
}

std::optional<std::vector<Blocker>> decode_blockers(std::vector<WireBlocker> wire) {
  std::vector<Blocker> out;
  out.reserve(wire.size());
  for (WireBlocker& blocker : wire) {
    const auto kind = in_range(blocker.get<0>(), BlockerKind::Retry);
    if (!kind) return std::nullopt;
    out.push_back({*kind, from_ms(blocker.get<1>()), from_ms_or_none(blocker.get<2>()),
                   std::move(blocker.get<3>())});
  }
  return out;
}

/// What few snapshots have.
WireDictionary encode_more(Snapshot& s) {
  WireDictionary more;
  if (s.error) more.emplace(bus::key::kError, encode_error(std::move(*s.error)));
  if (!s.blockers.empty()) {
    more.emplace(bus::key::kBlockers, encode_blockers(std::move(s.blockers)));
  }
  if (s.restarts > 0) more.emplace(bus::key::kRestarts, s.restarts);
  if (!s.recoverable.empty()) {
    more.emplace(bus::key::kRecoverable, encode_web_errors(s.recoverable));
  }
  if (s.next_attempt) more.emplace(bus::key::kNextAttempt, to_ms(*s.next_attempt));
  return more;
}

Result<void> decode_more(const WireDictionary& wire, Snapshot& s) {
  if (wire.empty()) return {};
  DictionaryReader reader(wire, "snapshot");
  s.error = reader.take_checked<WireError>(bus::key::kError, decode_error);
  if (auto blockers =
          reader.take_checked<std::vector<WireBlocker>>(bus::key::kBlockers, decode_blockers)) {
    s.blockers = std::move(*blockers);
  }
  s.restarts = reader.take<std::uint32_t>(bus::key::kRestarts).value_or(0);
  if (auto statuses = reader.take_checked<std::vector<std::int32_t>>(bus::key::kRecoverable,
                                                                     decode_web_errors)) {
    s.recoverable = std::move(*statuses);
  }
  if (const auto next = reader.take<std::int64_t>(bus::key::kNextAttempt)) {
    s.next_attempt = from_ms(*next);
  }
  return reader.finish();
}

std::optional<std::vector<BackgroundTransferFileRange>> decode_ranges(
    const std::vector<WireRange>& wire) {
  std::vector<BackgroundTransferFileRange> out;
  out.reserve(wire.size());
  for (const WireRange& range : wire) out.push_back({range.get<0>(), range.get<1>()});
  return out;
}

ResponseHead decode_response(WireResponse wire) {
  return {wire.get<0>(), std::move(wire.get<1>()), decode_headers(std::move(wire.get<2>()))};
}

}  // namespace

WireSnapshot encode_snapshot(Snapshot s) {
  const std::uint32_t flags = flags_of(s);
  WireDictionary more = encode_more(s);
  return {s.id.to_string(),
          static_cast<std::uint32_t>(s.kind),
          std::move(s.app),
          std::move(s.group),
          as_utf8(std::move(s.uri)),
          std::move(s.method),
          as_utf8(std::move(s.file)),
          static_cast<std::int32_t>(s.status),
          static_cast<std::int32_t>(s.priority),
          static_cast<std::int32_t>(s.cost_policy),
          s.bytes_received,
          s.total_to_receive.value_or(0),
          s.bytes_sent,
          s.total_to_send.value_or(0),
          flags,
          s.attempts,
          static_cast<std::uint32_t>(s.http_status.value_or(0)),
          to_ms(s.created),
          to_ms(s.started_at),
          to_ms(s.ended_at),
          s.sequence,
          std::move(more)};
}

Result<Snapshot> decode_snapshot(WireSnapshot wire) {
  const auto id = Guid::parse(wire.get<0>());
  const auto kind = in_range(wire.get<1>(), TransferKind::Upload);
  const auto status = to_status(wire.get<7>());
  const auto priority = to_priority(wire.get<8>());
  const auto cost_policy = to_cost_policy(wire.get<9>());
  const std::uint32_t flags = wire.get<14>();
  const std::uint32_t http_status = wire.get<16>();
  if (!id) return refused("snapshot", "its id is no GUID");
  if (!kind) return refused("snapshot", "unknown kind");
  if (!status) return refused("snapshot", "unknown status");
  if (!priority) return refused("snapshot", "unknown priority");
  if (!cost_policy) return refused("snapshot", "unknown cost policy");
  if ((flags & ~kAllSnapshotFlags) != 0) return refused("snapshot", "unknown flags");
  if (http_status > static_cast<std::uint32_t>(std::numeric_limits<int>::max())) {
    return refused("snapshot", "impossible HTTP status");
  }

  Snapshot s;
  s.id = *id;
  s.kind = *kind;
  s.app = std::move(wire.get<2>());
  s.group = std::move(wire.get<3>());
  s.uri = std::move(wire.get<4>());
  s.method = std::move(wire.get<5>());
  s.file = std::move(wire.get<6>());
  s.status = *status;
  s.priority = *priority;
  s.cost_policy = *cost_policy;
  s.bytes_received = wire.get<10>();
  if ((flags & kKnowsTotalToReceive) != 0) s.total_to_receive = wire.get<11>();
  s.bytes_sent = wire.get<12>();
  if ((flags & kKnowsTotalToSend) != 0) s.total_to_send = wire.get<13>();
  s.has_response_changed = (flags & kHasResponseChanged) != 0;
  s.started = (flags & kStarted) != 0;
  s.attempts = wire.get<15>();
  if (http_status != 0) s.http_status = static_cast<int>(http_status);
  s.created = from_ms(wire.get<17>());
  s.started_at = from_ms_or_none(wire.get<18>());
  s.ended_at = from_ms_or_none(wire.get<19>());
  s.sequence = wire.get<20>();
  if (Result<void> more = decode_more(wire.get<21>(), s); !more) return std::move(more).error();
  return s;
}

WireChange encode_change(Change change) {
  const std::uint32_t flags =
      (change.response_changed ? kResponseChanged : 0) | (change.restarted ? kRestarted : 0);
  return {static_cast<std::uint32_t>(change.what), flags, to_ms(change.time),
          encode_snapshot(std::move(change.snapshot))};
}

Result<Change> decode_change(WireChange wire) {
  const auto what = in_range(wire.get<0>(), Change::What::Forgotten);
  const std::uint32_t flags = wire.get<1>();
  if (!what) return refused("change", "unknown kind of news");
  if ((flags & ~(kResponseChanged | kRestarted)) != 0) return refused("change", "unknown flags");
  Result<Snapshot> snapshot = decode_snapshot(std::move(wire.get<3>()));
  if (!snapshot) return std::move(snapshot).error();
  Change change;
  change.what = *what;
  change.response_changed = (flags & kResponseChanged) != 0;
  change.restarted = (flags & kRestarted) != 0;
  change.time = from_ms(wire.get<2>());
  change.snapshot = std::move(*snapshot);
  return change;
}

WireDictionary encode_details(const Details& details) {
  WireDictionary wire;
  if (details.response) {
    wire.emplace(bus::key::kResponse,
                 WireResponse(details.response->status, as_utf8(details.response->uri),
                              encode_headers(all_utf8(details.response->headers))));
  }
  wire.emplace(bus::key::kResumable, details.resumable);
  if (!details.upload_uri.empty()) wire.emplace(bus::key::kUploadUrl, as_utf8(details.upload_uri));
  std::vector<WireRange> ranges;
  ranges.reserve(details.ranges.size());
  for (const auto& range : details.ranges) ranges.emplace_back(range.Offset, range.Length);
  wire.emplace(bus::key::kRanges, ranges);
  return wire;
}

Result<Details> decode_details(const WireDictionary& wire) {
  Details details;
  DictionaryReader reader(wire, "details");
  if (auto response = reader.take<WireResponse>(bus::key::kResponse)) {
    details.response = decode_response(std::move(*response));
  }
  details.resumable = reader.take<bool>(bus::key::kResumable).value_or(false);
  details.upload_uri = reader.take<std::string>(bus::key::kUploadUrl).value_or(std::string());
  if (auto ranges = reader.take_checked<std::vector<WireRange>>(bus::key::kRanges, decode_ranges)) {
    details.ranges = std::move(*ranges);
  }
  if (Result<void> finished = reader.finish(); !finished) return std::move(finished).error();
  return details;
}

}  // namespace lh
