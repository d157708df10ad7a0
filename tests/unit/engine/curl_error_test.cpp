#include "engine/curl_error.h"

#include <cerrno>
#include <map>

#include <curl/curl.h>
#include <gtest/gtest.h>

#include "core/model/web_error.h"

namespace lh {
namespace {

CurlFailure failure(int code) {
  CurlFailure failure;
  failure.code = code;
  failure.uri = "http://host.example/path?token=secret";
  return failure;
}

struct Expected {
  int status = 0;
  bool transient = false;
};

/// web_error_status.md, section 4: what each code means; those that are missing are Unknown and
/// final.
const std::map<int, Expected>& table() {
  static const std::map<int, Expected> expected = {
      {5, {15, true}},   {6, {15, true}},    {7, {14, true}},    {8, {8, false}},
      {9, {403, false}}, {10, {14, true}},   {11, {8, false}},   {12, {7, true}},
      {13, {8, false}},  {14, {8, false}},   {15, {15, true}},   {16, {9, true}},
      {17, {21, false}}, {18, {11, true}},   {19, {21, false}},  {21, {21, false}},
      {22, {18, false}}, {25, {21, false}},  {28, {7, true}},    {30, {14, true}},
      {31, {22, false}}, {33, {22, false}},  {35, {14, true}},   {36, {22, false}},
      {42, {16, false}}, {45, {14, true}},   {47, {17, false}},  {52, {9, true}},
      {55, {9, true}},   {56, {9, true}},    {58, {20, false}},  {59, {14, false}},
      {60, {1, false}},  {61, {8, false}},   {64, {14, false}},  {67, {401, false}},
      {77, {20, false}}, {78, {404, false}}, {80, {11, true}},   {82, {20, false}},
      {83, {5, false}},  {84, {21, false}},  {89, {14, true}},   {90, {5, false}},
      {91, {4, false}},  {92, {10, true}},   {94, {401, false}}, {95, {8, true}},
      {96, {14, true}},  {97, {14, true}},   {98, {401, false}}, {100, {8, false}},
      {101, {14, false}}};
  return expected;
}

TEST(CurlError, EveryCodeHasTheMeaningOfTheTable) {
  for (int code = 0; code <= 101; ++code) {
    const auto found = table().find(code);
    const Expected expected = found != table().end() ? found->second : Expected{};
    const Failure result = to_failure(failure(code));
    EXPECT_EQ(static_cast<int>(result.error.status), expected.status) << code;
    EXPECT_EQ(result.transient, expected.transient) << code;
    EXPECT_LT(result.error.hresult, 0) << code;
    EXPECT_FALSE(result.error.message.empty()) << code;
  }
}

TEST(CurlError, WhatIsNoWebErrorHasAnHresultOfItsOwn) {
  const std::map<int, HResult> expected = {{0, hr::kFail},
                                           {1, hr::kInvalidArgument},
                                           {2, hr::kFail},
                                           {3, hr::kInvalidArgument},
                                           {4, hr::kNotImplemented},
                                           {27, hr::kOutOfMemory},
                                           {43, hr::kInvalidArgument},
                                           {48, hr::kFail},
                                           {63, hr::kFileTooLarge},
                                           {93, hr::kFail},
                                           {99, hr::kFail},
                                           {12345, hr::kFail}};
  for (const auto& [code, hresult] : expected) {
    EXPECT_EQ(to_failure(failure(code)).error.hresult, hresult) << code;
  }
}

TEST(CurlError, ABrokenChunkIsAnInvalidAnswerWhateverItsNumber) {
  for (const int code : {43, 56}) {
    CurlFailure broken = failure(code);
    broken.detail = "chunk hex-length char not a hex digit: 0x7a";
    const Failure said = to_failure(broken);
    EXPECT_EQ(said.error.status, WebErrorStatus::ErrorHttpInvalidServerResponse) << code;
    EXPECT_EQ(said.error.kind, ErrorKind::Protocol) << code;
    EXPECT_FALSE(said.transient) << code;
  }
  CurlFailure aborted = failure(56);
  aborted.detail = "Connection died";
  EXPECT_TRUE(to_failure(aborted).transient);
}

TEST(CurlError, TheHresultCarriesTheStatus) {
  for (int code = 1; code <= 101; ++code) {
    const auto error = to_failure(failure(code)).error;
    EXPECT_EQ(web_error_status_of(error.hresult), error.status) << code;
  }
}

TEST(CurlError, AResetIsToldFromAnAbort) {
  for (const int code : {55, 56}) {
    for (const int reason : {ECONNRESET, EPIPE}) {
      auto reset = failure(code);
      reset.os_errno = reason;
      EXPECT_EQ(to_failure(reset).error.status, WebErrorStatus::ConnectionReset);
    }
  }
}

TEST(CurlError, CertificateErrorsAreToldApartAndFinal) {
  const std::map<long, WebErrorStatus> expected = {
      {0, WebErrorStatus::CertificateCommonNameIsIncorrect},
      {1, WebErrorStatus::CertificateCommonNameIsIncorrect},
      {62, WebErrorStatus::CertificateCommonNameIsIncorrect},
      {9, WebErrorStatus::CertificateExpired},
      {10, WebErrorStatus::CertificateExpired},
      {23, WebErrorStatus::CertificateRevoked},
      {18, WebErrorStatus::CertificateIsInvalid},
      {20, WebErrorStatus::CertificateIsInvalid},
      {26, WebErrorStatus::CertificateIsInvalid},
      {7, WebErrorStatus::CertificateContainsErrors},
      {999, WebErrorStatus::CertificateContainsErrors}};
  for (const auto& [verify_result, status] : expected) {
    auto bad = failure(60);
    bad.verify_result = verify_result;
    const auto result = to_failure(bad);
    EXPECT_EQ(result.error.status, status) << verify_result;
    EXPECT_EQ(result.error.kind, ErrorKind::Tls);
    EXPECT_FALSE(result.transient);
  }
}

TEST(CurlError, BadAddressesAfterARedirectAreTheServersFault) {
  for (const int code : {1, 3}) {
    auto redirected = failure(code);
    redirected.redirected = true;
    EXPECT_EQ(to_failure(redirected).error.status, WebErrorStatus::RedirectFailed);
  }
}

TEST(CurlError, WhatLibcurlCannotReadInAHeadIsAnInvalidAnswer) {
  for (const int code : {1, 27}) {
    auto unreadable = failure(code);
    unreadable.in_head = true;
    EXPECT_EQ(to_failure(unreadable).error.status, WebErrorStatus::ErrorHttpInvalidServerResponse);
  }
}

TEST(CurlError, AProxyThatWantsCredentialsIsFinal) {
  auto proxy = failure(97);
  proxy.proxy_status = 407;
  EXPECT_EQ(to_failure(proxy).error.status, WebErrorStatus::ProxyAuthenticationRequired);
  EXPECT_FALSE(to_failure(proxy).transient);
}

// --- proxies -----------------------------------------------------------------------------------

/// Codes that libcurl gives where a proxy makes no tunnel.
constexpr int kTunnelCodes[] = {7, 55, 56, 94, 97};

CurlFailure proxy_failure(int code, long proxy_status = 0) {
  CurlFailure refused = failure(code);
  refused.proxy = "http://proxy.example:3128";
  refused.proxy_status = proxy_status;
  return refused;
}

bool names_the_proxy(const CurlFailure& refused) {
  return to_failure(refused).error.message.find("the proxy " + refused.proxy + ": ") !=
         std::string::npos;
}

TEST(CurlError, AProxyThatWantsALoginIsThatWhateverTheNumber) {
  for (const int code : kTunnelCodes) {
    const Failure said = to_failure(proxy_failure(code, 407));
    EXPECT_EQ(said.error.status, WebErrorStatus::ProxyAuthenticationRequired) << code;
    EXPECT_EQ(said.error.http_status, 407) << code;
    EXPECT_FALSE(said.transient) << code;
  }
}

TEST(CurlError, ASocksProxyThatWantsALoginIsOneToo) {
  for (const long reason : {long{CURLPX_USER_REJECTED}, long{CURLPX_NO_AUTH}}) {
    CurlFailure refused = proxy_failure(97);
    refused.proxy_error = reason;
    EXPECT_EQ(to_failure(refused).error.status, WebErrorStatus::ProxyAuthenticationRequired);
    EXPECT_FALSE(to_failure(refused).transient);
  }
}

TEST(CurlError, AProxyThatForbidsTheTunnelIsFinal) {
  for (const int code : kTunnelCodes) {
    for (const long status : {301L, 400L, 403L, 405L}) {
      const Failure said = to_failure(proxy_failure(code, status));
      EXPECT_EQ(said.error.status, WebErrorStatus::CannotConnect) << code << " " << status;
      EXPECT_FALSE(said.transient) << code << " " << status;
    }
  }
}

TEST(CurlError, WhatAProxyCannotReachNowMayBeReachedSoon) {
  for (const int code : kTunnelCodes) {
    for (const long status : {500L, 502L, 503L, 504L}) {
      const Failure said = to_failure(proxy_failure(code, status));
      EXPECT_EQ(said.error.status, WebErrorStatus::CannotConnect) << code << " " << status;
      EXPECT_TRUE(said.transient) << code << " " << status;
    }
  }
}

TEST(CurlError, ATunnelThatStandsExcusesNothing) {
  for (const int code : kTunnelCodes) {
    EXPECT_EQ(to_failure(proxy_failure(code, 200)).error.status,
              to_failure(failure(code)).error.status)
        << code;
  }
}

TEST(CurlError, NoOtherErrorHasTheStatusOfAProxy) {
  for (int code = 0; code <= 101; ++code) {
    EXPECT_EQ(to_failure(failure(code)).error.http_status, std::nullopt) << code;
  }
}

TEST(CurlError, WhatAProxyRefusesNamesIt) {
  EXPECT_TRUE(names_the_proxy(proxy_failure(56, 403)));
  EXPECT_TRUE(names_the_proxy(proxy_failure(56, 407)));
  EXPECT_TRUE(names_the_proxy(proxy_failure(97)));
  EXPECT_TRUE(names_the_proxy(proxy_failure(5)));
}

TEST(CurlError, AProxyThatCannotBeReachedIsNamed) {
  CurlFailure refused = proxy_failure(7);
  refused.detail = "Failed to connect to proxy.example port 3128 after 0 ms: Connection refused";
  EXPECT_EQ(to_failure(refused).error.message,
            "GET http://host.example/path: the proxy http://proxy.example:3128: " + refused.detail);
}

// libcurl leaves the brackets away.
TEST(CurlError, AnIpv6ProxyThatCannotBeReachedIsNamed) {
  CurlFailure refused = failure(7);
  refused.proxy = "http://[::1]:3128";
  refused.detail = "Failed to connect to ::1 port 3128 after 0 ms: Couldn't connect to server";
  EXPECT_TRUE(names_the_proxy(refused)) << to_failure(refused).error.message;
}

TEST(CurlError, AServerThatCannotBeReachedIsNotTakenForTheProxy) {
  CurlFailure refused = proxy_failure(7);
  refused.detail = "Failed to connect to host.example port 80 after 0 ms: Connection refused";
  EXPECT_FALSE(names_the_proxy(refused));
}

TEST(CurlError, AnotherPortOfItsHostIsNotTakenForTheProxy) {
  CurlFailure refused = failure(7);
  refused.proxy = "http://proxy.example:80";
  refused.detail = "Failed to connect to proxy.example port 8080 after 0 ms: Connection refused";
  EXPECT_FALSE(names_the_proxy(refused)) << to_failure(refused).error.message;
}

TEST(CurlError, WithoutAProxyNoneIsNamed) {
  CurlFailure refused = failure(7);
  refused.detail = "Failed to connect to host.example port 80 after 0 ms: Connection refused";
  EXPECT_EQ(to_failure(refused).error.message, "GET http://host.example/path: " + refused.detail);
}

TEST(CurlError, MessagesNameTheRequestAndNoSecrets) {
  auto unresolved = failure(6);
  unresolved.detail = "Could not resolve host: host.example";
  EXPECT_EQ(to_failure(unresolved).error.message,
            "GET http://host.example/path: Could not resolve host: host.example");
}

TEST(CurlError, UrisAreShownWithoutSecrets) {
  EXPECT_EQ(uri_without_secrets("http://h/p?token=1#x"), "http://h/p");
  EXPECT_EQ(uri_without_secrets("http://me:pw@h:80/p@q"), "http://h:80/p@q");
  EXPECT_EQ(uri_without_secrets("http://h?a@b"), "http://h");
  EXPECT_EQ(uri_without_secrets("nonsense"), "nonsense");
}

}  // namespace
}  // namespace lh
