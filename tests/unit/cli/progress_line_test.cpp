#include "cli/progress_line.h"

#include <gtest/gtest.h>

namespace lh::cli {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kMi = 1024UL * 1024;

ProgressLine running() {
  return {"debian-12.5.0-amd64-netinst.iso", 264 * kMi, 629 * kMi, 11.2 * kMi, 33s, {}};
}

TEST(LayoutProgress, ShowsEverythingOnAWideTerminal) {
  EXPECT_EQ(layout_progress(running(), 110, ascii_glyphs()),
            "debian-12.5...etinst.iso  ###############----------------------   41%    264/629 MiB  "
            "11.2 MiB/s      33s left");
}

TEST(LayoutProgress, DropsColumnsAsTheTerminalGetsNarrow) {
  const auto has = [](std::size_t width, const char* what) {
    return layout_progress(running(), width, unicode_glyphs()).find(what) != std::string::npos;
  };
  EXPECT_TRUE(has(79, "264/629 MiB"));
  EXPECT_TRUE(has(79, "11.2 MiB/s"));
  EXPECT_TRUE(has(79, "33s left"));
  EXPECT_FALSE(has(60, "264/629 MiB"));
  EXPECT_TRUE(has(60, "11.2 MiB/s"));
  EXPECT_FALSE(has(45, "11.2 MiB/s"));
  EXPECT_TRUE(has(45, "33s left"));
  EXPECT_TRUE(has(30, "━"));
  EXPECT_TRUE(has(20, "41%"));
  EXPECT_FALSE(has(20, "━"));
}

TEST(LayoutProgress, NeverExceedsTheWidth) {
  ProgressLine unknown = running();
  unknown.total.reset();
  unknown.left.reset();
  ProgressLine waiting = running();
  waiting.note = "waiting: there is no network; it goes on by itself when there is one";
  ProgressLine wide = running();
  wide.name = "名前の長いファイル🐧🐧🐧🐧.iso";
  ProgressLine extreme = running();
  extreme.bytes = 1023 * kMi;
  extreme.total = UINT64_MAX;
  extreme.rate = 1e300;
  extreme.left = 8'640'000s;
  ProgressLine over = running();
  over.total = 10;
  ProgressLine empty = running();
  empty.bytes = 0;
  empty.total = 0;
  for (std::size_t width = 20; width <= 200; ++width) {
    for (const ProgressLine& each : {running(), unknown, waiting, wide, extreme, over, empty}) {
      for (const Glyphs* glyphs : {&unicode_glyphs(), &ascii_glyphs()}) {
        const std::string text = layout_progress(each, width, *glyphs);
        EXPECT_LE(display_width(text), width) << text;
        EXPECT_EQ(harmless(text), text);
      }
    }
  }
}

TEST(LayoutProgress, ColumnsStandStillWhileNumbersChange) {
  ProgressLine later = running();
  later.bytes = 500 * kMi;
  later.rate = 999.0;
  later.left = 3600s;
  const auto end_of_bar = [](const std::string& text) { return text.find('%'); };
  EXPECT_EQ(end_of_bar(layout_progress(running(), 100, ascii_glyphs())),
            end_of_bar(layout_progress(later, 100, ascii_glyphs())));
}

TEST(LayoutProgress, SaysWhyItWaitsInsteadOfARate) {
  ProgressLine line = running();
  line.note = "waiting: no network";
  const std::string text = layout_progress(line, 100, unicode_glyphs());
  EXPECT_NE(text.find("waiting: no network"), text.npos) << text;
  EXPECT_EQ(text.find("MiB/s"), text.npos) << text;
}

TEST(LayoutProgress, AReasonThatNeedsRoomTakesThatOfTheBar) {
  ProgressLine line = running();
  line.note = "Waiting: there is no network; it goes on by itself when there is";
  const std::string text = layout_progress(line, 100, unicode_glyphs());
  EXPECT_NE(text.find(line.note), text.npos) << text;
  EXPECT_EQ(text.find("─"), text.npos) << text;
}

TEST(LayoutProgress, HasNoPercentForAnUnknownTotal) {
  ProgressLine line = running();
  line.total.reset();
  const std::string text = layout_progress(line, 100, unicode_glyphs());
  EXPECT_EQ(text.find('%'), text.npos) << text;
  EXPECT_NE(text.find("264 MiB"), text.npos) << text;
}

TEST(ProgressInWords, TellsTheSameInALog) {
  EXPECT_EQ(progress_in_words(running()), "41% of 629 MiB, 11.2 MiB/s, 33s left");
  ProgressLine line = running();
  line.total.reset();
  line.rate.reset();
  line.left.reset();
  EXPECT_EQ(progress_in_words(line), "264 MiB");
  line.note = "completed in 12s";
  EXPECT_EQ(progress_in_words(line), "completed in 12s, 264 MiB");
  line.note.clear();
  line.bytes = 0;
  EXPECT_EQ(progress_in_words(line), "");
}

}  // namespace
}  // namespace lh::cli
