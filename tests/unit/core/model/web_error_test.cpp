#include "core/model/web_error.h"

#include <cerrno>
#include <vector>

#include <gtest/gtest.h>

namespace lh {
namespace {

std::vector<WebErrorStatus> all_statuses() {
  std::vector<WebErrorStatus> all;
  for (int value = 1; value <= 505; ++value) {
    const auto status = static_cast<WebErrorStatus>(value);
    if (web_error_name(status) != "Unknown") all.push_back(status);
  }
  return all;
}

TEST(WebError, ThereAre55ValuesWithUnknown) {
  EXPECT_EQ(all_statuses().size(), 54U);
}

TEST(WebError, R166_EveryStatusSurvivesItsHresult) {
  for (const WebErrorStatus status : all_statuses()) {
    EXPECT_EQ(web_error_status_of(hresult_of(status)), status) << web_error_name(status);
  }
}

TEST(WebError, R167_AnHresultThatIsNoWebErrorIsUnknown) {
  for (const HResult hresult :
       {hr::kOk, hr::kInvalidArgument, hr::kFail, hr::kCanceled, hr::kCrc, hr::kFileTooLarge,
        hr::from_bits(0x80190000), hr::from_bits(0x8019FFFF), 1, -1}) {
    EXPECT_EQ(web_error_status_of(hresult), WebErrorStatus::Unknown) << std::hex << hresult;
  }
}

TEST(WebError, NumbersAreThoseOfTheTable) {
  EXPECT_EQ(hresult_of(WebErrorStatus::NotFound), hr::from_bits(0x80190194));
  EXPECT_EQ(hresult_of(WebErrorStatus::CannotConnect), hr::from_bits(0x80072EFD));
  EXPECT_EQ(hresult_of(WebErrorStatus::UnexpectedServerError), hr::from_bits(0x8019FF02));
  EXPECT_EQ(hresult_of(WebErrorStatus::InsufficientRangeSupport), hr::from_bits(0x80200013));
  EXPECT_EQ(hresult_of(WebErrorStatus::Unknown), hr::kFail);
  EXPECT_EQ(hresult_of(static_cast<WebErrorStatus>(306)), hr::kFail);
}

TEST(WebError, GapsHaveNoNames) {
  for (const int value : {24, 299, 306, 308, 418, 506, -1}) {
    EXPECT_EQ(web_error_name(static_cast<WebErrorStatus>(value)), "Unknown") << value;
  }
  EXPECT_EQ(web_error_name(WebErrorStatus::RequestUriTooLong), "RequestUriTooLong");
}

TEST(WebError, Section3_HttpStatusesMapAsTabled) {
  struct Row {
    int http;
    WebErrorStatus status;
  };
  for (const Row& row : {
           Row{0, WebErrorStatus::ErrorHttpInvalidServerResponse},
           Row{99, WebErrorStatus::ErrorHttpInvalidServerResponse},
           Row{600, WebErrorStatus::ErrorHttpInvalidServerResponse},
           Row{100, WebErrorStatus::UnexpectedStatusCode},
           Row{199, WebErrorStatus::UnexpectedStatusCode},
           Row{200, WebErrorStatus::Unknown},
           Row{300, WebErrorStatus::MultipleChoices},
           Row{301, WebErrorStatus::RedirectFailed},
           Row{302, WebErrorStatus::RedirectFailed},
           Row{303, WebErrorStatus::RedirectFailed},
           Row{304, WebErrorStatus::NotModified},
           Row{305, WebErrorStatus::UseProxy},
           Row{306, WebErrorStatus::UnexpectedRedirection},
           Row{307, WebErrorStatus::RedirectFailed},
           Row{308, WebErrorStatus::UnexpectedRedirection},
           Row{399, WebErrorStatus::UnexpectedRedirection},
           Row{400, WebErrorStatus::BadRequest},
           Row{404, WebErrorStatus::NotFound},
           Row{417, WebErrorStatus::ExpectationFailed},
           Row{418, WebErrorStatus::UnexpectedClientError},
           Row{429, WebErrorStatus::UnexpectedClientError},
           Row{499, WebErrorStatus::UnexpectedClientError},
           Row{500, WebErrorStatus::InternalServerError},
           Row{505, WebErrorStatus::HttpVersionNotSupported},
           Row{506, WebErrorStatus::UnexpectedServerError},
           Row{599, WebErrorStatus::UnexpectedServerError},
       }) {
    EXPECT_EQ(web_error_of_http(row.http), row.status) << row.http;
  }
}

TEST(WebError, R172_AnHttpErrorCarriesItsStatusInTheHresult) {
  EXPECT_EQ(hresult_of_http(429), hr::from_bits(0x801901AD));
  for (int status = 300; status <= 600; ++status) {
    const TransferError error = http_error(status, "GET", "http://h/x");
    EXPECT_EQ(web_error_status_of(error.hresult), error.status) << status;
    EXPECT_EQ(error.http_status, status);
    EXPECT_EQ(error.kind, ErrorKind::Http);
  }
}

TEST(WebError, HttpErrorsSayWhatHappened) {
  EXPECT_EQ(http_error(404, "GET", "http://host/x").message, "GET http://host/x: 404 Not Found");
  EXPECT_EQ(http_error(599, "GET", "http://host/x").message, "GET http://host/x: 599");
}

TEST(WebError, R178_MessagesHoldNoSecrets) {
  const std::string message =
      http_error(403, "GET", "http://user:pa:ss@host/x@y?token=secret#frag").message;
  EXPECT_EQ(message, "GET http://host/x@y?...: 403 Forbidden");
}

TEST(WebError, R173_FileErrorsKeepTheirHresult) {
  struct Row {
    int code;
    std::uint32_t hresult;
  };
  for (const Row& row :
       {Row{ENOSPC, 0x80070070},       Row{EDQUOT, 0x8007050F},  Row{EFBIG, 0x80070299},
        Row{EACCES, 0x80070005},       Row{EPERM, 0x80070005},   Row{EROFS, 0x80070013},
        Row{ENOENT, 0x80070002},       Row{ENOTDIR, 0x80070003}, Row{EISDIR, 0x8007010B},
        Row{EIO, 0x8007045D},          Row{ENODEV, 0x80070037},  Row{ENXIO, 0x80070037},
        Row{ESTALE, 0x80070037},       Row{EBUSY, 0x80070020},   Row{ETXTBSY, 0x80070020},
        Row{ENAMETOOLONG, 0x800700CE}, Row{EMFILE, 0x80070004},  Row{ENFILE, 0x80070004},
        Row{ENOMEM, 0x8007000E},       Row{EINVAL, 0x80004005}}) {
    const auto error = to_transfer_error(file_error(row.code, "write", "/a"));
    EXPECT_EQ(error.hresult, hr::from_bits(row.hresult)) << row.code;
    EXPECT_EQ(error.status, WebErrorStatus::Unknown);
    EXPECT_TRUE(error.message.starts_with("write /a: "));
  }
}

TEST(WebError, OurOwnErrorsMapByKind) {
  struct Row {
    ErrorKind kind;
    HResult hresult;
  };
  for (const Row& row :
       {Row{ErrorKind::InvalidArgument, hr::kInvalidArgument},
        Row{ErrorKind::IllegalState, hr::kIllegalMethodCall},
        Row{ErrorKind::NotFound, hr::kNotFound}, Row{ErrorKind::Quota, hr::kNotEnoughQuota},
        Row{ErrorKind::Checksum, hr::kCrc}, Row{ErrorKind::Canceled, hr::kCanceled},
        Row{ErrorKind::Unavailable, hr::kServiceUnavailable}, Row{ErrorKind::Store, hr::kFail},
        Row{ErrorKind::Bus, hr::kFail}, Row{ErrorKind::Config, hr::kFail},
        Row{ErrorKind::Internal, hr::kFail},
        Row{ErrorKind::Network, hresult_of(WebErrorStatus::CannotConnect)},
        Row{ErrorKind::Protocol, hresult_of(WebErrorStatus::ErrorHttpInvalidServerResponse)}}) {
    const auto error = to_transfer_error(Error{row.kind, 0, "do", "it", "no"});
    EXPECT_EQ(error.hresult, row.hresult);
    EXPECT_EQ(error.kind, row.kind);
    EXPECT_EQ(error.message, "do it: no");
  }
  const auto http = to_transfer_error(Error{ErrorKind::Http, 404, "GET", "http://h/x", ""});
  EXPECT_EQ(http.status, WebErrorStatus::NotFound);
  EXPECT_EQ(http.http_status, 404);
}

}  // namespace
}  // namespace lh
