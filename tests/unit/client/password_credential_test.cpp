#include "longhaul/security/password_credential.h"

#include <gtest/gtest.h>

#include "longhaul/background_downloader.h"
#include "longhaul/foundation/hresult.h"

namespace longhaul {
namespace {

TEST(PasswordCredential, HoldsWhatItIsGiven) {
  const PasswordCredential credential(L"files.example", L"ann", L"pa:ss");
  EXPECT_EQ(credential.Resource(), L"files.example");
  EXPECT_EQ(credential.UserName(), L"ann");
  EXPECT_EQ(credential.Password(), L"pa:ss");
}

TEST(PasswordCredential, CanBeFilledLater) {
  const PasswordCredential credential;
  EXPECT_TRUE(credential.UserName().empty());
  credential.Resource(L"files.example");
  credential.UserName(L"ann");
  credential.Password(L"pw");
  EXPECT_EQ(credential.Resource(), L"files.example");
  EXPECT_EQ(credential.UserName(), L"ann");
  EXPECT_EQ(credential.Password(), L"pw");
}

TEST(PasswordCredential, R64_AnEmptyUserNameOrPasswordIsRefused) {
  EXPECT_THROW(PasswordCredential(L"", L"", L"pw"), hresult_invalid_argument);
  EXPECT_THROW(PasswordCredential(L"", L"ann", L""), hresult_invalid_argument);
}

TEST(PasswordCredential, WhatIsRefusedLeavesItAsItWas) {
  const PasswordCredential credential(L"", L"ann", L"pw");
  EXPECT_THROW(credential.UserName(L""), hresult_invalid_argument);
  EXPECT_THROW(credential.Password(L""), hresult_invalid_argument);
  EXPECT_EQ(credential.UserName(), L"ann");
  EXPECT_EQ(credential.Password(), L"pw");
}

TEST(PasswordCredential, ThePasswordIsThereWithoutBeingRetrieved) {
  const PasswordCredential credential(L"", L"ann", L"pw");
  credential.RetrievePassword();
  EXPECT_EQ(credential.Password(), L"pw");
}

TEST(PasswordCredential, CopiesAreTheSame) {
  const PasswordCredential credential(L"", L"ann", L"pw");
  const PasswordCredential copy = credential;  // NOLINT: the copy is what is tested
  copy.Password(L"other");
  EXPECT_EQ(credential.Password(), L"other");
  EXPECT_EQ(copy, credential);
}

TEST(PasswordCredential, TwoOfTheSameContentAreNotTheSame) {
  EXPECT_FALSE(PasswordCredential(L"", L"ann", L"pw") == PasswordCredential(L"", L"ann", L"pw"));
}

TEST(PasswordCredential, ANullOneSaysSo) {
  const PasswordCredential none = nullptr;
  EXPECT_TRUE(none == nullptr);
  EXPECT_FALSE(static_cast<bool>(none));
  EXPECT_THROW(static_cast<void>(none.UserName()), hresult_error);
  EXPECT_THROW(none.Password(L"pw"), hresult_error);
  EXPECT_THROW(none.RetrievePassword(), hresult_error);
}

TEST(DownloaderCredentials, R64_AreNullAtFirst) {
  const BackgroundDownloader downloader;
  EXPECT_TRUE(downloader.ServerCredential() == nullptr);
  EXPECT_TRUE(downloader.ProxyCredential() == nullptr);
}

TEST(DownloaderCredentials, R64_AreForTheServerOrForTheProxy) {
  const BackgroundDownloader downloader;
  const PasswordCredential server(L"", L"ann", L"pw");
  const PasswordCredential proxy(L"", L"bob", L"pw");
  downloader.ServerCredential(server);
  downloader.ProxyCredential(proxy);
  EXPECT_EQ(downloader.ServerCredential(), server);
  EXPECT_EQ(downloader.ProxyCredential(), proxy);
}

TEST(DownloaderCredentials, R64_CanBeTakenAway) {
  const BackgroundDownloader downloader;
  downloader.ServerCredential(PasswordCredential(L"", L"ann", L"pw"));
  downloader.ServerCredential(nullptr);
  EXPECT_TRUE(downloader.ServerCredential() == nullptr);
}

}  // namespace
}  // namespace longhaul
