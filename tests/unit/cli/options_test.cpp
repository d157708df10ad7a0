#include "cli/options.h"

#include <gtest/gtest.h>

#include "cli/command.h"
#include "cli/failure.h"
#include "cli/selection.h"

namespace lh::cli {
namespace {

TEST(ParseHeaders, SplitsNameAndValue) {
  const auto headers = parse_headers({"X-One:  a: b ", "Empty:"});
  EXPECT_EQ(headers[0], (std::pair<std::string, std::string>{"X-One", "a: b"}));
  EXPECT_EQ(headers[1], (std::pair<std::string, std::string>{"Empty", ""}));
}

TEST(ParseHeaders, RefusesWhatWouldBreakTheRequest) {
  for (const char* const line : {"no colon", ": v", "bad name: v", "X: a\r\nY: b", "Xä: v"})
    EXPECT_THROW((void)parse_headers({line}), Failure) << line;
}

TEST(CheckChecksum, KnowsFourAlgorithmsAndTheirLengths) {
  check_checksum("sha256:" + std::string(64, 'a'));
  check_checksum("sha512:" + std::string(128, 'A'));
  check_checksum("sha1:" + std::string(40, '0'));
  check_checksum("md5:" + std::string(32, '9'));
  for (const std::string& text :
       {std::string("sha256:12"), std::string("crc32:00000000"), std::string("sha256"),
        std::string(), "sha256:" + std::string(64, 'z'), std::string(":")})
    EXPECT_THROW(check_checksum(text), Failure) << text;
}

TEST(ParseWebErrors, AreNamesSeparatedByCommas) {
  using enum longhaul::WebErrorStatus;
  EXPECT_EQ(parse_web_errors("Forbidden"), std::vector{Forbidden});
  EXPECT_EQ(parse_web_errors("Forbidden, Timeout,\tGone"), (std::vector{Forbidden, Timeout, Gone}));
}

TEST(ParseWebErrors, IgnoreLetterCase) {
  EXPECT_EQ(parse_web_errors("notFOUND"), std::vector{longhaul::WebErrorStatus::NotFound});
}

TEST(ParseWebErrors, RefuseWhatHasNoName) {
  for (const char* const text : {",", "Forbidden,", ",Forbidden", "Forbidden,,Gone", "403",
                                 "Unknown", "Forbidden Gone", "Forbidde", "Forbidden;Gone"})
    EXPECT_THROW((void)parse_web_errors(text), Failure) << text;
}

TEST(ParseWebErrors, NothingIsAListOfNone) {
  EXPECT_TRUE(parse_web_errors("").empty());
}

TEST(ParseWebErrors, SayWhichOneItIsAndWhatNamesLookLike) {
  try {
    (void)parse_web_errors("Forbidden, Nonsense");
    FAIL();
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.status(), ExitStatus::Refused);
    EXPECT_STREQ(failure.what(), "'Nonsense' is no web error");
    EXPECT_NE(failure.next().find("NotFound"), std::string::npos);
  }
}

TEST(ParseStatusOption, IgnoresLetterCaseAndListsTheNames) {
  EXPECT_EQ(parse_status_option("pausednonetwork"),
            longhaul::BackgroundTransferStatus::PausedNoNetwork);
  try {
    (void)parse_status_option("Sleeping");
    FAIL();
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.status(), ExitStatus::Refused);
    EXPECT_NE(failure.next().find("PausedRecoverableWebErrorStatus"), std::string::npos);
  }
}

TEST(ParsePriority, RefusesOtherWordsAndSaysWhichThereAre) {
  EXPECT_EQ(parse_priority("low"), longhaul::BackgroundTransferPriority::Low);
  try {
    (void)parse_priority("urgent");
    FAIL();
  } catch (const Failure& failure) {
    EXPECT_NE(failure.next().find("high, default, low"), std::string::npos);
  }
}

TEST(TellingLength, IsEightUnlessThatIsAmbiguous) {
  EXPECT_EQ(telling_length({}), 8U);
  EXPECT_EQ(telling_length({"0123456789", "1123456789"}), 8U);
  EXPECT_EQ(telling_length(
                {"01234567-aaaa-0000-0000-000000000000", "01234567-aaab-0000-0000-000000000000"}),
            13U);
}

TEST(TellingLength, DoesNotEndInAHyphen) {
  EXPECT_EQ(telling_length({"01234567-a", "01234567-b"}), 10U);
}

TEST(NearestCommand, GuessesWhatWasMeant) {
  EXPECT_EQ(nearest_command("lsit"), &list_command);
  EXPECT_EQ(nearest_command("puase"), &pause_command);
  EXPECT_EQ(nearest_command("frobnicate"), nullptr);
}

/// What the command line is refused with, or "".
std::string refusal(const std::vector<std::string>& words) {
  try {
    (void)run_command_line(words);
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.status(), ExitStatus::Refused);
    return failure.what();
  }
  return "";
}

TEST(CommandLine, SaysWhatIsWrongWithIt) {
  EXPECT_EQ(refusal({"frobnicate"}), "unknown command 'frobnicate'");
  EXPECT_EQ(refusal({"--frobnicate"}), "unknown option '--frobnicate'");
  EXPECT_EQ(refusal({"list", "--frobnicate"}), "unknown option '--frobnicate'");
  EXPECT_EQ(refusal({"status", "extra"}), "unexpected argument 'extra'");
  EXPECT_EQ(refusal({"show"}), "show needs an ID");
  EXPECT_EQ(refusal({"get"}), "get needs at least one URL");
  EXPECT_EQ(refusal({"get", "http://h/", "-o"}), "option --output needs a value");
  EXPECT_EQ(refusal({"get", "http://h/", "-o", "a", "-o", "b"}),
            "option --output is given more than once");
  EXPECT_EQ(refusal({"get", "http://h/", "--user"}), "option --user needs a value");
  EXPECT_EQ(refusal({"get", "http://h/", "--user", "u:p", "--user-file", "f"}),
            "--user and --user-file exclude each other");
  EXPECT_EQ(refusal({"put", "f"}), "put needs a URL");
  EXPECT_EQ(refusal({"put", "/none", "http://h/"}), "cannot read what is to be sent in /none");
  EXPECT_EQ(refusal({"post", "http://h/"}), "post needs at least one -F, as in -F name=@FILE");
  EXPECT_EQ(refusal({"post", "-F", "a=b"}), "post needs a URL");
  EXPECT_EQ(refusal({"plan", "wlan0"}), "unknown command 'plan'");
  EXPECT_EQ(refusal({"pause"}), "pause needs at least one ID, or --all");
  EXPECT_EQ(refusal({"pause", "--all", "0123"}), "--all and an ID exclude each other");
  EXPECT_EQ(refusal({"forget"}), "forget needs at least one ID, --done or --app");
  EXPECT_EQ(refusal({"set", "0123"}), "set needs something to change");
  EXPECT_EQ(refusal({"cat", "0123", "--offset", "x"}),
            "option --offset takes a number of bytes, not 'x'");
  EXPECT_EQ(refusal({"help", "frobnicate"}), "unknown command 'frobnicate'");
}

TEST(CommandLine, GetRefusesContradictions) {
  EXPECT_NE(refusal({"get", "http://h/a", "http://h/b", "-o", "x"}), "");
  EXPECT_NE(refusal({"get", "http://h/a", "-o", "x", "-d", "/tmp"}), "");
  EXPECT_NE(refusal({"get", "http://h/a", "--wait", "--paused"}), "");
  EXPECT_NE(
      refusal({"get", "http://h/a", "http://h/b", "--checksum", "md5:" + std::string(32, '0')}),
      "");
}

}  // namespace
}  // namespace lh::cli
