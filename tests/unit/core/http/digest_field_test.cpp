#include "core/http/digest_field.h"

#include <gtest/gtest.h>

namespace lh {
namespace {

// Of "abc"; RFC 9530 writes digests so.
constexpr const char* kSha256 = "sha-256=:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=:";
constexpr const char* kSha256Hex =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr const char* kSha512 =
    "sha-512=:3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/"
    "uu9RU1EI2Q86A4qmslPpUyknw==:";
constexpr const char* kSha512Hex =
    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
    "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";

const FieldDigest kSha256Of = {"sha256", kSha256Hex};
const FieldDigest kSha512Of = {"sha512", kSha512Hex};

TEST(DigestField, ReadsTheDigestsOfRfc9530) {
  EXPECT_EQ(parse_digest_field(kSha256), kSha256Of);
  EXPECT_EQ(parse_digest_field(kSha512), kSha512Of);
}

TEST(DigestField, TakesTheStrongestOfSeveral) {
  EXPECT_EQ(parse_digest_field(std::string(kSha256) + ", " + kSha512), kSha512Of);
  EXPECT_EQ(parse_digest_field(std::string(kSha512) + "," + kSha256), kSha512Of);
  EXPECT_EQ(parse_digest_field(std::string("md5=:AAAA:, unixsum=:AA==: ,\t") + kSha256), kSha256Of);
}

TEST(DigestField, ParametersAndMissingPaddingDoNotMatter) {
  EXPECT_EQ(parse_digest_field(std::string(kSha256) + ";q=1"), kSha256Of);
  EXPECT_EQ(parse_digest_field("sha-256=:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0:"), kSha256Of);
}

TEST(DigestField, OfTwoWithOneKeyTheLastCounts) {
  EXPECT_EQ(parse_digest_field(
                std::string("sha-256=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:, ") + kSha256),
            kSha256Of);
}

TEST(DigestField, WhatIsNoDictionaryIsIgnoredAsAWhole) {
  for (const char* const odd : {", @@@", ",", ", ", ", Sha=1", ", 1=2", ",,a=1", ", =1"}) {
    EXPECT_FALSE(parse_digest_field(std::string(kSha256) + odd)) << odd;
  }
}

TEST(DigestField, ACommaInAStringEndsNoMember) {
  const std::string in_string = std::string("x=\"a, ") + kSha256 + ",b\"";
  EXPECT_FALSE(parse_digest_field(in_string));
  EXPECT_EQ(parse_digest_field(in_string + ", " + kSha256), kSha256Of);
  EXPECT_EQ(parse_digest_field("x=\"\\\", y\"," + std::string(kSha256)), kSha256Of);
}

TEST(DigestField, WhatCannotBeReadIsPassedOver) {
  for (const char* value : {
           "",
           ",",
           "sha-256",
           "sha-256=",
           "sha-256=:",
           "sha-256=::",
           "sha-256=:AAAA:",
           "sha-256=ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=",    // no byte sequence
           "sha-256=:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0=:",  // another alphabet
           "SHA-256=:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=:",  // keys are in lower case
           "sha-256=:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=",   // not closed
           "sha-256=\"x\"",
       }) {
    EXPECT_FALSE(parse_digest_field(value)) << value;
  }
  EXPECT_EQ(parse_digest_field(std::string("sha-512=:AAAA:, ") + kSha256), kSha256Of);
}

TEST(ContentMd5, IsBase64OfSixteenBytes) {
  EXPECT_EQ(parse_content_md5(" kAFQmDzST7DWlj99KOF/cg== "),
            (FieldDigest{"md5", "900150983cd24fb0d6963f7d28e17f72"}));
  for (const char* value :
       {"", "kAFQmDzST7DWlj99KOF/", "900150983cd24fb0d6963f7d28e17f72",
        "kAFQmDzST7DWlj99KOF/c!==", "kAFQmDzST7DWlj99KOF/cg==, kAFQmDzST7DWlj99KOF/cg=="}) {
    EXPECT_FALSE(parse_content_md5(value)) << value;
  }
}

}  // namespace
}  // namespace lh
