#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>

#include "cli/command.h"
#include "cli/human.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/selection.h"
#include "cli/text.h"
#include "cli/transfer_json.h"
#include "cli/words.h"

namespace lh::cli {
namespace {

struct ListOptions {
  bool all_apps = false;
  std::optional<std::string> group;
  std::vector<std::string> statuses;
  bool json = false;
};

constexpr std::size_t kStatusWidth = 11;  // "not started"
constexpr std::size_t kPercentWidth = 4;
constexpr std::size_t kSizeWidth = 8;  // "99.9 GiB"

/// One line of the table for people. Never wider than `columns` if that is given.
class Table {
 public:
  Table(std::size_t id_width, bool with_app, std::optional<std::size_t> columns)
      : id_width_(id_width), with_app_(with_app), columns_(columns) {}

  [[nodiscard]] std::string heading() const {
    return row("ID", "STATUS", "DONE", "SIZE", with_app_ ? "APP   NAME" : "NAME");
  }

  [[nodiscard]] std::string line(const TransferInfo& transfer) const {
    const bool upload = transfer.Kind == longhaul::TransferKind::Upload;
    const std::uint64_t bytes = upload ? transfer.BytesSent : transfer.BytesReceived;
    const auto total = upload ? transfer.TotalBytesToSend : transfer.TotalBytesToReceive;
    const std::optional<int> percent = percent_of(bytes, total);
    const bool has_size = total || bytes > 0;
    std::string rest = with_app_ ? harmless(transfer.App) + "  " : std::string();
    rest += short_name(transfer);
    if (const std::string reason = reason_in_words(transfer); !reason.empty())
      rest += "  (" + reason + ")";
    return row(transfer.Id.substr(0, id_width_), status_word(transfer),
               percent ? std::to_string(*percent) + "%" : "-",
               has_size ? human_size(total.value_or(bytes)) : "-", rest);
  }

 private:
  [[nodiscard]] std::string row(std::string id, std::string status, std::string percent,
                                std::string size, const std::string& rest) const {
    const std::string text = pad_right(std::move(id), id_width_) + "  " +
                             pad_right(std::move(status), kStatusWidth) + "  " +
                             pad_left(std::move(percent), kPercentWidth) + "  " +
                             pad_left(std::move(size), kSizeWidth) + "  " + rest;
    return columns_ ? clip_end(text, *columns_, glyphs_) : text;
  }

  std::size_t id_width_;
  bool with_app_;
  std::optional<std::size_t> columns_;
  const Glyphs& glyphs_ = glyphs_of_environment();
};

ExitStatus run_list(const ListOptions& options) {
  longhaul::ListQuery query;
  query.AllApps = options.all_apps;
  query.Group = options.group;
  for (const std::string& name : options.statuses)
    query.Statuses.push_back(parse_status_option(name));
  longhaul::TransferService service = open_service();
  Output output;
  if (options.json) {
    service.List(query, [&output](const TransferInfo& each) {
      output.line(transfer_json(each));
      return true;
    });
    output.flush();
    return ExitStatus::Done;
  }
  std::optional<std::size_t> columns;
  if (output.is_terminal()) columns = terminal_size(STDOUT_FILENO).columns;
  const Table table(telling_id_length(service), options.all_apps, columns);
  bool any = false;
  service.List(query, [&](const TransferInfo& each) {
    if (!any && output.is_terminal()) output.line(table.heading());
    any = true;
    output.line(table.line(each));
    return true;
  });
  output.flush();
  if (!any && isatty(STDERR_FILENO) == 1) {
    const bool filtered = options.group || !options.statuses.empty();
    std::fputs(
        filtered ? "No such transfers.\n" : "No transfers. Start one with: longhaul get URL\n",
        stderr);
  }
  return ExitStatus::Done;
}

Run define_list(Arguments& arguments) {
  const auto options = std::make_shared<ListOptions>();
  arguments.flag("--all-apps", options->all_apps, "Those of all your apps, not only of this one");
  arguments.value("--group", "NAME", options->group, "Only those of this transfer group");
  arguments.values("--status", "STATUS", options->statuses,
                   "Only those with this status, such as Running, Completed or Error; may be given "
                   "several times");
  arguments.flag("--json", options->json, "A JSON object a line");
  return [options] { return run_list(*options); };
}

}  // namespace

const Command list_command{
    "list",
    "[OPTION...]",
    "List transfers",
    "A line for each transfer, the oldest first: its ID, status, how much is done, size, name, and "
    "why it waits or failed. What has ended stays listed until 'longhaul forget', or until the "
    "service's retention is over.",
    "longhaul list --status Error\n"
    "longhaul list --json | jq -r 'select(.status == \"Completed\") | .file'",
    &define_list};

}  // namespace lh::cli
