#include <signal.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "cli/command.h"
#include "cli/failure.h"
#include "unit/cli/fake_service.h"

namespace lh::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using enum longhaul::BackgroundTransferStatus;
using longhaul::TransferEvent;

const std::string kOne = "01234567-89ab-4cde-8f01-23456789abcd";
const std::string kTwo = "01234567-ffff-4cde-8f01-23456789abcd";
const std::string kThree = "fedcba98-89ab-4cde-8f01-23456789abcd";

class CommandsTest : public testing::Test {
 protected:
  CommandsTest() {
    unsetenv("LONGHAUL_APP_ID");
    reset_service();
    char pattern[] = "/tmp/lh-cli-XXXXXX";
    folder = mkdtemp(pattern);
  }
  ~CommandsTest() override { std::filesystem::remove_all(folder); }

  /// Runs the command line as main() does; `out` and `err` are what it says.
  int run(const std::vector<std::string>& words) {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    ExitStatus status = ExitStatus::Done;
    try {
      status = run_command_line(words);
    } catch (...) {
      status = report_current_exception();
    }
    out = testing::internal::GetCapturedStdout();
    err = testing::internal::GetCapturedStderr();
    return static_cast<int>(status);
  }

  void will_end(const std::string& id, longhaul::BackgroundTransferStatus status) {
    TransferEvent event;
    event.Kind = TransferEvent::What::Ended;
    event.Transfer = *service.find(id);
    event.Transfer.Status = status;
    if (status == Error)
      event.Transfer.Error = longhaul::TransferErrorInfo{longhaul::WebErrorStatus::NotFound, 0, 404,
                                                         "http", "the server says 404"};
    service.news.push_back(event);
  }

  FakeService& service = fake_service();
  std::string folder;
  std::string out;
  std::string err;
};

TEST_F(CommandsTest, WithoutACommandTheHelpIsAnError) {
  EXPECT_EQ(run({}), 2);
  EXPECT_EQ(out, "");
  EXPECT_THAT(err, HasSubstr("Usage: longhaul COMMAND"));
}

TEST_F(CommandsTest, HelpIsThereForEveryCommandAndNoLineIsTooLong) {
  EXPECT_EQ(run({"help"}), 0);
  for (const CommandGroup& group : command_groups()) {
    for (const Command* const command : group.commands) {
      const std::string name(command->name);
      EXPECT_EQ(run({"help", name}), 0);
      const std::string help = out;
      EXPECT_THAT(help, testing::StartsWith("Usage: longhaul " + name));
      for (std::size_t from = 0; from < help.size(); from = help.find('\n', from) + 1)
        EXPECT_LE(help.find('\n', from) - from, 80U) << help.substr(from, 100);
      EXPECT_EQ(run({name, "--help"}), 0);
      EXPECT_EQ(out, help);
      EXPECT_EQ(run({name, "-h"}), 0);
      EXPECT_EQ(out, help);
    }
  }
}

TEST_F(CommandsTest, GetCreatesStartsAndPrintsTheIds) {
  EXPECT_EQ(run({"get", "-d", folder, "http://h/a", "http://h/b"}), 0);
  EXPECT_THAT(service.calls, ElementsAre("create 2 started"));
  EXPECT_EQ(out, service.transfers[0].Id + "\n" + service.transfers[1].Id + "\n");
}

TEST_F(CommandsTest, PutAndPostHandOverWhatIsToBeSent) {
  const std::string file = folder + "/a.bin";
  std::ofstream(file) << "x";
  EXPECT_EQ(run({"put", file, "http://h/in"}), 0) << err;
  EXPECT_EQ(run({"post", "http://h/in", "-F", "a=b", "--form", "c=@" + file, "--subtype", "mixed",
                 "--boundary", "x", "--paused", "--method", "PUT"}),
            0)
      << err;
  EXPECT_EQ(run({"post", "-F", "a=b", "http://h/in"}), 0) << err;
  EXPECT_THAT(service.calls, ElementsAre("PUT " + file + " http://h/in started",
                                         "PUT a=b c=@" + file + " mixed/x http://h/in paused",
                                         "POST a=b / http://h/in started"));
}

TEST_F(CommandsTest, PostWithAFieldThatIsWrongCreatesNothing) {
  EXPECT_EQ(run({"post", "http://h/in", "-F", "a=b", "-F", "c=@/none"}), 2);
  EXPECT_THAT(err, HasSubstr("/none"));
  EXPECT_THAT(service.calls, IsEmpty());
}

TEST_F(CommandsTest, GetCreatesAListInOneCall) {
  std::ofstream(folder + "/list") << "http://h/a\tx\nhttp://h/b\nhttp://h/c\ty\n";
  EXPECT_EQ(run({"get", "-d", folder, "-i", folder + "/list"}), 0);
  EXPECT_THAT(service.calls, ElementsAre("create 3 started"));
  ASSERT_EQ(service.transfers.size(), 3U);
  std::string ids;
  for (const auto& each : service.transfers) ids += each.Id + "\n";
  EXPECT_EQ(out, ids);
}

TEST_F(CommandsTest, WhatTheServiceRefusesIsNamedByItsLine) {
  std::ofstream(folder + "/list") << "http://h/a\tx\nhttp://h/b\n";
  service.refused_creation = 1;
  EXPECT_EQ(run({"get", "-d", folder, "-i", folder + "/list"}), 2);
  EXPECT_THAT(service.transfers, IsEmpty());
  EXPECT_EQ(out, "");
  EXPECT_EQ(err, "longhaul: " + folder + "/list:1: the URL is wrong (Invalid argument)\n");
}

TEST_F(CommandsTest, GetCreatesNothingWhenAFolderIsMissing) {
  EXPECT_EQ(run({"get", "-d", folder + "/missing", "http://h/a"}), 2);
  EXPECT_THAT(err, HasSubstr("(No such file or directory)"));
  EXPECT_THAT(service.calls, IsEmpty());
}

TEST_F(CommandsTest, ListHasALineForEachTransfer) {
  service.add(kOne, Running);
  service.add(kThree, Error);
  EXPECT_EQ(run({"list"}), 0);
  EXPECT_EQ(out,
            "01234567  Running         -         -  0123\n"
            "fedcba98  Failed          -         -  fedc\n");
}

TEST_F(CommandsTest, ListShowsAsMuchOfAnIdAsTellsItApart) {
  service.add(kOne, Running);
  service.add(kTwo, Running);
  EXPECT_EQ(run({"list", "--status", "RUNNING"}), 0);
  EXPECT_THAT(out, testing::StartsWith("01234567-8  "));
}

TEST_F(CommandsTest, ListOfNothingPrintsNothing) {
  EXPECT_EQ(run({"list"}), 0);
  EXPECT_EQ(out, "");
}

TEST_F(CommandsTest, APrefixThatIsAmbiguousIsRefusedWithTheCandidates) {
  service.add(kOne, Running);
  service.add(kTwo, Running);
  EXPECT_EQ(run({"show", "0123"}), 2);
  EXPECT_THAT(err, HasSubstr(kOne));
  EXPECT_THAT(err, HasSubstr(kTwo));
  EXPECT_EQ(run({"show", "01234567-8"}), 0);
  EXPECT_EQ(run({"show", "01234567-89AB"}), 0) << "in either letter case";
}

TEST_F(CommandsTest, AnIdThatIsNotThereEndsWith4) {
  service.add(kOne, Running);
  EXPECT_EQ(run({"show", "ffff"}), 4);
  EXPECT_EQ(run({"pause", kOne, "zzzz"}), 4);
  EXPECT_THAT(service.calls, IsEmpty());
  EXPECT_EQ(run({"show", "012"}), 2) << "too short";
}

TEST_F(CommandsTest, PauseChangesNothingIfItIsRefusedForOne) {
  service.add(kOne, Running);
  service.add(kThree, Completed);
  EXPECT_EQ(run({"pause", kOne, kThree}), 2);
  EXPECT_THAT(err, HasSubstr("longhaul: fedcba98 fedc cannot be paused: it has already ended "
                             "(completed) (Operation not permitted)"));
  EXPECT_THAT(service.calls, IsEmpty());
}

TEST_F(CommandsTest, PauseAllTakesThoseThatRun) {
  service.add(kOne, Running);
  service.add(kTwo, Idle);
  service.add(kThree, Completed);
  EXPECT_EQ(run({"pause", "--all"}), 0);
  EXPECT_THAT(service.calls, ElementsAre("pause " + kOne));
}

TEST_F(CommandsTest, ResumeStartsWhatWasNeverStarted) {
  service.add(kOne, Idle);
  service.add(kThree, PausedByApplication);
  EXPECT_EQ(run({"resume", kOne, kThree}), 0);
  EXPECT_THAT(service.calls, ElementsAre("start " + kOne, "resume " + kThree));
}

TEST_F(CommandsTest, ResumeOfWhatTheSystemHasPausedSaysWhyNot) {
  service.add(kOne, PausedNoNetwork)
      .Blockers.push_back({"no-network", {}, {}, "there is no network"});
  EXPECT_EQ(run({"resume", kOne}), 2);
  EXPECT_THAT(err, HasSubstr("there is no network"));
}

TEST_F(CommandsTest, CancelOfWhatHasEndedIsRefused) {
  service.add(kOne, Canceled);
  EXPECT_EQ(run({"cancel", kOne}), 2);
  EXPECT_THAT(err, HasSubstr("already ended"));
}

TEST_F(CommandsTest, ForgetRefusesWhatHasNotEnded) {
  service.add(kOne, Running);
  EXPECT_EQ(run({"forget", kOne}), 2);
  EXPECT_THAT(err, HasSubstr("longhaul cancel 01234567"));
  EXPECT_EQ(service.transfers.size(), 1U);
}

TEST_F(CommandsTest, ForgetDoneLeavesTheOthers) {
  service.add(kOne, Running);
  service.add(kTwo, Completed);
  service.add(kThree, Error);
  EXPECT_EQ(run({"forget", "--done"}), 0);
  ASSERT_EQ(service.transfers.size(), 1U);
  EXPECT_EQ(service.transfers[0].Id, kOne);
}

TEST_F(CommandsTest, ForgetAppCancelsAndForgetsAllOfThatAppOnly) {
  service.add(kOne, Running).App = "org.example.a";
  service.add(kTwo, Completed).App = "org.example.a";
  service.add(kThree, Completed);
  will_end(kOne, Canceled);
  EXPECT_EQ(run({"forget", "--app", "org.example.a"}), 0);
  ASSERT_EQ(service.transfers.size(), 1U);
  EXPECT_EQ(service.transfers[0].Id, kThree);
}

TEST_F(CommandsTest, WaitEndsWith0WhenAllAreComplete) {
  service.add(kOne, Running);
  service.add(kTwo, Completed);
  will_end(kOne, Completed);
  EXPECT_EQ(run({"wait", kOne, kTwo}), 0);
  EXPECT_EQ(out + err, "");
}

TEST_F(CommandsTest, WaitReportsWhatFailedAndEndsWith1) {
  service.add(kOne, Running);
  service.add(kThree, Running);
  will_end(kOne, Error);
  will_end(kThree, Canceled);
  EXPECT_EQ(run({"wait", kOne, kThree}), 1);
  EXPECT_EQ(err,
            "longhaul: 01234567 0123 failed: the server says 404 (NotFound)\n"
            "longhaul: fedcba98 fedc was canceled (OperationCanceled)\n");
}

TEST_F(CommandsTest, WaitWithoutAnIdCountsWhatHasFailedAlready) {
  service.add(kOne, Error);
  service.add(kThree, Completed);
  EXPECT_EQ(run({"wait"}), 1);
  service.transfers.erase(service.transfers.begin());
  EXPECT_EQ(run({"wait"}), 0);
}

TEST_F(CommandsTest, WaitEndsWhenATransferIsForgottenUnderIt) {
  service.add(kOne, Running);
  will_end(kOne, Running);
  service.news[0].Kind = TransferEvent::What::Forgotten;
  EXPECT_EQ(run({"wait", kOne}), 1);
}

TEST_F(CommandsTest, WatchingPrintsLinesWhereThereIsNoTerminal) {
  service.add(kOne, Running);
  will_end(kOne, Completed);
  EXPECT_EQ(run({"watch", kOne}), 0);
  EXPECT_EQ(out,
            "01234567 0123: Running\n"
            "01234567 0123: Completed\n");
}

TEST_F(CommandsTest, AnInterruptionEndsTheWatchingOnly) {
  service.add(kOne, Running);
  service.on_watch = [] { raise(SIGINT); };
  EXPECT_EQ(run({"wait", kOne}), 130);
  EXPECT_EQ(err,
            "longhaul: no longer watching; the transfer goes on\nTo see how far: longhaul watch " +
                kOne + "\n");
  EXPECT_THAT(service.calls, IsEmpty());
}

TEST_F(CommandsTest, CatPrintsFromTheOffsetAndSoMuch) {
  service.add(kOne, Running);
  service.content = "0123456789";
  EXPECT_EQ(run({"cat", kOne}), 0);
  EXPECT_EQ(out, "0123456789");
  EXPECT_EQ(run({"cat", kOne, "--offset", "3", "--length", "4"}), 0);
  EXPECT_EQ(out, "3456");
  EXPECT_EQ(run({"cat", kOne, "--offset", "30"}), 0);
  EXPECT_EQ(out, "");
}

TEST_F(CommandsTest, SetHandsOnWhatIsGiven) {
  service.add(kOne, Running);
  EXPECT_EQ(run({"set", "0123", "--priority", "high", "-H", "X: y"}), 0);
  EXPECT_THAT(service.calls, ElementsAre("change " + kOne + " priority headers"));
}

TEST_F(CommandsTest, NamesCannotSpeakToTheTerminal) {
  service.add(kOne, Running).File = "/d/\x1b]0;evil\x07";
  for (const std::vector<std::string>& words : {std::vector<std::string>{"list"},
                                                {"show", kOne},
                                                {"list", "--json"},
                                                {"pause", kOne},
                                                {"pause", kOne}}) {
    run(words);
    EXPECT_EQ((out + err).find_first_of("\x1b\x07"), std::string::npos) << words.front();
  }
}

TEST_F(CommandsTest, EventsPrintsALineEachUntilInterrupted) {
  service.add(kOne, Running);
  will_end(kOne, Completed);
  service.on_watch = [] { raise(SIGINT); };
  EXPECT_EQ(run({"events"}), 0);
  EXPECT_THAT(out, HasSubstr("01234567  ended      0123: Completed"));
}

}  // namespace
}  // namespace lh::cli
