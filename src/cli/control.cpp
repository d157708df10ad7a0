#include "cli/control.h"

#include <cerrno>
#include <condition_variable>
#include <cstdint>
#include <cstring>
#include <map>
#include <mutex>
#include <set>

#include "cli/failure.h"
#include "cli/selection.h"
#include "cli/words.h"

namespace lh::cli {
namespace {

using longhaul::TransferVerb;
using Work = std::map<TransferVerb, std::vector<std::string>>;

std::string refusal_of(const Steering& steering, const std::string& who, const std::string& why) {
  return who + " cannot be " + steering.participle + ": " + why;
}

/// Throws if any is refused, after saying why of each.
Work work_for_named(longhaul::TransferService& service, const Steering& steering,
                    const std::vector<std::string>& ids) {
  Work work;
  std::vector<std::string> refusals;
  for (const TransferInfo& each : find_transfers(service, ids)) {
    const Decision decision = steering.decide(each);
    if (decision.verb) {
      work[*decision.verb].push_back(each.Id);
    } else {
      refusals.push_back(
          refusal_of(steering, short_id(each.Id) + " " + short_name(each), decision.why_not));
    }
  }
  if (refusals.empty()) return work;
  for (std::size_t i = 0; i + 1 < refusals.size(); ++i) complain(refusals[i], std::strerror(EPERM));
  throw Failure(ExitStatus::Refused, refusals.back(), std::strerror(EPERM));
}

Work work_for_all(longhaul::TransferService& service, const Steering& steering) {
  Work work;
  longhaul::ListQuery query;
  query.Statuses = open_statuses();
  service.List(query, [&](const TransferInfo& each) {
    if (const Decision decision = steering.decide(each); decision.verb)
      work[*decision.verb].push_back(each.Id);
    return true;
  });
  return work;
}

/// Until each of them is as `is_done` wants it.
void wait_for(longhaul::TransferService& service, const std::vector<std::string>& ids,
              bool (*is_done)(const TransferInfo&)) {
  std::mutex mutex;
  std::condition_variable changed;
  std::set<std::string> open(ids.begin(), ids.end());
  const auto subscription = service.Watch(ids, [&](const longhaul::TransferEvent& event) {
    if (!is_done(event.Transfer)) return;
    const std::lock_guard lock(mutex);
    open.erase(event.Transfer.Id);
    changed.notify_all();
  });
  std::unique_lock lock(mutex);
  changed.wait(lock, [&open] { return open.empty(); });
}

}  // namespace

void add_steering_options(Arguments& arguments, SteeringOptions& options,
                          const std::string& all_description) {
  arguments.operands("ID", options.ids, false);
  arguments.flag("--all", options.all, all_description);
}

ExitStatus steer(const std::string& command, const Steering& steering,
                 const SteeringOptions& options) {
  if (options.ids.empty() != options.all) {
    throw bad_argument(options.all ? "--all and an ID exclude each other"
                                   : command + " needs at least one ID, or --all",
                       "Try: longhaul help " + command);
  }
  longhaul::TransferService service = open_service();
  Work work = options.all ? work_for_all(service, steering)
                          : work_for_named(service, steering, options.ids);
  ExitStatus status = ExitStatus::Done;
  for (auto& [verb, ids] : work) {
    for (const longhaul::Refusal& each : control_all(service, verb, ids)) {
      // It may have ended since the list was read; of all, this one is no longer one of them.
      const Failure failure =
          service_failure(each.HResult, refusal_of(steering, short_id(each.Id), each.Message));
      const bool state_has_changed = static_cast<std::uint32_t>(each.HResult) == 0x8000000E ||
                                     failure.status() == ExitStatus::NoSuchTransfer;
      std::erase(ids, each.Id);
      if (options.all && state_has_changed) continue;
      complain(failure.what(), failure.cause(), failure.next());
      status = failure.status();
    }
    if (steering.is_done != nullptr && !ids.empty()) wait_for(service, ids, steering.is_done);
  }
  return status;
}

}  // namespace lh::cli
