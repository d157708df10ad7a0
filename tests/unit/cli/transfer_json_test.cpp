#include "cli/transfer_json.h"

#include <gtest/gtest.h>

namespace lh::cli {
namespace {

using namespace std::chrono_literals;
using longhaul::BackgroundTransferStatus;

longhaul::TransferInfo running() {
  longhaul::TransferInfo info;
  info.Id = "01234567-89ab-4cde-8f01-23456789abcd";
  info.App = "org.longhaul.cli";
  info.Url = "http://h/x";
  info.Method = "GET";
  info.File = "/d/x";
  info.Status = BackgroundTransferStatus::Running;
  info.BytesReceived = 5;
  info.Attempts = 1;
  info.Created = longhaul::UtcTime(1'714'552'267'250ms);
  info.Started = info.Created;
  return info;
}

TEST(TransferJson, HasTheKeysInTheOrderThatIsDocumented) {
  EXPECT_EQ(
      transfer_json(running()),
      R"({"id":"01234567-89ab-4cde-8f01-23456789abcd","kind":"download","app":"org.longhaul.cli","group":null,)"
      R"("url":"http://h/x","method":"GET","file":"/d/x","status":"Running","reason":null,"priority":"Default",)"
      R"("cost_policy":"Default","bytes_received":5,"total_bytes_to_receive":null,"bytes_sent":0,)"
      R"("total_bytes_to_send":0,"has_restarted":false,"has_response_changed":false,"attempts":1,"error":null,)"
      R"("http_status":null,"created":"2024-05-01T08:31:07.250Z","started":"2024-05-01T08:31:07.250Z","ended":null})");
}

TEST(TransferJson, AnErrorIsAnObject) {
  longhaul::TransferInfo info = running();
  info.Error = longhaul::TransferErrorInfo{longhaul::WebErrorStatus::NotFound,
                                           static_cast<std::int32_t>(0x80190194U), 404, "http",
                                           "the server says 404"};
  EXPECT_NE(
      transfer_json(info).find(
          R"("error":{"status":"NotFound","hresult":"0x80190194","code":404,"kind":"http","message":"the server says 404"})"),
      std::string::npos);
}

TEST(TransferJson, AReasonIsThereExactlyWithABlocker) {
  longhaul::TransferInfo info = running();
  info.NextAttempt = info.Created + 1s;
  EXPECT_NE(transfer_json(info).find(R"("reason":null)"), std::string::npos);
  info.Blockers.push_back({"retry", info.Created, info.NextAttempt, "waits"});
  EXPECT_NE(
      transfer_json(info).find(
          R"("reason":{"blockers":[{"kind":"retry","since":"2024-05-01T08:31:07.250Z",)"
          R"("until":"2024-05-01T08:31:08.250Z","text":"waits"}],"next_attempt":"2024-05-01T08:31:08.250Z"})"),
      std::string::npos);
}

TEST(TransferJson, BytesThatAreNotUtf8AreReplaced) {
  longhaul::TransferInfo info = running();
  info.File = "/d/\xFF";
  EXPECT_NE(transfer_json(info).find("/d/\xEF\xBF\xBD"), std::string::npos);
}

TEST(DetailsJson, AddsResponseAndRanges) {
  longhaul::TransferDetails details{
      running(),
      longhaul::ResponseInfo{206, "http://h/y", {{"ETag", "\"a\""}}, true},
      {{0, 5}},
      {}};
  EXPECT_NE(
      details_json(details).find(
          R"(,"response":{"status":206,"url":"http://h/y","headers":[["ETag","\"a\""]],"resumable":true},)"
          R"("ranges":[{"offset":0,"length":5}]})"),
      std::string::npos);
}

TEST(EventJson, FlagsAreThoseOfTheReport) {
  longhaul::TransferEvent event;
  event.Kind = longhaul::TransferEvent::What::State;
  event.Time = longhaul::UtcTime(0ms);
  event.Transfer = running();
  event.Transfer.HasRestarted = true;
  event.ResponseChanged = true;
  const std::string text = event_json(event);
  EXPECT_TRUE(text.starts_with(
      R"({"time":"1970-01-01T00:00:00.000Z","event":"state","id":"01234567-89ab-4cde-8f01-23456789abcd","transfer":{"id":)"))
      << text;
  EXPECT_NE(text.find(R"("has_restarted":false,"has_response_changed":true)"), text.npos);
}

TEST(StatusJson, IsTheNestedObjectThatIsDocumented) {
  longhaul::ServiceStatus status;
  status.Version = "1.2.3";
  status.Pid = 7;
  status.Cost = "Unrestricted";
  status.Transfers = {{BackgroundTransferStatus::Completed, 2}};
  status.MayRun = {longhaul::BackgroundTransferCostPolicy::Default,
                   longhaul::BackgroundTransferCostPolicy::Always};
  EXPECT_EQ(
      status_json(status),
      R"({"daemon":{"version":"1.2.3","pid":7,"since":"1970-01-01T00:00:00.000Z","secrets":null},)"
      R"("network":{"connected":true,"internet":true,"cost":"Unrestricted","roaming":false,"approaching_limit":false,)"
      R"("over_limit":false,"restricted":false,"connection":null,"interface":null},)"
      R"("power":{"on_battery":null,"percent":null,"saver":null},)"
      R"("transfers":{"Idle":0,"Running":0,"PausedByApplication":0,"PausedCostedNetwork":0,"PausedNoNetwork":0,)"
      R"("Completed":2,"Canceled":0,"Error":0,"PausedRecoverableWebErrorStatus":0,"PausedSystemPolicy":0},)"
      R"("policy":["Default","Always"]})");
}

}  // namespace
}  // namespace lh::cli
