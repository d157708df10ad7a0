#include "core/model/response_head.h"

#include <gtest/gtest.h>

namespace lh {
namespace {

using Kind = Validator::Kind;

ResponseHead head(int status, HeaderList headers) {
  return {status, "http://h/x", std::move(headers)};
}

const HeaderField kDate = {"Date", "Sun, 06 Nov 1994 08:49:37 GMT"};
const HeaderField kOld = {"Last-Modified", "Sun, 06 Nov 1994 08:48:37 GMT"};    // 60 s before
const HeaderField kYoung = {"Last-Modified", "Sun, 06 Nov 1994 08:48:38 GMT"};  // 59 s before

TEST(TotalLength, IsTheContentLengthOfAWholeAnswer) {
  EXPECT_EQ(total_length(head(200, {{"content-length", "10"}})), 10U);
  EXPECT_EQ(total_length(head(200, {{"Content-Length", "10, 10"}})), 10U);
  EXPECT_EQ(total_length(head(200, {{"Content-Length", "0"}})), 0U);
}

TEST(TotalLength, R26_IsTheCompleteLengthOfAPart) {
  EXPECT_EQ(total_length(head(206, {{"Content-Length", "5"}, {"Content-Range", "bytes 5-9/10"}})),
            10U);
  EXPECT_EQ(total_length(head(416, {{"Content-Range", "bytes */10"}})), 10U);
  EXPECT_FALSE(
      total_length(head(206, {{"Content-Length", "5"}, {"Content-Range", "bytes 5-9/*"}})));
  EXPECT_FALSE(total_length(head(206, {{"Content-Length", "5"}})));
}

TEST(TotalLength, IsNotKnownWhereTheHeadCannotTell) {
  EXPECT_FALSE(total_length(head(200, {})));
  EXPECT_FALSE(total_length(head(200, {{"Content-Length", "10"}, {"Content-Encoding", "gzip"}})));
  EXPECT_FALSE(
      total_length(head(200, {{"Content-Length", "10"}, {"Transfer-Encoding", "chunked"}})));
  EXPECT_FALSE(total_length(head(200, {{"Content-Length", "10"}, {"Content-Length", "11"}})));
  EXPECT_FALSE(total_length(head(200, {{"Content-Length", "-1"}})));
  EXPECT_FALSE(total_length(head(404, {{"Content-Length", "10"}})));
}

TEST(ConflictingLengths, AreFoundInOneFieldAndInSeveral) {
  EXPECT_TRUE(has_conflicting_lengths(head(200, {{"Content-Length", "1, 2"}})));
  EXPECT_TRUE(
      has_conflicting_lengths(head(200, {{"Content-Length", "1"}, {"content-length", "2"}})));
  EXPECT_TRUE(has_conflicting_lengths(head(200, {{"Content-Length", "x"}})));
  EXPECT_FALSE(has_conflicting_lengths(head(200, {{"Content-Length", "1, 1"}})));
  EXPECT_FALSE(has_conflicting_lengths(head(200, {})));
}

const HeaderField kReprDigest = {"repr-digest",
                                 "sha-256=:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=:"};
const HeaderField kContentDigest = {"Content-Digest",
                                    "sha-256=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:"};
const HeaderField kContentMd5 = {"Content-MD5", "kAFQmDzST7DWlj99KOF/cg=="};
const Checksum kOfFile = {"sha256",
                          "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"};

TEST(RefusesRanges, R72_OnlyWhereTheServerSaysSo) {
  EXPECT_TRUE(refuses_ranges(head(200, {{"Accept-Ranges", "none"}})));
  EXPECT_TRUE(refuses_ranges(head(200, {{"accept-ranges", " None "}})));
  EXPECT_FALSE(refuses_ranges(head(200, {{"Accept-Ranges", "bytes"}})));
  EXPECT_FALSE(refuses_ranges(head(200, {{"Accept-Ranges", "none, bytes"}})));
  EXPECT_FALSE(refuses_ranges(head(200, {{"Accept-Ranges", ""}})));
  EXPECT_FALSE(refuses_ranges(head(200, {})));
}

TEST(ServedDigest, OfTheFileComesBeforeThoseOfTheContent) {
  EXPECT_EQ(served_digest(head(200, {kContentMd5, kContentDigest, kReprDigest}), "GET"), kOfFile);
  EXPECT_EQ(served_digest(head(200, {kContentMd5, kContentDigest}), "GET"),
            (Checksum{"sha256", std::string(64, '0')}));
  EXPECT_EQ(served_digest(head(200, {kContentMd5}), "GET"),
            (Checksum{"md5", "900150983cd24fb0d6963f7d28e17f72"}));
  EXPECT_FALSE(served_digest(head(200, {}), "GET"));
}

TEST(ServedDigest, OfAPartOnlyThatOfTheFileCounts) {
  EXPECT_EQ(served_digest(head(206, {kReprDigest}), "GET"), kOfFile);
  EXPECT_FALSE(served_digest(head(206, {kContentMd5, kContentDigest}), "GET"));
}

TEST(ServedDigest, OnlyTheFileItselfHasOne) {
  for (const int status : {203, 404, 416, 500}) {
    EXPECT_FALSE(served_digest(head(status, {kReprDigest}), "GET")) << status;
  }
}

TEST(ServedDigest, InAnAnswerToHeadItIsOfWhatWasNotSent) {
  EXPECT_FALSE(served_digest(head(200, {kReprDigest}), "HEAD"));
  EXPECT_EQ(served_digest(head(200, {kReprDigest}), "POST"), kOfFile);
}

TEST(ServedDigest, AListMayBeSpreadOverFields) {
  EXPECT_EQ(served_digest(head(200, {{"Repr-Digest", "unixsum=:AA==:"}, kReprDigest}), "GET"),
            kOfFile);
}

TEST(ValidatorOf, R72_PrefersTheStrongTag) {
  EXPECT_EQ(validator_of(head(200, {{"ETag", "\"a\""}, kDate, kOld})),
            (Validator{Kind::StrongEtag, "\"a\""}));
}

TEST(ValidatorOf, R72_TakesADateThatIsAMinuteOld) {
  EXPECT_EQ(validator_of(head(200, {kDate, kOld})), (Validator{Kind::LastModified, kOld.value}));
  EXPECT_EQ(validator_of(head(200, {{"ETag", "W/\"a\""}, kDate, kOld})),
            (Validator{Kind::LastModified, kOld.value}));
  EXPECT_FALSE(validator_of(head(200, {kDate, kYoung})).can_resume());
  EXPECT_FALSE(validator_of(head(200, {kOld})).can_resume()) << "age unknown";
  EXPECT_FALSE(validator_of(head(200, {{"Date", "x"}, kOld})).can_resume());
  EXPECT_FALSE(validator_of(head(200, {kDate, {"Last-Modified", "x"}})).can_resume());
}

TEST(ValidatorOf, R72_WeakTagsAloneProveNothing) {
  EXPECT_FALSE(validator_of(head(200, {{"ETag", "W/\"a\""}})).can_resume());
  EXPECT_FALSE(validator_of(head(200, {{"ETag", "a"}})).can_resume());
  EXPECT_FALSE(validator_of(head(200, {})).can_resume());
}

TEST(ValidatorOf, R71_EncodedBodiesAreNeverResumed) {
  EXPECT_FALSE(
      validator_of(head(200, {{"ETag", "\"a\""}, {"Content-Encoding", "gzip"}})).can_resume());
}

TEST(IsEncoded, IdentityIsNoCoding) {
  EXPECT_FALSE(is_encoded(head(200, {})));
  EXPECT_FALSE(is_encoded(head(200, {{"Content-Encoding", "identity"}})));
  EXPECT_FALSE(is_encoded(head(200, {{"Content-Encoding", ""}})));
  EXPECT_TRUE(is_encoded(head(200, {{"Content-Encoding", "identity, br"}})));
  EXPECT_TRUE(is_encoded(head(200, {{"Content-Encoding", "GZIP"}})));
  EXPECT_TRUE(
      is_encoded(head(200, {{"Content-Encoding", "gzip"}, {"Content-Encoding", "identity"}})));
}

TEST(IsResumable, R72_NeedsGetRangesLengthAndValidator) {
  const HeaderField length = {"Content-Length", "10"};
  const HeaderField ranges = {"Accept-Ranges", "bytes"};
  const HeaderField tag = {"ETag", "\"a\""};
  EXPECT_TRUE(is_resumable(head(200, {length, ranges, tag}), "GET"));
  EXPECT_TRUE(is_resumable(head(200, {length, ranges, kDate, kOld}), "GET"));
  EXPECT_TRUE(is_resumable(head(206, {{"Content-Range", "bytes 5-9/10"}, tag}), "GET"));
  EXPECT_FALSE(is_resumable(head(200, {length, ranges, tag}), "POST"));
  EXPECT_FALSE(is_resumable(head(200, {length, tag}), "GET"));
  EXPECT_FALSE(is_resumable(head(200, {length, {"Accept-Ranges", "none"}, tag}), "GET"));
  EXPECT_FALSE(is_resumable(head(200, {ranges, tag}), "GET"));
  EXPECT_FALSE(is_resumable(head(200, {length, ranges}), "GET"));
  EXPECT_FALSE(is_resumable(head(206, {{"Content-Range", "rubbish"}, tag}), "GET"));
  EXPECT_FALSE(is_resumable(head(203, {length, ranges, tag}), "GET"));
}

}  // namespace
}  // namespace lh
