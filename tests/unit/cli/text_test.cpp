#include "cli/text.h"

#include <gtest/gtest.h>

namespace lh::cli {
namespace {

TEST(Harmless, LeavesOrdinaryNamesAlone) {
  EXPECT_EQ(harmless("Größe – 名前.iso"), "Größe – 名前.iso");
}

TEST(Harmless, TakesTheTeethOutOfTerminalEscapes) {
  EXPECT_EQ(harmless("a\x1b[2Jb\r\n\t\x7f"), "a?[2Jb????");
  EXPECT_EQ(harmless("\xC2\x9B"
                     "31m"),
            "?31m")
      << "CSI as one character";
}

TEST(Harmless, ShowsMarksThatTurnTheWritingAround) {
  EXPECT_EQ(harmless("photo\xE2\x80\xAEgpj.exe"), "photo?gpj.exe");
  EXPECT_EQ(harmless("a\xE2\x80\xA8"
                     "b\xEF\xBB\xBF"),
            "a?b?");
}

TEST(Harmless, ReplacesWhatIsNotUtf8) {
  EXPECT_EQ(harmless("a\xFF"
                     "b"),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(harmless("\xC0\x9B"), "\xEF\xBF\xBD\xEF\xBF\xBD") << "an escape in too long a form";
  EXPECT_EQ(harmless("\xE2\x82"), "\xEF\xBF\xBD\xEF\xBF\xBD") << "cut off";
  EXPECT_EQ(harmless("\xED\xA0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD") << "a surrogate";
}

TEST(DisplayWidth, CountsColumnsNotBytes) {
  EXPECT_EQ(display_width("abc"), 3U);
  EXPECT_EQ(display_width("Größe"), 5U);
  EXPECT_EQ(display_width("名前"), 4U);
  EXPECT_EQ(display_width("e\xCC\x81"), 1U) << "a combining accent";
  EXPECT_EQ(display_width("🐧"), 2U);
}

TEST(Clip, KeepsWhatFits) {
  EXPECT_EQ(clip_end("abc", 3, unicode_glyphs()), "abc");
  EXPECT_EQ(clip_middle("abc", 3, unicode_glyphs()), "abc");
}

TEST(Clip, CutsAtTheEndOrInTheMiddle) {
  EXPECT_EQ(clip_end("abcdefgh", 5, unicode_glyphs()), "abcd…");
  EXPECT_EQ(clip_middle("abcdefgh.iso", 8, unicode_glyphs()), "abcd…iso");
  EXPECT_EQ(clip_end("abcdefgh", 5, ascii_glyphs()), "ab...");
}

TEST(Clip, NeverExceedsTheWidthNorBreaksACharacter) {
  const std::string text = "名前e\xCC\x81🐧abcÄ";
  for (std::size_t width = 0; width < 16; ++width) {
    for (const Glyphs* glyphs : {&unicode_glyphs(), &ascii_glyphs()}) {
      for (const std::string& cut :
           {clip_end(text, width, *glyphs), clip_middle(text, width, *glyphs)}) {
        EXPECT_LE(display_width(cut), width) << cut;
        EXPECT_EQ(harmless(cut), cut);
      }
    }
  }
}

TEST(Wrap, BreaksAtSpacesAndKeepsParagraphs) {
  EXPECT_EQ(wrap("one two three", 0, 8), "one two\nthree");
  EXPECT_EQ(wrap("one two three", 2, 9), "  one two\n  three");
  EXPECT_EQ(wrap("one\n\ntwo", 0, 8), "one\n\ntwo");
}

TEST(Counted, KnowsOneFromMany) {
  EXPECT_EQ(counted(1, "transfer"), "1 transfer");
  EXPECT_EQ(counted(0, "transfer"), "0 transfers");
}

}  // namespace
}  // namespace lh::cli
