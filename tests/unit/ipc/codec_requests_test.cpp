#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <iterator>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/model/web_error.h"
#include "ipc/codec.h"
#include "ipc/names.h"

// Logins, proxies, certificates, recoverable errors and bodies on their way over the bus.
namespace lh {
namespace {

constexpr int kRounds = 300;

/// Random model values; the seed is fixed, so that a failure comes back.
class Random {
 public:
  explicit Random(std::uint32_t seed) : engine_(seed) {}

  std::uint32_t number(std::uint32_t below) {
    return std::uniform_int_distribution<std::uint32_t>(0, below - 1)(engine_);
  }
  bool flag() { return number(2) == 1; }
  std::string text() {
    std::string out;
    for (auto n = number(12); n > 0; --n) out += static_cast<char>(' ' + number(95));
    return out;
  }
  std::optional<Login> maybe_login() {
    return flag() ? std::optional(Login{text(), text()}) : std::nullopt;
  }
  ProxySettings proxy() {
    return {.http = "http://" + text(), .https = text(), .ftp = text(), .exceptions = text()};
  }
  std::vector<WebErrorStatus> statuses() {
    std::vector<WebErrorStatus> out;
    for (auto n = number(5); n > 0; --n) {
      const auto status = static_cast<WebErrorStatus>(number(510));
      if (web_error_name(status) != "Unknown") out.push_back(status);
    }
    return out;
  }

 private:
  std::mt19937 engine_;
};

TransferSettings sent(const TransferSettings& settings) {
  auto decoded = decode_settings(encode_settings(settings));
  if (!decoded.ok()) {
    ADD_FAILURE() << decoded.error().message();
    return {};
  }
  return std::move(*decoded);
}

ChangeRequest sent(const ChangeRequest& request) {
  auto decoded = decode_change_request(encode_change_request(request));
  if (!decoded.ok()) {
    ADD_FAILURE() << decoded.error().message();
    return {};
  }
  return std::move(*decoded);
}

TEST(CodecRequests, WhatRequestsNeedSurvivesTheWay) {
  Random random(1);
  for (int i = 0; i < kRounds; ++i) {
    TransferSettings before;
    before.server_login = random.maybe_login();
    before.proxy_login = random.maybe_login();
    if (random.flag()) before.proxy = random.proxy();
    before.ca_file = random.text();
    before.recoverable = random.statuses();
    before.body_file = random.text();
    EXPECT_EQ(sent(before), before);
  }
}

// --- bodies --------------------------------------------------------------------------------------

struct ::stat info_of(int fd) {
  struct ::stat info{};
  EXPECT_EQ(::fstat(fd, &info), 0);
  return info;
}

/// A file that is open once more.
std::shared_ptr<UniqueFd> some_file() {
  return std::make_shared<UniqueFd>(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
}

std::ptrdiff_t open_descriptors() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
}

TEST(CodecRequests, R57_NoBodyIsNoBody) {
  EXPECT_EQ(sent(TransferSettings()).body_file, "");
  EXPECT_EQ(sent(TransferSettings()).body, nullptr);
}

TEST(CodecRequests, R57_TheDescriptorThatComesIsAnotherOfTheSameFile) {
  TransferSettings before;
  before.body = some_file();
  const TransferSettings after = sent(before);
  ASSERT_NE(after.body, nullptr);
  EXPECT_NE(after.body->get(), before.body->get());
  const auto file = info_of(before.body->get());
  before.body.reset();
  EXPECT_EQ(info_of(after.body->get()).st_ino, file.st_ino) << "it must not end with the first";
  EXPECT_EQ(info_of(after.body->get()).st_dev, file.st_dev);
}

TEST(CodecRequests, R57_SettingsCanBeSentAgainWithTheirDescriptor) {
  TransferSettings before;
  before.body = some_file();
  for (int i = 0; i < 3; ++i) EXPECT_NE(sent(before).body, nullptr);
  EXPECT_GE(::fcntl(before.body->get(), F_GETFD), 0);
}

TEST(CodecRequests, DescriptorsAreClosedAlsoIfTheSettingsAreRefused) {
  [[maybe_unused]] const auto first = encode_settings({});  // opens what all need
  const auto before = open_descriptors();
  for (int i = 0; i < 10; ++i) {
    TransferSettings settings;
    settings.body = some_file();
    WireDictionary wire = encode_settings(settings);
    EXPECT_TRUE(decode_settings(wire).ok());
    wire.emplace("colour", std::string("blue"));
    EXPECT_FALSE(decode_settings(wire).ok());
  }
  EXPECT_EQ(open_descriptors(), before);
}

TEST(CodecRequests, AStatusReportTellsTheRoomForBodies) {
  StatusReport before;
  for (const ByteCount room : {ByteCount{0}, ByteCount{1}, ~ByteCount{0}}) {
    before.spool_max = room;
    const auto after = decode_status_report(encode_status_report(before));
    ASSERT_TRUE(after.ok()) << after.error().message();
    EXPECT_EQ(after->spool_max, room);
  }
}

TEST(CodecRequests, ChangesOfUrlAndRecoverableErrorsSurviveTheWay) {
  Random random(2);
  for (int i = 0; i < kRounds; ++i) {
    ChangeRequest before;
    if (random.flag()) before.uri = random.text();
    if (random.flag()) before.recoverable = random.statuses();
    EXPECT_EQ(sent(before), before);
  }
}

TEST(CodecRequests, SnapshotsTellWhichErrorsAreRecoverable) {
  Random random(3);
  for (int i = 0; i < kRounds; ++i) {
    Snapshot before;
    before.recoverable = random.statuses();
    const auto after = decode_snapshot(encode_snapshot(before));
    ASSERT_TRUE(after.ok()) << after.error().message();
    EXPECT_EQ(after->recoverable, before.recoverable);
  }
}

TEST(CodecRequests, ALoginOfNothingIsNotNone) {
  TransferSettings settings;
  settings.server_login = Login{};
  EXPECT_EQ(sent(settings).server_login, Login{}) << "the user's own ticket";
  EXPECT_EQ(sent(settings).proxy_login, std::nullopt);
}

TEST(CodecRequests, R155_AnEmptyListIsNotNone) {
  ChangeRequest request;
  EXPECT_EQ(sent(request).recoverable, std::nullopt);
  request.recoverable.emplace();
  EXPECT_EQ(sent(request).recoverable, std::vector<WebErrorStatus>());
}

TEST(CodecRequests, ErrorsThatHaveNoNumberOfOursAreRefused) {
  for (const std::int32_t number :
       {-1, 24, 299, 306, 418, 506, 65536 + 403, std::numeric_limits<std::int32_t>::min()}) {
    WireDictionary wire;
    wire.emplace(bus::key::kRecoverable, std::vector<std::int32_t>{403, number});
    EXPECT_FALSE(decode_settings(wire).ok()) << number;
    EXPECT_FALSE(decode_change_request(wire).ok()) << number;
    WireSnapshot snapshot = encode_snapshot({});
    snapshot.get<21>() = wire;
    EXPECT_FALSE(decode_snapshot(std::move(snapshot)).ok()) << number;
  }
}

TEST(CodecRequests, RefusesAWrongTypeByTheNameOfItsKey) {
  for (const char* key :
       {bus::key::kServerLogin, bus::key::kProxyLogin, bus::key::kProxy, bus::key::kCaFile,
        bus::key::kRecoverable, bus::key::kBodyFile, bus::key::kBody}) {
    WireDictionary wire;
    wire.emplace(key, std::uint64_t{1});
    const auto decoded = decode_settings(wire);
    ASSERT_FALSE(decoded.ok()) << key;
    EXPECT_EQ(decoded.error().kind, ErrorKind::InvalidArgument) << key;
    EXPECT_NE(decoded.error().message().find(key), std::string::npos) << key;
  }
}

TEST(CodecRequests, RefusesALoginOfAnotherShape) {
  WireDictionary wire;
  wire.emplace(bus::key::kServerLogin,
               sdbus::Struct<std::string, std::string, std::string>("ann", "pw", "more"));
  EXPECT_FALSE(decode_settings(wire).ok());
}

TEST(CodecRequests, MessagesHoldNoPassword) {
  WireDictionary wire;
  wire.emplace(bus::key::kServerLogin, std::string("ann:hunter2"));
  const auto decoded = decode_settings(wire);
  ASSERT_FALSE(decoded.ok());
  EXPECT_EQ(decoded.error().message().find("hunter2"), std::string::npos);
}

TEST(CodecRequests, WhatIsForACreationOnlyIsRefusedInAChange) {
  for (const char* key : {bus::key::kServerLogin, bus::key::kProxyLogin}) {
    WireDictionary wire;
    wire.emplace(key, sdbus::Struct<std::string, std::string>("ann", "pw"));
    EXPECT_FALSE(decode_change_request(wire).ok()) << key;
  }
  WireDictionary wire;
  wire.emplace(bus::key::kBodyFile, std::string("/body"));
  EXPECT_FALSE(decode_change_request(wire).ok());
  WireDictionary descriptor;
  descriptor.emplace(bus::key::kBody, sdbus::UnixFd(some_file()->get()));
  EXPECT_FALSE(decode_change_request(descriptor).ok());
}

TEST(CodecRequests, GarbageIsRefusedAndNeverThrown) {
  Random random(4);
  const std::vector<std::string> keys = {
      bus::key::kServerLogin, bus::key::kProxyLogin, bus::key::kProxy,    bus::key::kCaFile,
      bus::key::kRecoverable, bus::key::kUrl,        bus::key::kBodyFile, bus::key::kBody};
  const auto value = [&random]() -> sdbus::Variant {
    switch (random.number(7)) {
      case 0:
        return sdbus::Variant(random.text());
      case 1:
        return sdbus::Variant(static_cast<std::int32_t>(random.number(510)));
      case 2:
        return sdbus::Variant(
            std::vector<std::int32_t>{static_cast<std::int32_t>(random.number(1000))});
      case 3:
        return sdbus::Variant(sdbus::Struct<std::string, std::string>(random.text(), ""));
      case 4:
        return sdbus::Variant(std::vector<std::string>{random.text()});
      case 5:
        return sdbus::Variant(sdbus::UnixFd(STDIN_FILENO));
      default:
        return {};
    }
  };
  const auto check = [](const auto& decoded) {
    if (!decoded.ok()) {
      EXPECT_EQ(decoded.error().kind, ErrorKind::InvalidArgument);
    }
  };
  for (int i = 0; i < 2000; ++i) {
    WireDictionary wire;
    for (auto n = 1 + random.number(3); n > 0; --n) {
      wire.insert_or_assign(keys[random.number(static_cast<std::uint32_t>(keys.size()))], value());
    }
    EXPECT_NO_THROW({
      check(decode_settings(wire));
      check(decode_change_request(wire));
    });
  }
}

}  // namespace
}  // namespace lh
