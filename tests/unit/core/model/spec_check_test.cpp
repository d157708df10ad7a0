#include "core/model/spec_check.h"

#include <functional>

#include <gtest/gtest.h>

namespace lh {
namespace {

TransferSpec sound_spec() {
  TransferSpec spec;
  spec.app = "org.example.app";
  spec.uri = "https://example.org/a.iso?x=1";
  spec.origin = "https://example.org:443";
  spec.target.folder = "/home/u";
  spec.target.file_name = "a.iso";
  return spec;
}

TEST(CheckRequestHeader, R62_RefusesReservedNames) {
  for (const char* name :
       {"Range", "if-range", "CONTENT-LENGTH", "Transfer-Encoding", "Connection"}) {
    EXPECT_FALSE(check_request_header(name, "x").ok()) << name;
  }
  for (const char* name : {"Host", "Authorization", "Cookie", "X-Range", "User-Agent"}) {
    EXPECT_TRUE(check_request_header(name, "x").ok()) << name;
  }
}

TEST(CheckRequestHeader, R62_RefusesInjection) {
  EXPECT_FALSE(check_request_header("A", "x\r\nEvil: 1").ok());
  EXPECT_FALSE(check_request_header("A", "x\ny").ok());
  EXPECT_FALSE(check_request_header("A", std::string_view("x\0y", 3)).ok());
  EXPECT_FALSE(check_request_header("A", "x\x01y").ok());
  EXPECT_FALSE(check_request_header("A", "x\x7Fy").ok());
  EXPECT_FALSE(check_request_header("A\r\nB", "x").ok());
  EXPECT_FALSE(check_request_header("A B", "x").ok());
  EXPECT_FALSE(check_request_header("", "x").ok());
  EXPECT_TRUE(check_request_header("A", "x\ty \xC3\xA4").ok());
  EXPECT_TRUE(check_request_header("A", "").ok());
}

TEST(CheckRequestHeader, DoesNotShowTheValue) {
  const auto result = check_request_header("Authorization", "secret\n");
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().kind, ErrorKind::InvalidArgument);
  EXPECT_EQ(result.error().message().find("secret"), std::string::npos);
}

TEST(CheckScheme, R69_OnlyHttpHttpsAndFtp) {
  EXPECT_TRUE(check_scheme("http").ok());
  EXPECT_TRUE(check_scheme("https").ok());
  EXPECT_TRUE(check_scheme("ftp").ok());
  for (const char* scheme : {"", "ftps", "file", "HTTP", "javascript"}) {
    EXPECT_FALSE(check_scheme(scheme).ok()) << scheme;
  }
}

TEST(CheckMethod, R56_IsAToken) {
  EXPECT_TRUE(check_method("GET").ok());
  EXPECT_TRUE(check_method("M-SEARCH").ok());
  EXPECT_FALSE(check_method("").ok());
  EXPECT_FALSE(check_method("GET /").ok());
  EXPECT_FALSE(check_method("GET\r\n").ok());
}

TEST(CheckFileName, RefusesWhatIsNoNameInAFolder) {
  EXPECT_TRUE(check_file_name("a.txt").ok());
  EXPECT_TRUE(check_file_name(".hidden").ok());
  EXPECT_TRUE(check_file_name(std::string(255, 'a')).ok());
  for (const std::string& name :
       {std::string(), std::string("."), std::string(".."), std::string("a/b"),
        std::string("a\0b", 3), std::string(256, 'a')}) {
    EXPECT_FALSE(check_file_name(name).ok()) << name;
  }
}

TEST(ParseChecksum, KnowsFourAlgorithms) {
  EXPECT_EQ(*parse_checksum("md5:D41D8CD98F00B204E9800998ECF8427E"),
            (Checksum{"md5", "d41d8cd98f00b204e9800998ecf8427e"}));
  EXPECT_TRUE(parse_checksum("SHA256:" + std::string(64, 'a')).ok());
  EXPECT_TRUE(parse_checksum("sha512:" + std::string(128, '0')).ok());
  EXPECT_TRUE(parse_checksum("sha1:" + std::string(40, 'F')).ok());
}

TEST(ParseChecksum, RefusesEverythingElse) {
  for (const std::string& text :
       {std::string(), std::string("sha256"), std::string("sha256:"),
        "sha256:" + std::string(63, 'a'), "sha256:" + std::string(65, 'a'),
        "sha256:" + std::string(63, 'a') + "g", "crc32:" + std::string(8, 'a'),
        " sha1:" + std::string(40, 'a'), ":" + std::string(64, 'a')}) {
    const auto result = parse_checksum(text);
    EXPECT_FALSE(result.ok()) << text;
    if (!result.ok()) {
      EXPECT_EQ(result.error().kind, ErrorKind::InvalidArgument);
    }
  }
}

TEST(CheckSpec, TakesASoundOne) {
  EXPECT_TRUE(check_spec(sound_spec()).ok());
  TransferSpec spec = sound_spec();
  spec.target.file_name.clear();  // named by the response
  spec.uri = "http://[::1]:8080/";
  spec.checksum = Checksum{"sha1", std::string(40, 'a')};
  spec.headers = {{"Accept", "*/*"}};
  spec.group = "films \xC3\xA4";
  EXPECT_TRUE(check_spec(spec).ok());
}

TEST(CheckSpec, RefusesEachFlaw) {
  const std::pair<const char*, std::function<void(TransferSpec&)>> flaws[] = {
      {"no app", [](auto& s) { s.app.clear(); }},
      {"app with controls", [](auto& s) { s.app = "a\nb"; }},
      {"app too long", [](auto& s) { s.app = std::string(256, 'a'); }},
      {"app not UTF-8", [](auto& s) { s.app = "\xFF"; }},
      {"group with controls", [](auto& s) { s.group = "a\x01"; }},
      {"R101: upload over FTP",
       [](auto& s) {
         s.kind = TransferKind::Upload;
         s.uri = "ftp://host/file";
       }},
      {"unknown kind", [](auto& s) { s.kind = static_cast<TransferKind>(7); }},
      {"unknown priority",
       [](auto& s) { s.priority = static_cast<BackgroundTransferPriority>(7); }},
      {"unknown policy",
       [](auto& s) { s.cost_policy = static_cast<BackgroundTransferCostPolicy>(7); }},
      {"no uri", [](auto& s) { s.uri.clear(); }},
      {"relative uri", [](auto& s) { s.uri = "/a"; }},
      {"no host", [](auto& s) { s.uri = "http:///a"; }},
      {"scheme", [](auto& s) { s.uri = "ws://h/a"; }},
      {"blank in uri", [](auto& s) { s.uri = "http://h/a b"; }},
      {"line end in uri", [](auto& s) { s.uri = "http://h/a\r\nx"; }},
      {"non-ASCII uri", [](auto& s) { s.uri = "http://h/\xC3\xA4"; }},
      {"password in uri", [](auto& s) { s.uri = "http://u:p@h/a"; }},
      {"fragment in uri", [](auto& s) { s.uri = "http://h/a#b"; }},
      {"method", [](auto& s) { s.method = "G T"; }},
      {"header", [](auto& s) { s.headers = {{"Range", "bytes=0-"}}; }},
      {"no folder", [](auto& s) { s.target.folder.clear(); }},
      {"relative folder", [](auto& s) { s.target.folder = "a/b"; }},
      {"folder with NUL", [](auto& s) { s.target.folder = std::string("/a\0b", 4); }},
      {"file name", [](auto& s) { s.target.file_name = "../x"; }},
      {"collision", [](auto& s) { s.target.collision = static_cast<Collision>(9); }},
      {"checksum length", [](auto& s) { s.checksum = Checksum{"sha256", "ab"}; }},
      {"checksum case", [](auto& s) { s.checksum = Checksum{"sha1", std::string(40, 'A')}; }},
  };
  for (const auto& [name, spoil] : flaws) {
    TransferSpec spec = sound_spec();
    spoil(spec);
    const auto result = check_spec(spec);
    ASSERT_FALSE(result.ok()) << name;
    EXPECT_EQ(result.error().kind, ErrorKind::InvalidArgument) << name;
    EXPECT_FALSE(result.error().message().empty()) << name;
  }
}

TEST(CheckSpec, R178_DoesNotShowThePassword) {
  TransferSpec spec = sound_spec();
  spec.uri = "http://user:geheim@h/a";
  EXPECT_EQ(check_spec(spec).error().message().find("geheim"), std::string::npos);
}

}  // namespace
}  // namespace lh
