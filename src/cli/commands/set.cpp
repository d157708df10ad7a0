#include <memory>

#include "cli/command.h"
#include "cli/download_plan.h"
#include "cli/failure.h"
#include "cli/options.h"
#include "cli/selection.h"

namespace lh::cli {
namespace {

struct SetOptions {
  std::optional<std::string> id;
  std::optional<std::string> priority;
  std::optional<std::string> cost_policy;
  std::vector<std::string> headers;
  std::optional<std::string> url;
  std::optional<std::string> recoverable;
};

ExitStatus run_set(const SetOptions& options) {
  longhaul::TransferChanges changes;
  if (options.priority) changes.Priority = parse_priority(*options.priority);
  if (options.cost_policy) changes.CostPolicy = parse_cost_policy(*options.cost_policy);
  // A header that is given takes the place of the one that was sent.
  changes.SetHeaders = parse_headers(options.headers);
  for (const auto& [name, value] : changes.SetHeaders) changes.RemoveHeaders.push_back(name);
  if (options.url) {
    if (const auto problem = url_problem(*options.url))
      throw bad_argument("'" + without_credentials(*options.url) + "' " + *problem);
    changes.Url = options.url;
  }
  if (options.recoverable) changes.Recoverable = parse_web_errors(*options.recoverable);
  const bool has_any = changes.Priority || changes.CostPolicy || changes.Url ||
                       changes.Recoverable || !changes.SetHeaders.empty();
  if (!has_any) throw bad_argument("set needs something to change", "Try: longhaul help set");
  longhaul::TransferService service = open_service();
  service.Change(find_transfer(service, *options.id).Id, changes);
  return ExitStatus::Done;
}

Run define_set(Arguments& arguments) {
  const auto options = std::make_shared<SetOptions>();
  arguments.operand("ID", options->id, true);
  arguments.value("--priority", "PRIORITY", options->priority,
                  "Place in the queue: high, default or low");
  arguments.value("--cost-policy", "POLICY", options->cost_policy,
                  "Networks to use: default, unrestricted-only or always");
  arguments.values("-H,--header", "'NAME: VALUE'", options->headers,
                   "Send this header from the next request on; may be given several times");
  arguments.value(
      "--url", "URL", options->url,
      "Where the file is now, for a transfer that is paused; 'longhaul resume' goes on");
  arguments.value("--recoverable", "STATUS[,STATUS]", options->recoverable,
                  "Errors that pause the transfer from now on instead of ending it");
  return [options] { return run_set(*options); };
}

}  // namespace

const Command set_command{"set",
                          "ID OPTION...",
                          "Change a transfer that has not ended",
                          "Only what is given is changed.",
                          "longhaul set 3f2a --priority high\n"
                          "longhaul set 3f2a --cost-policy always -H 'Authorization: Bearer NEW'\n"
                          "longhaul set 3f2a --url 'https://example.org/disc.iso?signature=NEW'",
                          &define_set};

}  // namespace lh::cli
