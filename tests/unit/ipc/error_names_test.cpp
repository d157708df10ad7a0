#include "ipc/error_names.h"

#include <gtest/gtest.h>

#include "core/model/web_error.h"

namespace lh {
namespace {

TEST(ErrorNames, KindNumberAndMessageSurviveTheWay) {
  for (int kind = 0; kind <= static_cast<int>(ErrorKind::Internal); ++kind) {
    TransferError before;
    before.kind = static_cast<ErrorKind>(kind);
    before.hresult = hr::from_bits(0x80070000U + static_cast<std::uint32_t>(kind));
    before.message = "rename /home/u/a.iso: Permission denied";
    const TransferError after = from_bus_error(to_bus_error(before));
    EXPECT_EQ(after.kind, before.kind);
    EXPECT_EQ(after.hresult, before.hresult);
    EXPECT_EQ(after.message, before.message);
  }
}

TEST(ErrorNames, AMessageThatIsNoTextCanBeSentAllTheSame) {
  const Error error = file_error(2, "open", "/caf\xE9");
  EXPECT_EQ(to_bus_error(error).getMessage(), "open /café: No such file or directory");
}

TEST(ErrorNames, R172_AnHttpErrorKeepsItsStatus) {
  const TransferError after = from_bus_error(to_bus_error(http_error(404, "GET", "http://h/x")));
  EXPECT_EQ(after.http_status, 404);
  EXPECT_EQ(after.status, WebErrorStatus::NotFound);
  EXPECT_EQ(after.hresult, hr::from_bits(0x80190194));
}

TEST(ErrorNames, AnErrorOfOursHasTheNumberOfItsKind) {
  const sdbus::Error error = to_bus_error(invalid_argument("no such verb"));
  EXPECT_EQ(error.getName(), "org.longhaul.Transfers1.Error.InvalidArgument.H80070057");
}

TEST(ErrorNames, ASilentBusMeansThatTheServiceIsNotThere) {
  for (const char* name :
       {"org.freedesktop.DBus.Error.NoReply", "org.freedesktop.DBus.Error.ServiceUnknown",
        "org.freedesktop.DBus.Error.Spawn.ExecFailed"}) {
    const TransferError error = from_bus_error(sdbus::Error(name, "text"));
    EXPECT_EQ(error.kind, ErrorKind::Unavailable) << name;
    EXPECT_EQ(error.hresult, hr::kServiceUnavailable) << name;
    EXPECT_EQ(error.message, "text");
  }
}

TEST(ErrorNames, NamesThatOnlyLookLikeOursAreNotTrusted) {
  for (const char* name :
       {"org.longhaul.Transfers1.Error.NotFound", "org.longhaul.Transfers1.Error.NotFound.H8007",
        "org.longhaul.Transfers1.Error.NotFound.H8007049g"}) {
    EXPECT_EQ(from_bus_error(sdbus::Error(name, "x")).hresult, hr::kServiceUnavailable) << name;
  }
}

TEST(ErrorNames, OnlyAnUndeliveredCallMayBeRepeatedBlindly) {
  EXPECT_TRUE(was_not_delivered(sdbus::Error("org.freedesktop.DBus.Error.ServiceUnknown", "")));
  EXPECT_TRUE(was_not_delivered(sdbus::Error("org.freedesktop.DBus.Error.NameHasNoOwner", "")));
  EXPECT_FALSE(was_not_delivered(sdbus::Error("org.freedesktop.DBus.Error.NoReply", "")));
}

}  // namespace
}  // namespace lh
