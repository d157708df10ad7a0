#include "unit/cli/fake_service.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "longhaul/foundation/hresult.h"

namespace lh::cli {
namespace {

using longhaul::BackgroundTransferStatus;
using longhaul::TransferEvent;
using longhaul::TransferInfo;
using longhaul::TransferVerb;

constexpr std::int32_t kIllegalMethodCall = static_cast<std::int32_t>(0x8000000EU);

FakeService service;

class FakeReader : public longhaul::ContentReader {
 public:
  explicit FakeReader(std::uint64_t offset) : offset_(offset) {}
  std::size_t Read(std::span<std::uint8_t> buffer, bool /*wait*/) override {
    const std::size_t there = service.content.size();
    const std::size_t from = std::min<std::size_t>(offset_, there);
    const std::size_t size = std::min(buffer.size(), there - from);
    std::memcpy(buffer.data(), service.content.data() + from, size);
    offset_ += size;
    return size;
  }

 private:
  std::uint64_t offset_;
};

std::string name_of(TransferVerb verb) {
  constexpr std::array<const char*, 5> names{"start", "pause", "resume", "cancel", "forget"};
  return names.at(static_cast<std::size_t>(verb));
}

void carry_out(TransferVerb verb, TransferInfo& transfer) {
  switch (verb) {
    case TransferVerb::Start:
    case TransferVerb::Resume:
      transfer.Status = BackgroundTransferStatus::Running;
      break;
    case TransferVerb::Pause:
      transfer.Status = BackgroundTransferStatus::PausedByApplication;
      break;
    case TransferVerb::Cancel:
      transfer.Status = BackgroundTransferStatus::Canceled;
      break;
    case TransferVerb::Forget:
      std::erase_if(service.transfers,
                    [id = transfer.Id](const TransferInfo& each) { return each.Id == id; });
      break;
  }
}

}  // namespace

FakeService& fake_service() {
  return service;
}

void reset_service() {
  service = FakeService();
}

TransferInfo& FakeService::add(const std::string& id, BackgroundTransferStatus status) {
  TransferInfo& transfer = transfers.emplace_back();
  transfer.Id = id;
  transfer.App = "org.longhaul.cli";
  transfer.Url = "http://h/" + id.substr(0, 4);
  transfer.Method = "GET";
  transfer.Status = status;
  if (status != BackgroundTransferStatus::Idle) transfer.Started = longhaul::UtcTime{};
  return transfer;
}

TransferInfo* FakeService::find(const std::string& id) {
  const auto found = std::find_if(transfers.begin(), transfers.end(),
                                  [&id](const TransferInfo& each) { return each.Id == id; });
  return found == transfers.end() ? nullptr : &*found;
}

}  // namespace lh::cli

// The definitions of the library's class, in place of the library's own.
namespace longhaul {

using lh::cli::fake_service;

class TransferService::Impl {
 public:
  std::string app;
};

TransferService::TransferService(std::string app_id) : impl_(std::make_unique<Impl>()) {
  impl_->app = std::move(app_id);
}
TransferService::~TransferService() = default;
TransferService::TransferService(TransferService&&) noexcept = default;
TransferService& TransferService::operator=(TransferService&&) noexcept = default;

std::vector<std::string> TransferService::CreateDownloads(const DownloadSettings&,
                                                          const std::vector<DownloadItem>& items,
                                                          bool start) {
  lh::cli::FakeService& fake = fake_service();
  if (++fake.creations == fake.refused_creation)
    throw hresult_error(hresult(0x80070057U), "download 0: the URL is wrong");
  fake.calls.push_back("create " + std::to_string(items.size()) + (start ? " started" : " paused"));
  std::vector<std::string> ids;
  for (const DownloadItem& item : items) {
    const std::string number = std::to_string(1000 + fake.transfers.size());
    TransferInfo& transfer =
        fake.add(number + "aaaa-0000-4000-8000-000000000000", BackgroundTransferStatus::Idle);
    transfer.Url = item.Url;
    ids.push_back(transfer.Id);
  }
  return ids;
}

std::string TransferService::CreateUpload(const UploadSettings& settings, const std::string& url,
                                          bool start) {
  lh::cli::FakeService& fake = lh::cli::fake_service();
  std::string sent = settings.BodyFile;
  for (const UploadPart& part : settings.Parts) {
    sent +=
        (sent.empty() ? "" : " ") + part.Name + "=" + (part.Text ? *part.Text : "@" + *part.File);
  }
  if (!settings.Parts.empty()) sent += " " + settings.Subtype + "/" + settings.Boundary;
  fake.calls.push_back(settings.Method + " " + sent + " " + url + (start ? " started" : " paused"));
  const std::string number = std::to_string(1000 + fake.transfers.size());
  return fake.add(number + "aaaa-0000-4000-8000-000000000000", BackgroundTransferStatus::Idle).Id;
}

void TransferService::List(const ListQuery& query,
                           const std::function<bool(const TransferInfo&)>& visit) {
  const std::vector<TransferInfo> all = fake_service().transfers;
  for (const TransferInfo& each : all) {
    if (!query.AllApps && each.App != impl_->app) continue;
    if (query.Group && each.Group != *query.Group) continue;
    if (query.IdPrefix && !each.Id.starts_with(*query.IdPrefix)) continue;
    const auto& statuses = query.Statuses;
    if (!statuses.empty() &&
        std::find(statuses.begin(), statuses.end(), each.Status) == statuses.end())
      continue;
    if (!visit(each)) return;
  }
}

std::string TransferService::Find(const std::string& prefix) {
  return prefix;
}

TransferDetails TransferService::Show(const std::string& id) {
  return {*fake_service().find(id), {}, {}, {}};
}

std::vector<Refusal> TransferService::Control(TransferVerb verb,
                                              const std::vector<std::string>& ids) {
  std::vector<Refusal> refusals;
  for (const std::string& id : ids) {
    fake_service().calls.push_back(lh::cli::name_of(verb) + " " + id);
    TransferInfo* const transfer = fake_service().find(id);
    const bool ended = transfer != nullptr && transfer->HasEnded();
    const bool fits = verb == TransferVerb::Forget
                          ? ended || transfer->Status == BackgroundTransferStatus::Idle
                          : !ended;
    if (transfer != nullptr && fits)
      lh::cli::carry_out(verb, *transfer);
    else
      refusals.push_back({id, lh::cli::kIllegalMethodCall, "not in this state"});
  }
  return refusals;
}

void TransferService::Change(const std::string& id, const TransferChanges& changes) {
  fake_service().calls.push_back("change " + id + (changes.Priority ? " priority" : "") +
                                 (changes.CostPolicy ? " cost-policy" : "") +
                                 (changes.SetHeaders.empty() ? "" : " headers"));
}

std::unique_ptr<TransferSubscription> TransferService::Watch(
    const std::vector<std::string>& ids, std::function<void(const TransferEvent&)> handler) {
  for (const std::string& id : ids) {
    if (const TransferInfo* const transfer = fake_service().find(id)) {
      TransferEvent event;
      event.Kind = transfer->HasEnded() ? TransferEvent::What::Ended : TransferEvent::What::State;
      event.Transfer = *transfer;
      handler(event);
    }
  }
  for (const TransferEvent& event : fake_service().news) handler(event);
  if (fake_service().on_watch) fake_service().on_watch();
  return std::make_unique<TransferSubscription>();
}

std::unique_ptr<TransferSubscription> TransferService::WatchAll(
    bool /*all_apps*/, std::function<void(const TransferEvent&)> handler) {
  return Watch({}, std::move(handler));
}

std::unique_ptr<ContentReader> TransferService::OpenContent(const std::string& /*id*/,
                                                            std::uint64_t offset) {
  return std::make_unique<lh::cli::FakeReader>(offset);
}

ServiceStatus TransferService::Status() {
  return {};
}

void TransferService::Reload() {}

}  // namespace longhaul
