#include <gtest/gtest.h>

#include "core/model/spec_check.h"

namespace lh {
namespace {

TEST(CheckCaFile, NoneOrAnAbsolutePathIsFine) {
  EXPECT_TRUE(check_ca_file("").ok());
  EXPECT_TRUE(check_ca_file("/etc/ssl/b\xC3\xBC ro.pem").ok());
}

TEST(CheckCaFile, WhatCouldMeanAnotherFileToTheServiceIsRefused) {
  using namespace std::string_view_literals;
  for (const auto path : {"ca.pem"sv, "./ca.pem"sv, "~/ca.pem"sv, "/a\nb"sv, "/a\0b"sv}) {
    const auto checked = check_ca_file(path);
    ASSERT_FALSE(checked.ok()) << path;
    EXPECT_EQ(checked.error().kind, ErrorKind::InvalidArgument);
  }
}

// The bus carries UTF-8 only.
TEST(CheckCaFile, BytesThatAreNoUtf8AreRefused) {
  EXPECT_FALSE(check_ca_file("/etc/\xFF.pem").ok());
}

TEST(CheckSpec, ACertificateFileIsCheckedToo) {
  TransferSpec spec;
  spec.app = "org.example.app";
  spec.uri = "https://example.org/a.iso";
  spec.origin = "https://example.org:443";
  spec.target.folder = "/home/u";
  spec.target.file_name = "a.iso";
  ASSERT_TRUE(check_spec(spec).ok());
  spec.ca_file = "ca.pem";
  EXPECT_FALSE(check_spec(spec).ok());
}

}  // namespace
}  // namespace lh
