#include "cli/request_options.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "cli/failure.h"

namespace lh::cli {
namespace {

using testing::HasSubstr;

longhaul::DownloadSettings settings_of(const RequestOptions& options) {
  longhaul::DownloadSettings settings;
  options.apply(settings);
  return settings;
}

/// What they are refused with, or "".
std::string refusal(const RequestOptions& options) {
  try {
    static_cast<void>(settings_of(options));
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.status(), ExitStatus::Refused);
    return failure.what();
  }
  return "";
}

TEST(RequestOptions, NoneAskForAPlainGet) {
  const auto settings = settings_of({});
  EXPECT_EQ(settings.Method, "GET");
  EXPECT_TRUE(settings.Headers.empty());
  EXPECT_FALSE(settings.ServerLogin);
  EXPECT_FALSE(settings.ProxyLogin);
  EXPECT_EQ(settings.CertificateFile, "");
}

TEST(RequestOptions, WithoutAProxyThatOfTheEnvironmentCounts) {
  EXPECT_EQ(settings_of({}).Proxy, std::nullopt);
}

TEST(RequestOptions, AnEmptyProxyIsNone) {
  RequestOptions options;
  options.proxy = "";
  EXPECT_EQ(settings_of(options).Proxy, "");
}

TEST(RequestOptions, LoginsAreForTheServerOrTheProxy) {
  RequestOptions options;
  options.user = "ann:a";
  options.proxy_user = "bob:b";
  const auto settings = settings_of(options);
  ASSERT_TRUE(settings.ServerLogin && settings.ProxyLogin);
  EXPECT_EQ(settings.ServerLogin->User, "ann");
  EXPECT_EQ(settings.ServerLogin->Password, "a");
  EXPECT_EQ(settings.ProxyLogin->User, "bob");
  EXPECT_EQ(settings.ProxyLogin->Password, "b");
}

TEST(RequestOptions, TwoWaysToLogInExcludeEachOther) {
  RequestOptions options;
  options.user = "ann:a";
  options.user_file = "/nonexistent";
  EXPECT_EQ(refusal(options), "--user and --user-file exclude each other");
}

TEST(RequestOptions, AMethodThatIsNoneIsRefused) {
  RequestOptions options;
  options.method = "GE T";
  EXPECT_NE(refusal(options), "");
}

TEST(RequestOptions, AHeaderThatIsRefusedIsNotShown) {
  RequestOptions options;
  options.headers = {"Cookie: hunter2\r\nEvil: 1"};
  const std::string refused = refusal(options);
  EXPECT_NE(refused, "");
  EXPECT_THAT(refused, testing::Not(HasSubstr("hunter2")));
}

TEST(RequestOptions, CertificatesThatCannotBeReadAreNamed) {
  RequestOptions options;
  options.certificates = "/nonexistent/ca.pem";
  EXPECT_THAT(refusal(options), HasSubstr("/nonexistent/ca.pem"));
}

// The service has a current folder of its own.
TEST(RequestOptions, CertificatesAreNamedByAnAbsolutePath) {
  char pattern[] = "/tmp/lh-options-XXXXXX";
  const std::filesystem::path folder = ::mkdtemp(pattern);
  std::ofstream(folder / "ca.pem") << "x";
  RequestOptions options;
  options.certificates =
      std::filesystem::relative(folder / "ca.pem", std::filesystem::current_path()).string();
  const std::string file = settings_of(options).CertificateFile;
  EXPECT_TRUE(file.starts_with('/')) << file;
  EXPECT_TRUE(std::filesystem::equivalent(file, folder / "ca.pem")) << file;
  std::filesystem::remove_all(folder);
}

TEST(RequestOptions, R57_WithoutABodyNothingIsSent) {
  EXPECT_EQ(settings_of({}).BodyFile, "");
  EXPECT_FALSE(settings_of({}).BodyStream);
}

TEST(RequestOptions, R57_ABodyThatCannotBeReadIsNamed) {
  RequestOptions options;
  options.body_file = "/nonexistent/body";
  EXPECT_THAT(refusal(options), HasSubstr("the body in /nonexistent/body"));
}

TEST(RequestOptions, R57_ABodyIsNamedByAnAbsolutePath) {
  char pattern[] = "/tmp/lh-options-XXXXXX";
  const std::filesystem::path folder = ::mkdtemp(pattern);
  std::ofstream(folder / "body") << "x";
  RequestOptions options;
  options.body_file =
      std::filesystem::relative(folder / "body", std::filesystem::current_path()).string();
  const std::string file = settings_of(options).BodyFile;
  EXPECT_TRUE(file.starts_with('/')) << file;
  EXPECT_TRUE(std::filesystem::equivalent(file, folder / "body")) << file;
  EXPECT_FALSE(settings_of(options).BodyStream);
  std::filesystem::remove_all(folder);
}

TEST(RequestOptions, R57_AMinusIsStandardInputAndNoFileOfThatName) {
  RequestOptions options;
  options.body_file = "-";
  EXPECT_EQ(settings_of(options).BodyFile, "");
  EXPECT_TRUE(settings_of(options).BodyStream);
}

}  // namespace
}  // namespace lh::cli
