#include "daemon/attachments.h"

#include <map>

#include <gtest/gtest.h>

namespace lh {
namespace {

TransferId id_of(std::uint8_t number) {
  Guid::Bytes bytes{};
  bytes[0] = number;
  return Guid(bytes);
}

Change change_of(std::uint8_t number, Change::What what, ByteCount received = 0) {
  Change change;
  change.what = what;
  change.snapshot.id = id_of(number);
  change.snapshot.app = "org.example.a";
  change.snapshot.bytes_received = received;
  return change;
}

class AttachmentsTest : public testing::Test {
 protected:
  std::map<std::string, std::vector<Change>> sent_;
  Attachments attachments_{[this](const std::string& client, const std::vector<Change>& changes) {
    sent_[client].insert(sent_[client].end(), changes.begin(), changes.end());
  }};
};

TEST_F(AttachmentsTest, R86_WhatASessionHasCreatedIsAttendedUntilItLeaves) {
  attachments_.hello(":1", "org.example.a");
  attachments_.created(":1", {id_of(1)});
  EXPECT_TRUE(attachments_.is_attended(id_of(1), "org.example.a"));
  EXPECT_FALSE(attachments_.is_attended(id_of(2), "org.example.a"));
  EXPECT_FALSE(attachments_.has_listeners(id_of(1), "org.example.a")) << "it did not ask for news";
  attachments_.gone(":1");
  EXPECT_FALSE(attachments_.is_attended(id_of(1), "org.example.a"));
}

TEST_F(AttachmentsTest, NewsGoesToThoseWhoAttachedAndToNobodyElse) {
  attachments_.hello(":1", "org.example.a");
  attachments_.hello(":2", "org.example.a");
  attachments_.attach(":1", {id_of(1)});
  attachments_.tell(change_of(1, Change::What::Status));
  attachments_.tell(change_of(2, Change::What::Status));
  attachments_.flush();
  ASSERT_EQ(sent_[":1"].size(), 1U);
  EXPECT_EQ(sent_[":1"][0].snapshot.id, id_of(1));
  EXPECT_TRUE(sent_[":2"].empty());
}

TEST_F(AttachmentsTest, AnAppsWatcherSeesThatAppOnly) {
  attachments_.hello(":1", "org.example.b");
  attachments_.watch(":1", true, false);
  attachments_.tell(change_of(1, Change::What::Created));
  attachments_.flush();
  EXPECT_TRUE(sent_[":1"].empty());
  attachments_.watch(":1", true, true);
  attachments_.tell(change_of(1, Change::What::Created));
  attachments_.flush();
  EXPECT_EQ(sent_[":1"].size(), 1U);
}

TEST_F(AttachmentsTest, R25_ByteReportsAreMergedAndStatusChangesAreNot) {
  attachments_.hello(":1", "org.example.a");
  attachments_.attach(":1", {id_of(1)});
  attachments_.tell(change_of(1, Change::What::Status));
  attachments_.tell(change_of(1, Change::What::Progress, 10));
  attachments_.tell(change_of(1, Change::What::Progress, 20));
  attachments_.tell(change_of(1, Change::What::Status));
  attachments_.tell(change_of(1, Change::What::Progress, 30));
  attachments_.flush();
  const std::vector<Change>& news = sent_[":1"];
  ASSERT_EQ(news.size(), 4U);
  EXPECT_EQ(news[1].snapshot.bytes_received, 20U);
  EXPECT_EQ(news[2].what, Change::What::Status);
  EXPECT_EQ(news[3].snapshot.bytes_received, 30U);
}

TEST_F(AttachmentsTest, R28_AReportWithAFlagIsNeverMergedAway) {
  attachments_.hello(":1", "org.example.a");
  attachments_.attach(":1", {id_of(1)});
  attachments_.tell(change_of(1, Change::What::Progress, 10));
  Change restarted = change_of(1, Change::What::Progress, 0);
  restarted.restarted = true;
  attachments_.tell(restarted);
  attachments_.tell(change_of(1, Change::What::Progress, 5));
  attachments_.flush();
  ASSERT_EQ(sent_[":1"].size(), 3U);
  EXPECT_TRUE(sent_[":1"][1].restarted);
}

TEST_F(AttachmentsTest, AClientThatLeavesIsForgottenWithAllItHad) {
  attachments_.hello(":1", "org.example.a");
  attachments_.attach(":1", {id_of(1), id_of(2)});
  EXPECT_TRUE(attachments_.any());
  EXPECT_EQ(attachments_.attached().size(), 2U);
  attachments_.gone(":1");
  EXPECT_FALSE(attachments_.any());
  EXPECT_FALSE(attachments_.has_listeners(id_of(1), "org.example.a"));
  EXPECT_TRUE(attachments_.app_of(":1").empty());
}

TEST_F(AttachmentsTest, AttachingTwiceCountsOnce) {
  attachments_.hello(":1", "org.example.a");
  attachments_.attach(":1", {id_of(1)});
  attachments_.attach(":1", {id_of(1)});
  attachments_.tell(change_of(1, Change::What::Status));
  attachments_.flush();
  EXPECT_EQ(sent_[":1"].size(), 1U);
  attachments_.detach(":1", {id_of(1), id_of(9)});
  EXPECT_FALSE(attachments_.any());
}

}  // namespace
}  // namespace lh
