#include <algorithm>
#include <memory>

#include "cli/command.h"
#include "cli/failure.h"
#include "cli/human.h"
#include "cli/output.h"
#include "cli/selection.h"
#include "cli/text.h"
#include "cli/transfer_json.h"
#include "cli/words.h"

namespace lh::cli {
namespace {

struct ShowOptions {
  std::optional<std::string> id;
  bool json = false;
};

constexpr std::size_t kLabelWidth = 11;
constexpr std::size_t kRangesShown = 8;

class Block {
 public:
  void add(const std::string& label, const std::string& text) {
    if (!text.empty()) text_ += pad_right(label, kLabelWidth) + harmless(text) + "\n";
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

std::string amount(const TransferInfo& transfer) {
  const bool upload = transfer.Kind == longhaul::TransferKind::Upload;
  const std::uint64_t bytes = upload ? transfer.BytesSent : transfer.BytesReceived;
  const auto total = upload ? transfer.TotalBytesToSend : transfer.TotalBytesToReceive;
  const std::string exact = " (" + std::to_string(bytes) + " bytes)";
  if (!total) return human_size(bytes) + exact + (transfer.HasEnded() ? "" : ", total not known");
  if (bytes == *total) return human_size(bytes) + exact;
  return std::to_string(*percent_of(bytes, total)) + "%, " + human_size(bytes) + " of " +
         human_size(*total) + " (" + std::to_string(bytes) + " of " + std::to_string(*total) +
         " bytes)";
}

std::string history(const TransferInfo& transfer) {
  std::string text = std::to_string(transfer.Attempts);
  if (transfer.HasRestarted) text += ", restarted from the beginning";
  return text;
}

std::string ended(const TransferInfo& transfer) {
  if (!transfer.Ended) return {};
  std::string text = local_time(*transfer.Ended);
  if (transfer.Started) {
    const auto took = std::chrono::round<std::chrono::seconds>(*transfer.Ended - *transfer.Started);
    text += ", " + human_duration(took) + " after its start";
  }
  return text;
}

std::string ranges_text(const std::vector<longhaul::BackgroundTransferFileRange>& ranges) {
  std::string text;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    if (i == kRangesShown) return text + ", and " + std::to_string(ranges.size() - i) + " more";
    if (i > 0) text += ", ";
    const longhaul::BackgroundTransferFileRange& range = ranges[i];
    text += std::to_string(range.Offset) + "-" + std::to_string(range.Offset + range.Length - 1);
  }
  return text;
}

void add_waiting(const TransferInfo& transfer, Block& block) {
  for (const longhaul::BlockerInfo& blocker : transfer.Blockers) {
    std::string text = blocker.Text + " (" + blocker.Kind + ", since " + local_time(blocker.Since);
    if (blocker.Until) text += ", until " + local_time(*blocker.Until);
    block.add("Waits", text + ")");
  }
  if (transfer.NextAttempt) block.add("Next try", local_time(*transfer.NextAttempt));
  if (transfer.Error)
    block.add("Error", transfer.Error->Message + " (" + cause_of(*transfer.Error) + ")");
}

void add_response(const longhaul::ResponseInfo& response, const TransferInfo& transfer,
                  Block& block) {
  std::string text = "HTTP status " + std::to_string(response.Status);
  text += response.Resumable ? ", can be resumed" : ", cannot be resumed";
  block.add("Response", text);
  if (response.Url != transfer.Url) block.add("", "from " + response.Url);
  for (const auto& [name, value] : response.Headers) block.add("", name + ": " + value);
}

std::string readable(const longhaul::TransferDetails& details) {
  const TransferInfo& transfer = details.Info;
  Block block;
  block.add("ID", transfer.Id);
  const bool upload = transfer.Kind == longhaul::TransferKind::Upload;
  block.add(upload ? "To" : "From",
            (transfer.Method == "GET" ? "" : transfer.Method + " ") + transfer.Url);
  const std::string unnamed = transfer.HasEnded() ? "" : "a name that the server or the URL gives";
  block.add(upload ? "From" : "To", transfer.File.empty() ? unnamed : transfer.File);
  const std::string name(status_name(transfer.Status));
  const std::string word = status_word(transfer);
  block.add("Status", word == name ? word : word + " (" + name + ")");
  block.add(upload ? "Sent" : "Received", amount(transfer));
  add_waiting(transfer, block);
  block.add("App", transfer.App);
  block.add("Group", transfer.Group);
  block.add("Priority", std::string(priority_name(transfer.Priority)));
  block.add("Networks", std::string(cost_policy_name(transfer.CostPolicy)));
  block.add("Created", local_time(transfer.Created));
  if (transfer.Started) block.add("Started", local_time(*transfer.Started));
  block.add("Ended", ended(transfer));
  block.add("Requests", history(transfer));
  if (!upload) block.add("Bytes", ranges_text(details.Ranges));
  if (details.Response) add_response(*details.Response, transfer, block);
  return block.text();
}

ExitStatus run_show(const ShowOptions& options) {
  longhaul::TransferService service = open_service();
  const longhaul::TransferDetails details = service.Show(find_transfer(service, *options.id).Id);
  Output output;
  if (options.json)
    output.line(details_json(details));
  else
    output.text(readable(details));
  output.flush();
  return ExitStatus::Done;
}

Run define_show(Arguments& arguments) {
  const auto options = std::make_shared<ShowOptions>();
  arguments.operand("ID", options->id, true);
  arguments.flag("--json", options->json, "One JSON object");
  return [options] { return run_show(*options); };
}

}  // namespace

const Command show_command{
    "show",
    "[OPTION...] ID",
    "Show everything about one transfer",
    "Where from and where to, how far it is, what it waits for and why it failed, the headers of "
    "the server's response and the ranges of bytes that are there.",
    "longhaul show 3f2a\n"
    "longhaul show 3f2a --json | jq .response.headers",
    &define_show};

}  // namespace lh::cli
