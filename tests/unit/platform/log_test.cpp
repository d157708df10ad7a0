#include "platform/log.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <string>

#include <gtest/gtest.h>

namespace lh {
namespace {

std::string written(const std::function<void()>& work) {
  testing::internal::CaptureStderr();
  work();
  return testing::internal::GetCapturedStderr();
}

TEST(Log, WritesTimeLevelAndLine) {
  const std::string text = written([] {
    start_log(LogLevel::Info);
    log(LogLevel::Warning, "something of note");
  });
  EXPECT_TRUE(text.starts_with("20")) << text;
  EXPECT_NE(text.find("warning something of note\n"), std::string::npos) << text;
}

TEST(Log, LevelsBelowTheChosenOneAreDropped) {
  const std::string text = written([] {
    start_log(LogLevel::Info);
    EXPECT_FALSE(log_enabled(LogLevel::Debug));
    log(LogLevel::Debug, "one");
    set_log_level(LogLevel::Debug);
    EXPECT_TRUE(log_enabled(LogLevel::Debug));
    log(LogLevel::Debug, "two");
  });
  EXPECT_EQ(text.find("one"), std::string::npos) << text;
  EXPECT_NE(text.find("two"), std::string::npos) << text;
}

TEST(Log, AnEntryIsOneLineWhateverItHolds) {
  const std::string text = written([] {
    start_log(LogLevel::Info);
    log(LogLevel::Info, "a\nb\x1b[2Jc {} %s");
  });
  EXPECT_NE(text.find("a?b?[2Jc {} %s\n"), std::string::npos) << text;
}

TEST(Log, TheTransferIsNamedOnce) {
  const std::string text = written([] {
    start_log(LogLevel::Info);
    log(LogLevel::Info, "started", "id-1");
    log(LogLevel::Info, "id-2 started", "id-2");
  });
  EXPECT_NE(text.find("id-1: started\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("id-2: "), std::string::npos) << text;
}

TEST(Log, AForeignJournalStreamIsNotTakenForOurs) {
  ::setenv("JOURNAL_STREAM", "1:2", 1);
  const std::string text = written([] {
    start_log(LogLevel::Info);
    log(LogLevel::Info, "to standard error");
  });
  ::unsetenv("JOURNAL_STREAM");
  EXPECT_NE(text.find("info    to standard error\n"), std::string::npos) << text;
}

TEST(Log, WithoutAJournalSocketTheJournalReadsTheLevelFromThePrefix) {
  if (::access("/run/systemd/journal/socket", F_OK) == 0) {
    GTEST_SKIP() << "there is a journal here";
  }
  const std::string text = written([] {
    struct ::stat info{};
    ASSERT_EQ(::fstat(STDERR_FILENO, &info), 0);
    const std::string stream = std::to_string(info.st_dev) + ":" + std::to_string(info.st_ino);
    ::setenv("JOURNAL_STREAM", stream.c_str(), 1);
    start_log(LogLevel::Info);
    log(LogLevel::Error, "broken");
    ::unsetenv("JOURNAL_STREAM");
  });
  EXPECT_EQ(text, "<3>broken\n");
}

}  // namespace
}  // namespace lh
