#include "ipc/codec.h"

#include <random>
#include <string>

#include <gtest/gtest.h>

#include "ipc/names.h"

namespace lh {
namespace {

using longhaul::WebErrorStatus;

constexpr int kRounds = 300;

/// Random model values; the seed is fixed, so that a failure comes back.
class Random {
 public:
  explicit Random(std::uint32_t seed) : engine_(seed) {}

  std::uint64_t number(std::uint64_t below) {
    return std::uniform_int_distribution<std::uint64_t>(0, below - 1)(engine_);
  }
  bool flag() { return number(2) == 1; }
  std::string text() {
    std::string out;
    for (auto n = number(12); n > 0; --n) out += static_cast<char>('a' + number(26));
    return out;
  }
  TimePoint time() {
    return TimePoint(Duration(static_cast<std::int64_t>(1 + number(1ULL << 45))));
  }
  std::optional<TimePoint> maybe_time() { return flag() ? std::optional(time()) : std::nullopt; }
  Guid guid() {
    Guid::Bytes bytes{};
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(number(256));
    return Guid::from_random(bytes);
  }
  BackgroundTransferStatus status() {
    const auto n = number(10);
    return n == 9 ? BackgroundTransferStatus::PausedSystemPolicy
                  : static_cast<BackgroundTransferStatus>(n);
  }
  HeaderList headers() {
    HeaderList out;
    for (auto n = number(4); n > 0; --n) out.push_back({text(), text()});
    return out;
  }
  TransferError error() {
    TransferError error;
    error.hresult = static_cast<HResult>(number(1ULL << 32));
    error.status = WebErrorStatus::NotFound;
    error.kind =
        static_cast<ErrorKind>(number(static_cast<std::uint64_t>(ErrorKind::Internal) + 1));
    if (flag()) error.http_status = static_cast<int>(100 + number(500));
    error.message = text();
    return error;
  }
  Blocker blocker() { return {static_cast<BlockerKind>(number(9)), time(), maybe_time(), text()}; }

  Snapshot snapshot() {
    Snapshot s;
    s.id = guid();
    s.kind = flag() ? TransferKind::Upload : TransferKind::Download;
    s.app = text();
    s.group = text();
    s.uri = text();
    s.method = text();
    s.file = text();
    s.status = status();
    s.priority = static_cast<BackgroundTransferPriority>(number(3));
    s.cost_policy = static_cast<BackgroundTransferCostPolicy>(number(3));
    s.bytes_received = number(~0ULL);
    if (flag()) s.total_to_receive = number(~0ULL);
    s.bytes_sent = number(~0ULL);
    if (flag()) s.total_to_send = number(2);
    s.restarts = flag() ? 3 : 0;
    s.has_response_changed = flag();
    s.started = flag();
    s.attempts = static_cast<std::uint32_t>(number(1ULL << 32));
    if (flag()) s.http_status = static_cast<int>(100 + number(500));
    s.created = time();
    s.started_at = maybe_time();
    s.ended_at = maybe_time();
    s.sequence = number(~0ULL);
    if (flag()) s.error = error();
    for (auto n = number(3); n > 0; --n) s.blockers.push_back(blocker());
    s.next_attempt = maybe_time();
    return s;
  }

 private:
  std::mt19937 engine_;
};

/// A variant of any kind, for values that nobody expects.
sdbus::Variant random_variant(Random& random) {
  switch (random.number(8)) {
    case 0:
      return sdbus::Variant(random.text());
    case 1:
      return sdbus::Variant(static_cast<std::int32_t>(random.number(100)));
    case 2:
      return sdbus::Variant(static_cast<std::uint32_t>(random.number(100)));
    case 3:
      return sdbus::Variant(random.flag());
    case 4:
      return sdbus::Variant(std::vector<std::int32_t>{-1, 99});
    case 5:
      return sdbus::Variant(std::vector<std::string>{random.text()});
    case 6:
      return sdbus::Variant(2.5);
    default:
      return {};
  }
}

TEST(Codec, SnapshotsSurviveTheWay) {
  Random random(1);
  for (int i = 0; i < kRounds; ++i) {
    const Snapshot before = random.snapshot();
    const Result<Snapshot> after = decode_snapshot(encode_snapshot(before));
    ASSERT_TRUE(after.ok()) << after.error().message();
    EXPECT_EQ(*after, before);
  }
}

TEST(Codec, ChangesSurviveTheWay) {
  Random random(2);
  for (int i = 0; i < kRounds; ++i) {
    Change before;
    before.what = static_cast<Change::What>(random.number(6));
    before.response_changed = random.flag();
    before.restarted = random.flag();
    before.time = random.time();
    before.snapshot = random.snapshot();
    const Result<Change> after = decode_change(encode_change(before));
    ASSERT_TRUE(after.ok()) << after.error().message();
    EXPECT_EQ(*after, before);
  }
}

TEST(Codec, DetailsSurviveTheWay) {
  Random random(3);
  for (int i = 0; i < kRounds; ++i) {
    Details before;
    if (random.flag()) before.response = ResponseHead{200, random.text(), random.headers()};
    before.resumable = random.flag();
    for (auto n = random.number(4); n > 0; --n) {
      before.ranges.push_back({random.number(1000), random.number(1000)});
    }
    const Result<Details> after = decode_details(encode_details(before));
    ASSERT_TRUE(after.ok()) << after.error().message();
    EXPECT_EQ(*after, before);
  }
}

TEST(Codec, SettingsSurviveTheWay) {
  Random random(4);
  for (int i = 0; i < kRounds; ++i) {
    TransferSettings before;
    before.method = random.text();
    before.headers = random.headers();
    before.priority = static_cast<BackgroundTransferPriority>(random.number(3));
    before.cost_policy = static_cast<BackgroundTransferCostPolicy>(random.number(3));
    before.group = random.text();
    if (random.flag()) before.checksum = Checksum{"sha256", std::string(64, 'a')};
    before.collision = random.flag() ? Collision::MakeUnique : Collision::Replace;
    before.keep = random.flag();
    if (random.flag()) before.batch = random.number(1'000'000);
    if (random.flag()) before.ids = {random.guid(), random.guid()};
    const Result<TransferSettings> after = decode_settings(encode_settings(before));
    ASSERT_TRUE(after.ok()) << after.error().message();
    EXPECT_EQ(*after, before);
  }
}

TEST(Codec, ChangeRequestsSurviveTheWay) {
  Random random(5);
  for (int i = 0; i < kRounds; ++i) {
    ChangeRequest before;
    if (random.flag()) before.priority = BackgroundTransferPriority::High;
    if (random.flag()) before.cost_policy = BackgroundTransferCostPolicy::Always;
    before.set_headers = random.headers();
    if (random.flag()) before.remove_headers = {random.text(), random.text()};
    const Result<ChangeRequest> after = decode_change_request(encode_change_request(before));
    ASSERT_TRUE(after.ok()) << after.error().message();
    EXPECT_EQ(*after, before);
  }
}

TEST(Codec, ListRequestsSurviveTheWayAndTellNoGroupFromAnyGroup) {
  Random random(6);
  for (int i = 0; i < kRounds; ++i) {
    ListRequest before;
    if (random.flag()) before.app = random.text();
    before.all_apps = random.flag();
    if (random.flag()) before.group = random.text();
    if (random.flag()) before.id_prefix = random.text();
    for (auto n = random.number(3); n > 0; --n) before.statuses.push_back(random.status());
    const Result<ListRequest> after = decode_list_request(encode_list_request(before));
    ASSERT_TRUE(after.ok()) << after.error().message();
    EXPECT_EQ(*after, before);
  }
}

TEST(Codec, StatusReportsSurviveTheWay) {
  Random random(7);
  for (int i = 0; i < kRounds; ++i) {
    StatusReport before;
    before.version = random.text();
    before.pid = static_cast<std::int32_t>(random.number(1U << 20));
    before.since = random.time();
    before.state_folder = random.text();
    before.config_file = random.text();
    before.transfers = {{random.status(), random.number(1000)}};
    before.connected = random.flag();
    before.internet = random.flag();
    before.cost = static_cast<NetworkCostType>(random.number(4));
    before.roaming = random.flag();
    before.approaching_limit = random.flag();
    before.over_limit = random.flag();
    before.restricted = random.flag();
    before.connection = random.text();
    before.network_interface = random.text();
    if (random.flag()) before.on_battery = random.flag();
    if (random.flag()) before.battery_percent = 42.5;
    if (random.flag()) before.power_saver = random.flag();
    before.may_run = {BackgroundTransferCostPolicy::Default};
    before.secrets = random.text();
    const Result<StatusReport> after = decode_status_report(encode_status_report(before));
    ASSERT_TRUE(after.ok()) << after.error().message();
    EXPECT_EQ(*after, before);
  }
}

TEST(Codec, HelloRepliesSurviveTheWay) {
  const HelloReply before{"1.2.3", 4711, TimePoint(Duration(12345)),
                          "/home/u/.local/state/longhaul"};
  const Result<HelloReply> after = decode_hello(encode_hello(before));
  ASSERT_TRUE(after.ok());
  EXPECT_EQ(*after, before);
}

TEST(Codec, RefusesAnUnknownKeyByItsName) {
  WireDictionary wire = encode_settings({});
  wire.emplace("colour", std::string("blue"));
  const auto decoded = decode_settings(wire);
  ASSERT_FALSE(decoded.ok());
  EXPECT_EQ(decoded.error().kind, ErrorKind::InvalidArgument);
  EXPECT_NE(decoded.error().message().find("colour"), std::string::npos);
}

TEST(Codec, RefusesAWrongTypeByTheNameOfItsKey) {
  WireDictionary wire;
  wire.emplace(bus::key::kPriority, std::string("high"));
  const auto decoded = decode_settings(wire);
  ASSERT_FALSE(decoded.ok());
  EXPECT_NE(decoded.error().message().find("priority"), std::string::npos);
}

TEST(Codec, RefusesNumbersThatNoEnumerationHas) {
  WireDictionary wire;
  wire.emplace(bus::key::kPriority, std::int32_t{3});
  EXPECT_FALSE(decode_settings(wire).ok());
  wire.clear();
  wire.emplace(bus::key::kCostPolicy, std::int32_t{-1});
  EXPECT_FALSE(decode_change_request(wire).ok());
  wire.clear();
  wire.emplace(bus::key::kCollision, std::uint32_t{2});
  EXPECT_FALSE(decode_settings(wire).ok());
  wire.clear();
  wire.emplace(bus::key::kStatuses, std::vector<std::int32_t>{9});
  EXPECT_FALSE(decode_list_request(wire).ok());
}

TEST(Codec, RefusesSnapshotsThatCannotBe) {
  const Snapshot good = Random(8).snapshot();
  const auto spoiled = [&good](auto spoil) {
    WireSnapshot wire = encode_snapshot(good);
    spoil(wire);
    return decode_snapshot(std::move(wire)).ok();
  };
  EXPECT_TRUE(spoiled([](WireSnapshot&) {}));
  EXPECT_FALSE(spoiled([](WireSnapshot& w) { w.get<0>() = "not a GUID"; }));
  EXPECT_FALSE(spoiled([](WireSnapshot& w) { w.get<1>() = 2; }));
  for (const std::int32_t status : {-1, 9, 31, 33, 1 << 30}) {
    EXPECT_FALSE(spoiled([status](WireSnapshot& w) { w.get<7>() = status; })) << status;
  }
  EXPECT_FALSE(spoiled([](WireSnapshot& w) { w.get<8>() = 3; }));
  EXPECT_FALSE(spoiled([](WireSnapshot& w) { w.get<9>() = 3; }));
  EXPECT_FALSE(spoiled([](WireSnapshot& w) { w.get<14>() |= 1U << 5; }));
  EXPECT_FALSE(spoiled([](WireSnapshot& w) { w.get<16>() = 1U << 31; }));
  EXPECT_FALSE(spoiled([](WireSnapshot& w) { w.get<21>()["surprise"] = sdbus::Variant(true); }));
}

TEST(Codec, GarbageIsRefusedAndNeverThrown) {
  Random random(9);
  const std::vector<std::string> keys = {bus::key::kMethod,
                                         bus::key::kHeaders,
                                         bus::key::kPriority,
                                         bus::key::kCostPolicy,
                                         bus::key::kChecksum,
                                         bus::key::kStatuses,
                                         bus::key::kApp,
                                         bus::key::kResponse,
                                         bus::key::kRanges,
                                         bus::key::kVersion,
                                         bus::key::kPid,
                                         bus::key::kTransfers,
                                         bus::key::kError,
                                         bus::key::kBlockers,
                                         bus::key::kMayRun,
                                         bus::key::kCost,
                                         "unknown"};
  for (int i = 0; i < 3000; ++i) {
    WireDictionary wire;
    for (auto n = random.number(5); n > 0; --n) {
      wire.insert_or_assign(keys[random.number(keys.size())], random_variant(random));
    }
    WireSnapshot snapshot = encode_snapshot({});
    snapshot.get<21>() = wire;
    const auto check = [](const auto& decoded) {
      if (!decoded.ok()) {
        EXPECT_EQ(decoded.error().kind, ErrorKind::InvalidArgument);
        EXPECT_FALSE(decoded.error().message().empty());
      }
    };
    EXPECT_NO_THROW({
      check(decode_settings(wire));
      check(decode_change_request(wire));
      check(decode_list_request(wire));
      check(decode_details(wire));
      check(decode_hello(wire));
      check(decode_status_report(wire));
      check(decode_snapshot(snapshot));
    });
  }
}

// The bus would end the daemon's connection.
TEST(Codec, BytesOfAServerThatAreNoUtf8AreReadAsLatin1) {
  Details details;
  details.response =
      ResponseHead{200, "http://h/\xE9", {{"X-\xFF", "caf\xE9"}, {"Y", "caf\xC3\xA9"}}};
  const Result<Details> shown = decode_details(encode_details(details));
  ASSERT_TRUE(shown.ok());
  const HeaderList expected = {{"X-\xC3\xBF", "caf\xC3\xA9"}, {"Y", "caf\xC3\xA9"}};
  EXPECT_EQ(shown->response->headers, expected);
  EXPECT_EQ(shown->response->uri, "http://h/\xC3\xA9");
  Snapshot snapshot;
  snapshot.error = TransferError{};
  snapshot.error->message = "caf\xE9";
  const Result<Snapshot> told = decode_snapshot(encode_snapshot(snapshot));
  ASSERT_TRUE(told.ok());
  EXPECT_EQ(told->error->message, "caf\xC3\xA9");
}

}  // namespace
}  // namespace lh
