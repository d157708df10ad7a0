#include "longhaul/service.h"

#include <algorithm>
#include <future>
#include <string_view>
#include <utility>

#include "client/app_identity.h"
#include "client/batch_creation.h"
#include "client/client_error.h"
#include "client/content_follower.h"
#include "client/event_feed.h"
#include "client/service_connection.h"
#include "client/transfer_info.h"
#include "client/upload_creation.h"
#include "ipc/names.h"

namespace longhaul {
namespace {

constexpr std::uint32_t kPage = 1000;
constexpr std::size_t kIdsPerCall = 1000;
constexpr std::size_t kShortestPrefix = 4;

const char* verb_name(TransferVerb verb) {
  switch (verb) {
    case TransferVerb::Start:
      return lh::bus::verb::kStart;
    case TransferVerb::Pause:
      return lh::bus::verb::kPause;
    case TransferVerb::Resume:
      return lh::bus::verb::kResume;
    case TransferVerb::Cancel:
      return lh::bus::verb::kCancel;
    case TransferVerb::Forget:
      return lh::bus::verb::kForget;
  }
  return "";
}

lh::TransferError not_found(const std::string& id) {
  lh::TransferError error;
  error.kind = lh::ErrorKind::NotFound;
  error.hresult = lh::hr::kNotFound;
  error.message = "there is no transfer " + id;
  return error;
}

[[noreturn]] void throw_not_found(const std::string& id) {
  lh::throw_error(not_found(id));
}

lh::TransferId parse_id(const std::string& text) {
  const auto id = lh::Guid::parse(text);
  if (!id) throw_not_found(text);
  return *id;
}

std::vector<lh::TransferId> parse_ids(const std::vector<std::string>& texts) {
  std::vector<lh::TransferId> ids;
  ids.reserve(texts.size());
  for (const std::string& text : texts) ids.push_back(parse_id(text));
  std::ranges::sort(ids);
  const auto repeated = std::ranges::unique(ids);
  ids.erase(repeated.begin(), repeated.end());
  return ids;
}

lh::ListRequest list_request(const ListQuery& query) {
  lh::require_utf8("the group", query.Group.value_or(""));
  lh::require_utf8("the id", query.IdPrefix.value_or(""));
  lh::ListRequest request;
  request.all_apps = query.AllApps;
  request.group = query.Group;
  request.id_prefix = query.IdPrefix;
  request.statuses = query.Statuses;
  return request;
}

/// A page of the list; empty at its end.
std::vector<lh::Snapshot> list_page(lh::ServiceConnection& connection,
                                    const lh::ListRequest& request, std::uint64_t after,
                                    std::uint32_t limit) {
  auto wires =
      std::get<0>(lh::value_or_throw(connection.call_and_wait<std::vector<lh::WireSnapshot>>(
          "List", lh::Repeat::Safe, lh::encode_list_request(request), after, limit)));
  std::vector<lh::Snapshot> page;
  page.reserve(wires.size());
  for (lh::WireSnapshot& wire : wires) {
    lh::Result<lh::Snapshot> snapshot = lh::decode_snapshot(std::move(wire));
    if (!snapshot) lh::throw_error(snapshot.error());
    page.push_back(std::move(*snapshot));
  }
  return page;
}

class FollowedContent final : public ContentReader {
 public:
  explicit FollowedContent(std::shared_ptr<lh::ContentFollower> content)
      : content_(std::move(content)) {}

  std::size_t Read(std::span<std::uint8_t> buffer, bool wait) override {
    using Kind = lh::ContentFollower::Outcome::Kind;
    while (true) {
      const auto outcome = content_->try_read(buffer);
      switch (outcome.kind) {
        case Kind::Bytes:
          return outcome.bytes;
        case Kind::End:
          return 0;
        case Kind::Failed:
          lh::throw_error(outcome.error);
        case Kind::NotYet:
          if (!wait || buffer.empty()) return 0;
          [[fallthrough]];
        case Kind::Opening:
          content_->wait_for_change();
          break;
      }
    }
  }

 private:
  std::shared_ptr<lh::ContentFollower> content_;
};

}  // namespace

class TransferService::Impl {
 public:
  explicit Impl(const std::string& app)
      : connection(lh::ServiceConnection::of_app(app.empty() ? lh::app_id() : app)) {}

  std::shared_ptr<lh::ServiceConnection> connection;
};

TransferService::TransferService(std::string app_id) : impl_(std::make_unique<Impl>(app_id)) {}

TransferService::~TransferService() = default;
TransferService::TransferService(TransferService&&) noexcept = default;
TransferService& TransferService::operator=(TransferService&&) noexcept = default;

std::vector<std::string> TransferService::CreateDownloads(const DownloadSettings& settings,
                                                          const std::vector<DownloadItem>& items,
                                                          bool start) {
  return lh::create_downloads(*impl_->connection, settings, items, start);
}

std::string TransferService::CreateUpload(const UploadSettings& settings, const std::string& url,
                                          bool start) {
  return lh::create_upload(*impl_->connection, settings, url, start);
}

void TransferService::List(const ListQuery& query,
                           const std::function<bool(const TransferInfo&)>& visit) {
  const lh::ListRequest request = list_request(query);
  std::uint64_t after = 0;
  while (true) {
    std::vector<lh::Snapshot> page = list_page(*impl_->connection, request, after, kPage);
    if (page.empty()) return;
    after = page.back().sequence;
    for (lh::Snapshot& snapshot : page) {
      if (!visit(lh::to_info(std::move(snapshot)))) return;
    }
  }
}

std::string TransferService::Find(const std::string& prefix) {
  if (prefix.size() < kShortestPrefix) {
    lh::throw_error(lh::invalid_argument("an ID is at least 4 characters long: " + prefix));
  }
  lh::ListRequest request;
  request.all_apps = true;
  request.id_prefix = prefix;
  std::ranges::transform(*request.id_prefix, request.id_prefix->begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (request.id_prefix->find_first_not_of("0123456789abcdef-") != std::string::npos) {
    throw_not_found(prefix);
  }
  const auto found = list_page(*impl_->connection, request, 0, 2);
  if (found.empty()) throw_not_found(prefix);
  if (found.size() > 1) {
    lh::throw_error(lh::invalid_argument("more than one transfer begins with " + prefix));
  }
  return found.front().id.to_string();
}

TransferDetails TransferService::Show(const std::string& id) {
  lh::ListRequest request;
  request.all_apps = true;
  request.id_prefix = parse_id(id).to_string();
  auto found = list_page(*impl_->connection, request, 0, 1);
  if (found.empty()) throw_not_found(id);
  const auto wire =
      std::get<0>(lh::value_or_throw(impl_->connection->call_and_wait<lh::WireDictionary>(
          "Details", lh::Repeat::Safe, *request.id_prefix)));
  lh::Result<lh::Details> details = lh::decode_details(wire);
  if (!details) lh::throw_error(details.error());
  return lh::to_details(std::move(found.front()), std::move(*details));
}

std::vector<Refusal> TransferService::Control(TransferVerb verb,
                                              const std::vector<std::string>& ids) {
  std::vector<Refusal> refusals;
  for (std::size_t from = 0; from < ids.size(); from += kIdsPerCall) {
    const auto begin = ids.begin() + static_cast<std::ptrdiff_t>(from);
    const auto count = std::min(ids.size() - from, kIdsPerCall);
    std::vector<std::string> piece(begin, begin + static_cast<std::ptrdiff_t>(count));
    auto refused = std::get<0>(
        lh::value_or_throw(impl_->connection->call_and_wait<std::vector<lh::WireRefusal>>(
            "Control", lh::Repeat::Safe, std::string(verb_name(verb)), std::move(piece),
            lh::WireDictionary{})));
    for (lh::WireRefusal& one : refused) {
      refusals.push_back({std::move(one.get<0>()), one.get<1>(), std::move(one.get<2>())});
    }
  }
  return refusals;
}

void TransferService::Change(const std::string& id, const TransferChanges& changes) {
  lh::ChangeRequest request;
  request.priority = changes.Priority;
  request.cost_policy = changes.CostPolicy;
  for (const auto& [name, value] : changes.SetHeaders) {
    lh::require_utf8({name, value});
    request.set_headers.push_back({name, value});
  }
  request.remove_headers = changes.RemoveHeaders;
  for (const std::string& name : changes.RemoveHeaders) lh::require_utf8("the header name", name);
  if (changes.Url) lh::require_utf8("the URL", *changes.Url);
  request.uri = changes.Url;
  request.recoverable = changes.Recoverable;
  static_cast<void>(lh::value_or_throw(impl_->connection->call_and_wait<>(
      "Change", lh::Repeat::Safe, parse_id(id).to_string(), lh::encode_change_request(request))));
}

std::unique_ptr<TransferSubscription> TransferService::Watch(
    const std::vector<std::string>& ids, std::function<void(const TransferEvent&)> handler) {
  std::vector<lh::TransferId> parsed = parse_ids(ids);
  if (parsed.empty()) return std::make_unique<TransferSubscription>();
  auto feed = std::make_shared<lh::EventFeed>(std::move(handler));
  auto subscription = std::make_unique<lh::FeedSubscription>(impl_->connection, feed, parsed);
  auto failure = std::make_shared<std::promise<std::optional<lh::TransferError>>>();
  // On the connection's thread, so that the present state goes before the news.
  impl_->connection->attach(
      parsed, feed, [feed, failure, parsed](const lh::Answer<std::vector<lh::Snapshot>>& found) {
        if (!found) return failure->set_value(found.error);
        std::vector<lh::TransferId> known;
        for (const lh::Snapshot& snapshot : *found.value) known.push_back(snapshot.id);
        std::ranges::sort(known);
        for (const lh::TransferId& id : parsed) {
          if (!std::ranges::binary_search(known, id)) {
            return failure->set_value(not_found(id.to_string()));
          }
        }
        for (const lh::Snapshot& snapshot : *found.value) feed->begin_with(snapshot);
        failure->set_value(std::nullopt);
      });
  if (const auto error = failure->get_future().get()) lh::throw_error(*error);
  return subscription;
}

std::unique_ptr<TransferSubscription> TransferService::WatchAll(
    bool all_apps, std::function<void(const TransferEvent&)> handler) {
  auto feed = std::make_shared<lh::EventFeed>(std::move(handler));
  auto subscription = std::make_unique<lh::FeedSubscription>(impl_->connection, feed,
                                                             std::vector<lh::TransferId>());
  auto answered = std::make_shared<std::promise<lh::Answer<lh::Nothing>>>();
  impl_->connection->watch(feed, all_apps, [answered](lh::Answer<lh::Nothing> answer) {
    answered->set_value(std::move(answer));
  });
  static_cast<void>(lh::value_or_throw(answered->get_future().get()));
  return subscription;
}

std::unique_ptr<ContentReader> TransferService::OpenContent(const std::string& id,
                                                            std::uint64_t offset) {
  lh::Snapshot unknown;
  unknown.id = parse_id(id);
  auto content =
      std::make_shared<lh::ContentFollower>(impl_->connection, std::move(unknown), offset);
  content->follow();
  content->open_and_wait();
  return std::make_unique<FollowedContent>(std::move(content));
}

ServiceStatus TransferService::Status() {
  const auto wire = std::get<0>(lh::value_or_throw(
      impl_->connection->call_and_wait<lh::WireDictionary>("Status", lh::Repeat::Safe)));
  lh::Result<lh::StatusReport> report = lh::decode_status_report(wire);
  if (!report) lh::throw_error(report.error());
  return lh::to_service_status(std::move(*report));
}

void TransferService::Reload() {
  static_cast<void>(
      lh::value_or_throw(impl_->connection->call_and_wait<>("Reload", lh::Repeat::Safe)));
}

}  // namespace longhaul
