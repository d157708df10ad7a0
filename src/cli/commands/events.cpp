#include <chrono>
#include <memory>

#include "cli/board.h"
#include "cli/command.h"
#include "cli/human.h"
#include "cli/news.h"
#include "cli/output.h"
#include "cli/selection.h"
#include "cli/text.h"
#include "cli/transfer_json.h"
#include "cli/words.h"

namespace lh::cli {
namespace {

using longhaul::TransferEvent;

std::string readable(const TransferEvent& event) {
  const TransferInfo& transfer = event.Transfer;
  std::string text = local_time(event.Time) + "  " + short_id(transfer.Id) + "  " +
                     pad_right(event_name(event.Kind), 9) + "  " + short_name(transfer);
  if (event.Kind == TransferEvent::What::Forgotten) return text;
  const bool upload = transfer.Kind == longhaul::TransferKind::Upload;
  ProgressLine line;
  line.bytes = upload ? transfer.BytesSent : transfer.BytesReceived;
  line.total = upload ? transfer.TotalBytesToSend : transfer.TotalBytesToReceive;
  text += ": " + status_word(transfer);
  if (const std::string progress = progress_in_words(line); !progress.empty())
    text += ", " + progress;
  if (event.Kind == TransferEvent::What::Response && transfer.HttpStatus)
    text += ", HTTP status " + std::to_string(*transfer.HttpStatus);
  if (event.Restarted) text += ", restarted from the beginning";
  if (const std::string reason = reason_in_words(transfer); !reason.empty()) text += ", " + reason;
  return text;
}

ExitStatus run_events(bool json) {
  longhaul::TransferService service = open_service();
  Output output;
  News news;
  const auto subscription =
      service.WatchAll(false, [&news](const TransferEvent& event) { news.push(event); });
  do {
    news.wait(std::chrono::minutes(1));
    for (const TransferEvent& event : news.take())
      output.line(json ? event_json(event) : readable(event));
    output.flush();
  } while (!news.ended_by());
  return ExitStatus::Done;
}

Run define_events(Arguments& arguments) {
  const auto json = std::make_shared<bool>(false);
  arguments.flag("--json", *json, "A JSON object a line");
  return [json] { return run_events(*json); };
}

}  // namespace

const Command events_command{
    "events",
    "[OPTION...]",
    "Print a line for each event, until interrupted",
    "What happens to the transfers of this app from now on. Events are: created, state, progress, "
    "response, ended, forgotten.",
    "longhaul events --json | jq -r 'select(.event == \"ended\") | .transfer.file'",
    &define_events};

}  // namespace lh::cli
