#include "cli/login.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "cli/failure.h"

namespace lh::cli {
namespace {

using testing::HasSubstr;

// --- logins as they are typed --------------------------------------------------------------------

TEST(ParseLogin, TheFirstColonEndsTheUserName) {
  const auto login = parse_login("ann:pa:ss ", "--user");
  EXPECT_EQ(login.User, "ann");
  EXPECT_EQ(login.Password, "pa:ss ");
}

TEST(ParseLogin, AnEmptyPasswordIsOne) {
  const auto login = parse_login("ann:", "--user");
  EXPECT_EQ(login.User, "ann");
  EXPECT_EQ(login.Password, "");
}

TEST(ParseLogin, AColonAloneIsTheUsersOwnTicket) {
  const auto login = parse_login(":", "--user");
  EXPECT_EQ(login.User, "");
  EXPECT_EQ(login.Password, "");
}

TEST(ParseLogin, NothingIsRefusedByTheNameOfItsOption) {
  try {
    static_cast<void>(parse_login("", "--proxy-user"));
    FAIL();
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.status(), ExitStatus::Refused);
    EXPECT_THAT(failure.what(), HasSubstr("--proxy-user"));
  }
}

// In a process of its own, which a session without a terminal is made for.
TEST(ParseLoginDeathTest, WithoutATerminalThePasswordIsNotAskedForButSaid) {
  const auto ask = [] {
    ::setsid();
    try {
      static_cast<void>(parse_login("ann", "--user"));
    } catch (const Failure& failure) {
      std::fprintf(stderr, "%s. %s\n", failure.what(), failure.next().c_str());
      std::_Exit(static_cast<int>(failure.status()));
    }
    std::_Exit(99);
  };
  EXPECT_EXIT(ask(), testing::ExitedWithCode(static_cast<int>(ExitStatus::Refused)),
              "password of ann.*--user USER:PASSWORD.*--user-file");
}

// --- logins in files -----------------------------------------------------------------------------

class ReadLogin : public testing::Test {
 protected:
  ReadLogin() {
    char pattern[] = "/tmp/lh-login-XXXXXX";
    folder_ = ::mkdtemp(pattern);
  }
  ~ReadLogin() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string file(const std::string& content) const {
    const std::string path = folder_ + "/login";
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }
  /// What reading it is refused with.
  static std::string refusal(const std::string& path) {
    try {
      static_cast<void>(read_login(path));
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.status(), ExitStatus::Refused);
      return failure.what();
    }
    return "";
  }

  std::string folder_;
};

TEST_F(ReadLogin, IsTheFirstLine) {
  for (const char* content : {"ann:pa:ss", "ann:pa:ss\n", "ann:pa:ss\r\n", "ann:pa:ss\nbob:x\n"}) {
    const auto login = read_login(file(content));
    EXPECT_EQ(login.User, "ann");
    EXPECT_EQ(login.Password, "pa:ss") << content;
  }
}

TEST_F(ReadLogin, MayBeTheUsersOwnTicket) {
  EXPECT_EQ(read_login(file(":\n")).User, "");
}

TEST_F(ReadLogin, BlanksBelongToIt) {
  EXPECT_EQ(read_login(file("ann: pw \n")).Password, " pw ");
}

TEST_F(ReadLogin, WithoutAColonItIsRefusedAndNobodyIsAsked) {
  EXPECT_THAT(refusal(file("ann\n")), HasSubstr("USER:PASSWORD"));
}

TEST_F(ReadLogin, WhatIsRefusedIsNotShown) {
  EXPECT_THAT(refusal(file("hunter2\n")), testing::Not(HasSubstr("hunter2")));
}

TEST_F(ReadLogin, AFileThatIsNotThereIsNamed) {
  EXPECT_THAT(refusal(folder_ + "/none"), HasSubstr(folder_ + "/none"));
}

TEST_F(ReadLogin, AFileThatIsNotThereIsSaidInTheWordsOfTheSystem) {
  try {
    static_cast<void>(read_login(folder_ + "/none"));
    FAIL();
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.cause(), "No such file or directory");
  }
}

TEST_F(ReadLogin, AnEmptyFileIsRefused) {
  EXPECT_NE(refusal(file("")), "");
}

TEST_F(ReadLogin, AFolderIsRefused) {
  EXPECT_NE(refusal(folder_), "");
}

// --- words that others must not read -------------------------------------------------------------

TEST(TakesSecret, FiveOptionsDo) {
  for (const char* word : {"--user", "--proxy-user", "--proxy", "--header", "-H"}) {
    EXPECT_TRUE(takes_secret(word)) << word;
  }
}

TEST(TakesSecret, OthersDoNot) {
  for (const char* word : {"", "-", "--", "--user-file", "--output", "-o", "--user=ann:pw", "-Hx",
                           "user", "--headers", "-h"}) {
    EXPECT_FALSE(takes_secret(word)) << word;
  }
}

TEST(MayHoldSecret, AnOptionWithItsValueDoes) {
  for (const char* word : {"--user=ann:pw", "--proxy-user=ann:pw", "--proxy=http://p",
                           "--header=Cookie: k=v", "--user=", "-HCookie: k=v", "-H=Cookie: k=v"}) {
    EXPECT_TRUE(may_hold_secret(word)) << word;
  }
}

TEST(MayHoldSecret, AUrlWithAUserDoes) {
  for (const char* word : {"http://ann:pw@h/", "https://ann@h", "HTTP://ann:p@ss@h/", "ftp://:@h/x",
                           "http://ann:pw@h?x", "http://ann:pw@h#x", "http://ann:p/w@h/x",
                           "http://ann:p?w@h/x", "http://ann:p#w@h/x", "http://ann:/@h"}) {
    EXPECT_TRUE(may_hold_secret(word)) << word;
  }
}

TEST(MayHoldSecret, OtherWordsDoNot) {
  for (const char* word : {"", "-", "--", "get", "http://h/a@b", "http://h/?to=a@b", "http://h#a@b",
                           "http://h", "http://h:80/x", "ann@h", "--user", "-H",
                           "--user-file=ann@h", "--output=a@b", "--header", "-h"}) {
    EXPECT_FALSE(may_hold_secret(word)) << word;
  }
}

}  // namespace
}  // namespace lh::cli
