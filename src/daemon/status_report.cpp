#include "daemon/status_report.h"

#include "core/policy/cost_policy.h"

namespace lh {

StatusReport make_status_report(const ServiceFacts& service, const Facts& facts,
                                const StatusCounts& counts, const std::string& secrets) {
  StatusReport report;
  report.secrets = secrets;
  report.version = service.version;
  report.pid = service.pid;
  report.since = service.since;
  report.state_folder = service.state_folder;
  report.config_file = service.config_file;
  report.transfers = counts;
  report.connected = facts.network.connected;
  report.internet = facts.network.connected;
  report.cost = facts.network.cost;
  report.roaming = facts.network.roaming;
  report.approaching_limit = facts.network.approaching_limit;
  report.over_limit = facts.network.over_limit;
  report.restricted = facts.network.restricted;
  for (const auto policy :
       {BackgroundTransferCostPolicy::Default, BackgroundTransferCostPolicy::UnrestrictedOnly,
        BackgroundTransferCostPolicy::Always}) {
    if (cost_permits(policy, facts.network)) report.may_run.push_back(policy);
  }
  return report;
}

}  // namespace lh
