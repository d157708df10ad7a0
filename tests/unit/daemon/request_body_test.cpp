#include "daemon/request_body.h"

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "platform/system_info.h"

namespace lh {
namespace {

std::string refusal(TransferKind kind, const TransferSettings& settings, std::size_t items = 1) {
  const auto checked = check_body(kind, settings, items);
  return checked.ok() ? "" : checked.error().message();
}

TransferSettings with(const std::function<void(TransferSettings&)>& change) {
  TransferSettings settings;
  change(settings);
  return settings;
}

const std::vector<BodyPart> kParts{{.name = "a", .text = "b"}};

TEST(RequestBodyOfSettings, AnUploadHasOneBody) {
  const auto file = [](TransferSettings& s) { s.body_file = "/f"; };
  const auto stream = [](TransferSettings& s) { s.body = std::make_shared<UniqueFd>(); };
  const auto parts = [](TransferSettings& s) { s.parts = kParts; };
  for (const auto& one : {std::function<void(TransferSettings&)>(file),
                          std::function<void(TransferSettings&)>(stream),
                          std::function<void(TransferSettings&)>(parts)}) {
    EXPECT_EQ(refusal(TransferKind::Upload, with(one)), "");
  }
  EXPECT_NE(refusal(TransferKind::Upload, {}), "");
  for (int without = 0; without < 3; ++without) {
    const TransferSettings two = with([&](TransferSettings& s) {
      if (without != 0) file(s);
      if (without != 1) stream(s);
      if (without != 2) parts(s);
    });
    EXPECT_NE(refusal(TransferKind::Upload, two), "") << without;
  }
}

TEST(RequestBodyOfSettings, WhatIsOfTheOtherKindIsRefused) {
  EXPECT_EQ(refusal(TransferKind::Download, {}, 5), "");
  EXPECT_NE(refusal(TransferKind::Download, with([](auto& s) { s.parts = kParts; })), "");
  const auto upload = [](const std::function<void(TransferSettings&)>& change) {
    TransferSettings settings = with(change);
    settings.body_file = "/f";
    return refusal(TransferKind::Upload, settings);
  };
  EXPECT_NE(upload([](auto& s) { s.recoverable = {WebErrorStatus::Forbidden}; }), "");
  EXPECT_NE(upload([](auto& s) { s.checksum = Checksum{}; }), "");
  EXPECT_NE(upload([](auto& s) { s.subtype = "mixed"; }), "");
  EXPECT_NE(upload([](auto& s) { s.boundary = "x"; }), "");
}

TEST(RequestBodyOfSettings, R90_R92_PartsAreChecked) {
  EXPECT_NE(refusal(TransferKind::Upload, with([](auto& s) { s.parts.resize(1); })), "");
  EXPECT_NE(refusal(TransferKind::Upload, with([](auto& s) {
                      s.parts = kParts;
                      s.boundary = "a;b";
                    })),
            "");
}

TEST(RequestBodyOfSettings, AStreamIsForOneRequest) {
  const TransferSettings settings = with([](auto& s) { s.body = std::make_shared<UniqueFd>(); });
  EXPECT_EQ(refusal(TransferKind::Download, settings, 1), "");
  EXPECT_NE(refusal(TransferKind::Download, settings, 2), "");
}

TEST(RequestBodyOfSettings, R91_TheContentTypeOfTheAppWins) {
  HeaderList none;
  add_content_type("multipart/mixed; boundary=x", none);
  EXPECT_EQ(none, (HeaderList{{"Content-Type", "multipart/mixed; boundary=x"}}));
  HeaderList own{{"content-type", "text/plain"}};
  add_content_type("multipart/mixed; boundary=x", own);
  EXPECT_EQ(own, (HeaderList{{"content-type", "text/plain"}}));
  HeaderList nothing;
  add_content_type("", nothing);
  EXPECT_TRUE(nothing.empty());
}

TEST(RequestBodyOfSettings, R90_WithoutABoundaryEachBodyGetsItsOwn) {
  char pattern[] = "/tmp/lh-body-XXXXXX";
  const std::string folder = ::mkdtemp(pattern);
  Spool spool(system_file_ops(), folder + "/spool", 1024UL * 1024);
  const auto first = lay_out(spool, {kParts, "", ""}, random_guid());
  const auto second = lay_out(spool, {kParts, "", ""}, random_guid());
  const auto given = lay_out(spool, {kParts, "mixed", "x"}, random_guid());
  ASSERT_TRUE(first.ok() && second.ok() && given.ok());
  EXPECT_TRUE(first->content_type.starts_with("multipart/form-data; boundary=longhaul-"));
  EXPECT_NE(first->content_type, second->content_type);
  EXPECT_EQ(given->content_type, "multipart/mixed; boundary=x");
  EXPECT_TRUE(given->file.is_layout && given->file.is_spooled);
  EXPECT_EQ(given->file.length, std::string("--x\r\n\r\nb\r\n--x--\r\n").size());
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace lh
