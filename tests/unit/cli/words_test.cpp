#include "cli/words.h"

#include <gtest/gtest.h>

#include "cli/failure.h"
#include "cli/human.h"

namespace lh::cli {
namespace {

using enum BackgroundTransferStatus;

TransferInfo transfer(const std::string& url, const std::string& file = {}) {
  TransferInfo info;
  info.Url = url;
  info.File = file;
  return info;
}

TEST(ShortName, IsThatOfTheFileElseOfTheUrl) {
  EXPECT_EQ(short_name(transfer("http://h/a/b.iso", "/d/c.iso")), "c.iso");
  EXPECT_EQ(short_name(transfer("http://h/a/b.iso?x=/y#z")), "b.iso");
  EXPECT_EQ(short_name(transfer("http://h/a/")), "http://h/a/");
  EXPECT_EQ(short_name(transfer("http://h")), "http://h");
  EXPECT_EQ(short_name(transfer("http://h/?q=1")), "http://h/?q=1");
}

TEST(StatusWord, TellsApartWhatOneStatusMeans) {
  TransferInfo info;
  EXPECT_EQ(status_word(info), "Not started");
  info.Started = longhaul::UtcTime{};
  EXPECT_EQ(status_word(info), "Queued");
  info.Status = Running;
  EXPECT_EQ(status_word(info), "Running");
  info.Blockers.push_back({"retry", {}, {}, "in a moment"});
  EXPECT_EQ(status_word(info), "Retrying");
}

TEST(ReasonInWords, GivesAllBlockersElseTheError) {
  TransferInfo info;
  info.Blockers = {{"cost", {}, {}, "one"}, {"power", {}, {}, "two"}};
  EXPECT_EQ(reason_in_words(info), "one; two");
  info.Blockers.clear();
  info.Error =
      longhaul::TransferErrorInfo{WebErrorStatus::NotFound, 0, 404, "http", "it is not there"};
  info.Status = Error;
  EXPECT_EQ(reason_in_words(info), "it is not there");
  info.Status = Canceled;
  EXPECT_EQ(reason_in_words(info), "");
}

TEST(ReasonInWords, SaysUntilWhen) {
  TransferInfo info;
  const auto until = longhaul::UtcTime(std::chrono::hours(24 * 365));
  info.Blockers = {{"retry", {}, until, "no answer; tries again by itself"}};
  EXPECT_EQ(reason_in_words(info), "no answer; tries again by itself at " + local_time(until));
}

TEST(WebErrorName, IsUnknownForNumbersWithoutAName) {
  EXPECT_EQ(web_error_name(WebErrorStatus::NotFound), "NotFound");
  EXPECT_EQ(web_error_name(WebErrorStatus::MissingContentLengthSupport),
            "MissingContentLengthSupport");
  EXPECT_EQ(web_error_name(static_cast<WebErrorStatus>(418)), "Unknown");
}

std::string cause(std::uint32_t hresult) {
  return cause_of(static_cast<std::int32_t>(hresult));
}

TEST(CauseOf, IsTheNameOfAWebErrorOrTheTextOfAnErrno) {
  EXPECT_EQ(cause(0x80190194), "NotFound");
  EXPECT_EQ(cause(0x80072EE7), "HostNameNotResolved");
  EXPECT_EQ(cause(0x80070005), "Permission denied");
  EXPECT_EQ(cause(0x80070070), "No space left on device");
  EXPECT_EQ(cause(0x80070057), "Invalid argument");
  EXPECT_EQ(cause(0x80070017), "Wrong checksum");
  EXPECT_EQ(cause(0x80004005), "Unknown");
}

TEST(ServiceFailure, HasTheExitStatusThatScriptsRelyOn) {
  const auto status = [](std::uint32_t hresult) {
    return service_failure(static_cast<std::int32_t>(hresult), "x").status();
  };
  EXPECT_EQ(status(0x80070426), ExitStatus::Unreachable);
  EXPECT_EQ(status(0x80070490), ExitStatus::NoSuchTransfer);
  EXPECT_EQ(status(0x80070057), ExitStatus::Refused);
  EXPECT_EQ(status(0x80070718), ExitStatus::Refused);
}

}  // namespace
}  // namespace lh::cli
