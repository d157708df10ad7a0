#include "cli/board.h"

#include <gtest/gtest.h>

namespace lh::cli {
namespace {

using namespace std::chrono_literals;
using enum BackgroundTransferStatus;
using Meaning = Board::Meaning;

class BoardTest : public testing::Test {
 protected:
  Board board;
  Board::Moment now{100s};

  static TransferInfo transfer(const std::string& id, BackgroundTransferStatus status,
                               std::uint64_t bytes = 0) {
    TransferInfo info;
    info.Id = id;
    info.Url = "http://127.0.0.1/" + id + ".bin";
    info.Status = status;
    info.BytesReceived = bytes;
    info.TotalBytesToReceive = 1000;
    info.Started = longhaul::UtcTime(1000ms);
    if (has_ended(status)) info.Ended = longhaul::UtcTime(13'000ms);
    return info;
  }
};

TEST_F(BoardTest, TellsChangesFromMereProgress) {
  EXPECT_EQ(board.take(transfer("a", Idle), now), Meaning::Changed);
  EXPECT_EQ(board.take(transfer("a", Running), now), Meaning::Changed);
  EXPECT_EQ(board.take(transfer("a", Running, 10), now), Meaning::Moved);
  EXPECT_EQ(board.take(transfer("a", Running, 10), now), Meaning::Nothing);
}

TEST_F(BoardTest, TellsAnEndOnceAndIgnoresLateNews) {
  board.take(transfer("a", Running), now);
  EXPECT_EQ(board.open_count(), 1U);
  EXPECT_EQ(board.take(transfer("a", Completed, 1000), now), Meaning::Ended);
  EXPECT_EQ(board.take(transfer("a", Completed, 1000), now), Meaning::Nothing);
  EXPECT_EQ(board.take(transfer("a", Running, 500), now), Meaning::Nothing);
  EXPECT_EQ(board.open_count(), 0U);
  EXPECT_EQ(board.failed_count(), 0U);
}

TEST_F(BoardTest, CountsWhatFailedWasCanceledOrForgotten) {
  board.take(transfer("a", Error), now);
  board.take(transfer("b", Canceled), now);
  board.take(transfer("c", Running), now);
  EXPECT_EQ(board.forget("c"), Meaning::Ended);
  EXPECT_EQ(board.failed_count(), 3U);
  EXPECT_EQ(board.open_count(), 0U);
}

TEST_F(BoardTest, ForgettingWhatHasEndedChangesNothing) {
  board.take(transfer("a", Completed), now);
  EXPECT_EQ(board.forget("a"), Meaning::Nothing);
  EXPECT_EQ(board.forget("never heard of"), Meaning::Nothing);
  EXPECT_EQ(board.failed_count(), 0U);
}

TEST_F(BoardTest, DescribesARunningTransferByRateAndTimeLeft) {
  board.take(transfer("a", Running, 0), now);
  for (int i = 1; i <= 20; ++i)
    board.take(transfer("a", Running, static_cast<std::uint64_t>(i) * 10), now + i * 100ms);
  const ProgressLine line = describe(board.row("a"), now + 2s);
  EXPECT_NEAR(line.rate.value(), 100, 1);
  EXPECT_EQ(line.left, 8s);
  EXPECT_EQ(line.note, "");
}

TEST_F(BoardTest, SaysThatATransferHasStalled) {
  board.take(transfer("a", Running, 500), now);
  const ProgressLine line = describe(board.row("a"), now + 20s);
  EXPECT_EQ(line.note, "Stalled");
  EXPECT_EQ(line.rate, std::nullopt);
  EXPECT_EQ(line.left, std::nullopt);
}

TEST_F(BoardTest, GivesTheReasonForWaiting) {
  TransferInfo info = transfer("a", PausedNoNetwork, 500);
  info.Blockers.push_back({"no-network", {}, {}, "there is no \x1b[1mnetwork"});
  board.take(info, now);
  EXPECT_EQ(describe(board.row("a"), now).note, "Waiting: there is no ?[1mnetwork");
}

TEST_F(BoardTest, SaysHowLongACompletedOneTook) {
  board.take(transfer("a", Completed, 1000), now);
  EXPECT_EQ(describe(board.row("a"), now).note, "Completed in 12s");
}

TEST_F(BoardTest, FramesALineForEachAndASummary) {
  board.take(transfer("a", Running, 500), now);
  board.take(transfer("b", Idle), now);
  const std::vector<std::string> lines = frame(board, 80, 24, now, ascii_glyphs());
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0].substr(0, 5), "a.bin");
  EXPECT_EQ(lines[1].substr(0, 5), "b.bin");
  EXPECT_EQ(lines[2], "2 transfers: 1 running, 1 queued");
}

TEST_F(BoardTest, ASingleTransferNeedsNoSummary) {
  board.take(transfer("a", Running, 500), now);
  EXPECT_EQ(frame(board, 80, 24, now, ascii_glyphs()).size(), 1U);
}

TEST_F(BoardTest, ShowsTheRunningOnesWhenThereAreMoreThanRows) {
  for (int i = 0; i < 50; ++i) board.take(transfer("idle" + std::to_string(i), Idle), now);
  board.take(transfer("zz", Running, 1), now);
  for (std::size_t rows = 1; rows < 60; ++rows) {
    const std::vector<std::string> lines = frame(board, 60, rows, now, ascii_glyphs());
    EXPECT_LE(lines.size(), std::max<std::size_t>(rows - 1, 2));
    const bool shows_running = std::any_of(lines.begin(), lines.end(), [](const std::string& line) {
      return line.starts_with("zz.bin");
    });
    EXPECT_TRUE(shows_running) << rows;
  }
  const std::vector<std::string> lines = frame(board, 100, 10, now, ascii_glyphs());
  EXPECT_EQ(lines.back(), "43 more not shown. 51 transfers: 1 running, 50 queued");
}

TEST_F(BoardTest, NeverDrawsBeyondTheTerminal) {
  for (int i = 0; i < 5; ++i)
    board.take(transfer(std::string(80, 'x') + std::to_string(i), Running, 5), now);
  for (std::size_t columns = 1; columns <= 200; ++columns) {
    for (const std::string& line : frame(board, columns, 4, now + 1s, unicode_glyphs()))
      EXPECT_LT(display_width(line), std::max<std::size_t>(columns, 2)) << line;
  }
}

}  // namespace
}  // namespace lh::cli
