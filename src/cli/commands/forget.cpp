#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <memory>
#include <set>

#include "cli/command.h"
#include "cli/failure.h"
#include "cli/news.h"
#include "cli/selection.h"
#include "cli/text.h"
#include "cli/words.h"

namespace lh::cli {
namespace {

using longhaul::TransferVerb;

struct ForgetOptions {
  std::vector<std::string> ids;
  bool done = false;
  std::optional<std::string> app;
};

std::vector<std::string> ids_with(longhaul::TransferService& service,
                                  const std::vector<BackgroundTransferStatus>& statuses) {
  longhaul::ListQuery query;
  query.Statuses = statuses;
  std::vector<std::string> ids;
  service.List(query, [&ids](const TransferInfo& each) {
    ids.push_back(each.Id);
    return true;
  });
  return ids;
}

ExitStatus forget_all(longhaul::TransferService& service, const std::vector<std::string>& ids) {
  ExitStatus status = ExitStatus::Done;
  for (const longhaul::Refusal& each : control_all(service, TransferVerb::Forget, ids)) {
    const Failure failure = service_failure(each.HResult, short_id(each.Id) + ": " + each.Message);
    // Somebody else has forgotten it first.
    if (failure.status() == ExitStatus::NoSuchTransfer) continue;
    complain(failure.what(), failure.cause(), failure.next());
    status = failure.status();
  }
  return status;
}

ExitStatus forget_named(longhaul::TransferService& service,
                        const std::vector<std::string>& prefixes) {
  std::vector<std::string> ids;
  for (const TransferInfo& each : find_transfers(service, prefixes)) {
    if (!each.HasEnded()) {
      throw Failure(ExitStatus::Refused,
                    short_id(each.Id) + " " + short_name(each) + " has not ended (" +
                        lower_case(status_word(each)) + ")",
                    std::strerror(EBUSY), "Cancel it first: longhaul cancel " + short_id(each.Id));
    }
    ids.push_back(each.Id);
  }
  return forget_all(service, ids);
}

/// Cancels these and returns when they have ended, or with the signal that interrupted it.
std::optional<int> cancel_and_wait(longhaul::TransferService& service,
                                   const std::vector<std::string>& ids) {
  News news;
  std::set<std::string> open(ids.begin(), ids.end());
  const auto subscription =
      service.Watch(ids, [&news](const longhaul::TransferEvent& event) { news.push(event); });
  for (const longhaul::Refusal& each : control_all(service, TransferVerb::Cancel, ids)) {
    // It has ended by itself, or is gone: either is what is wanted.
    if (service_failure(each.HResult, {}).status() == ExitStatus::NoSuchTransfer)
      open.erase(each.Id);
  }
  while (!open.empty() && !news.ended_by()) {
    news.wait(std::chrono::seconds(10));
    for (const longhaul::TransferEvent& event : news.take()) {
      const bool gone = event.Kind == longhaul::TransferEvent::What::Forgotten;
      if (gone || event.Transfer.HasEnded()) open.erase(event.Transfer.Id);
    }
  }
  return news.ended_by();
}

/// Everything of the app, in stretches so that no more is held at once than one message takes.
ExitStatus purge(const std::string& app) {
  if (app.empty()) throw bad_argument("--app needs the ID of an app");
  constexpr std::size_t kAtOnce = 1000;
  longhaul::TransferService service(app);
  const std::vector<std::string> open = ids_with(service, open_statuses());
  for (std::size_t from = 0; from < open.size(); from += kAtOnce) {
    const std::size_t to = std::min(open.size(), from + kAtOnce);
    const auto begin = open.begin() + static_cast<std::ptrdiff_t>(from);
    const auto end = open.begin() + static_cast<std::ptrdiff_t>(to);
    if (cancel_and_wait(service, {begin, end}))
      throw Failure(ExitStatus::Interrupted, "interrupted before all were forgotten",
                    std::strerror(EINTR));
  }
  return forget_all(service, ids_with(service, ended_statuses()));
}

ExitStatus run_forget(const ForgetOptions& options) {
  const int ways = (options.ids.empty() ? 0 : 1) + (options.done ? 1 : 0) + (options.app ? 1 : 0);
  if (ways != 1) {
    throw bad_argument(ways == 0 ? "forget needs at least one ID, --done or --app"
                                 : "an ID, --done and --app exclude each other",
                       "Try: longhaul help forget");
  }
  if (options.app) return purge(*options.app);
  longhaul::TransferService service = open_service();
  if (options.done) return forget_all(service, ids_with(service, ended_statuses()));
  return forget_named(service, options.ids);
}

Run define_forget(Arguments& arguments) {
  const auto options = std::make_shared<ForgetOptions>();
  arguments.operands("ID", options->ids, false);
  arguments.flag("--done", options->done, "All of this app's that have ended");
  arguments.value("--app", "APP", options->app,
                  "Everything of the app APP; what has not ended is canceled first");
  return [options] { return run_forget(*options); };
}

}  // namespace

const Command forget_command{"forget",
                             "ID...|--done|--app APP",
                             "Drop ended transfers from the list",
                             "Files that were downloaded stay where they are. A transfer that has "
                             "not ended must be canceled "
                             "first; only --app does so by itself.",
                             "longhaul forget --done\n"
                             "longhaul forget --app org.example.player",
                             &define_forget};

}  // namespace lh::cli
