#include "daemon/transfers_adaptor.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <unordered_set>
#include <utility>

#include "core/model/spec_check.h"
#include "core/model/web_error.h"
#include "daemon/snapshots.h"
#include "files/partial_file.h"
#include "ipc/error_names.h"
#include "ipc/names.h"
#include "platform/log.h"
#include "platform/system_info.h"
#include "platform/unique_fd.h"
#include "uri/uri_reader.h"

namespace lh {
namespace {

constexpr std::uint32_t kLongestPage = 1000;
/// Changes in one signal: keeps messages far below the bus's limits.
constexpr std::size_t kChangesPerSignal = 500;

Error no_such_transfer() {
  return Error{ErrorKind::NotFound, 0, {}, {}, "there is no such transfer"};
}

/// In the order given, each once.
Result<std::vector<TransferId>> parse_ids(const std::vector<std::string>& texts) {
  std::vector<TransferId> ids;
  ids.reserve(texts.size());
  std::unordered_set<TransferId> seen;
  for (const std::string& text : texts) {
    const std::optional<Guid> id = Guid::parse(text);
    if (!id) return invalid_argument("\"" + text + "\" is not a transfer id");
    if (seen.insert(*id).second) ids.push_back(*id);
  }
  return ids;
}

std::optional<ControlVerb> parse_verb(std::string_view text) {
  if (text == bus::verb::kStart) return ControlVerb::Start;
  if (text == bus::verb::kPause) return ControlVerb::Pause;
  if (text == bus::verb::kResume) return ControlVerb::Resume;
  if (text == bus::verb::kCancel) return ControlVerb::Cancel;
  if (text == bus::verb::kForget) return ControlVerb::Forget;
  if (text == bus::verb::kCollect) return ControlVerb::Collect;
  return std::nullopt;
}

/// Phases in which an operation may show one of these statuses; empty: all.
std::vector<Phase> phases_of(const std::vector<BackgroundTransferStatus>& statuses) {
  std::vector<Phase> phases;
  const auto add = [&phases](std::initializer_list<Phase> more) {
    for (const Phase phase : more) {
      if (std::ranges::find(phases, phase) == phases.end()) phases.push_back(phase);
    }
  };
  for (const BackgroundTransferStatus status : statuses) {
    switch (status) {
      case BackgroundTransferStatus::Idle:
        add({Phase::Created, Phase::Queued});
        break;
      case BackgroundTransferStatus::Running:
        add({Phase::Queued, Phase::RetryAt, Phase::Finishing, Phase::PausedByApp});
        break;
      case BackgroundTransferStatus::PausedByApplication:
        add({Phase::PausedByApp});
        break;
      case BackgroundTransferStatus::PausedCostedNetwork:
      case BackgroundTransferStatus::PausedNoNetwork:
        add({Phase::Queued, Phase::RetryAt});
        break;
      case BackgroundTransferStatus::Completed:
        add({Phase::Completed});
        break;
      case BackgroundTransferStatus::Canceled:
        add({Phase::Canceled});
        break;
      case BackgroundTransferStatus::Error:
        add({Phase::Failed});
        break;
      case BackgroundTransferStatus::PausedRecoverableWebErrorStatus:
        add({Phase::PausedRecoverable});
        break;
      case BackgroundTransferStatus::PausedSystemPolicy:
        add({Phase::Queued, Phase::RetryAt, Phase::DiskFull});
        break;
    }
  }
  return phases;
}

std::vector<WireSnapshot> encode_all(std::vector<Snapshot> snapshots) {
  std::vector<WireSnapshot> wire;
  wire.reserve(snapshots.size());
  for (Snapshot& snapshot : snapshots) wire.push_back(encode_snapshot(std::move(snapshot)));
  return wire;
}

}  // namespace

TransfersAdaptor::TransfersAdaptor(sdbus::IConnection& connection, Parts parts, Hooks hooks)
    : AdaptorInterfaces(connection, bus::kPath),
      parts_(parts),
      hooks_(std::move(hooks)),
      batches_(random_number),
      answering_(std::make_shared<Answering>(parts_.attachments, hooks_.unsent)) {
  registerAdaptor();
}

TransfersAdaptor::~TransfersAdaptor() {
  unregisterAdaptor();
}

std::string TransfersAdaptor::caller() {
  hooks_.called();
  return getObject().getCurrentlyProcessedMessage()->getSender();
}

std::string TransfersAdaptor::caller_app() {
  std::string app = parts_.attachments.app_of(caller());
  if (app.empty()) {
    throw to_bus_error(
        Error{ErrorKind::IllegalState, 0, {}, {}, "call Hello with your app id first"});
  }
  return app;
}

void TransfersAdaptor::send(const std::string& client, const std::vector<lh::Change>& changes) {
  for (std::size_t from = 0; from < changes.size(); from += kChangesPerSignal) {
    const std::size_t to = std::min(changes.size(), from + kChangesPerSignal);
    std::vector<WireChange> wire;
    wire.reserve(to - from);
    for (std::size_t i = from; i < to; ++i) wire.push_back(encode_change(changes[i]));
    try {
      sdbus::Signal signal = getObject().createSignal(bus::kInterface, "Changed");
      signal << wire;
      signal.setDestination(client);
      getObject().emitSignal(signal);
    } catch (const sdbus::Error& error) {
      return hooks_.unsent(error);
    }
  }
}

TransfersAdaptor::Dictionary TransfersAdaptor::Hello(const std::string& app,
                                                     const Dictionary& options) {
  const std::string client = caller();
  if (app.empty() || app.size() > 255 || !is_safe_field_value(app)) {
    throw to_bus_error(
        invalid_argument("an app id has 1 to 255 characters, none of them a line break"));
  }
  if (!options.empty()) {
    throw to_bus_error(
        invalid_argument("Hello knows no option \"" + options.begin()->first + "\""));
  }
  parts_.attachments.hello(client, app);
  hooks_.met(client);
  HelloReply reply;
  reply.version = parts_.service.version;
  reply.pid = parts_.service.pid;
  reply.since = parts_.service.since;
  reply.state_folder = parts_.service.state_folder;
  return encode_hello(reply);
}

void TransfersAdaptor::Control(sdbus::Result<std::vector<WireRefusal>>&& result, std::string verb,
                               std::vector<std::string> ids, Dictionary options) {
  require_hello();
  const std::optional<ControlVerb> known = parse_verb(verb);
  if (!known)
    return result.returnError(to_bus_error(invalid_argument("there is no verb \"" + verb + "\"")));
  if (!options.empty()) {
    return result.returnError(to_bus_error(
        invalid_argument(verb + " knows no option \"" + options.begin()->first + "\"")));
  }
  const Result<std::vector<TransferId>> parsed = parse_ids(ids);
  if (!parsed.ok()) return result.returnError(to_bus_error(parsed.error()));
  parts_.manager.control(
      *known, *parsed, [answer = share(std::move(result))](std::vector<RefusedTransfer> refused) {
        std::vector<WireRefusal> wire;
        wire.reserve(refused.size());
        for (const RefusedTransfer& one : refused) {
          wire.emplace_back(one.id.to_string(), one.error.hresult, one.error.message);
        }
        answer->returnResults(wire);
      });
}

void TransfersAdaptor::Attach(sdbus::Result<std::vector<WireSnapshot>>&& result,
                              std::vector<std::string> ids) {
  require_hello();
  const std::string client = caller();
  const Result<std::vector<TransferId>> parsed = parse_ids(ids);
  if (!parsed.ok()) return result.returnError(to_bus_error(parsed.error()));
  parts_.attachments.attach(client, *parsed);
  parts_.manager.snapshots(*parsed,
                           [this, client, parsed = *parsed,
                            answer = share(std::move(result))](std::vector<Snapshot> snapshots) {
                             if (snapshots.size() < parsed.size())
                               detach_unknown(client, parsed, snapshots);
                             answer->returnResults(encode_all(std::move(snapshots)));
                           });
}

void TransfersAdaptor::detach_unknown(const std::string& client, const std::vector<TransferId>& ids,
                                      const std::vector<Snapshot>& known) {
  std::unordered_set<TransferId> existing;
  for (const Snapshot& snapshot : known) existing.insert(snapshot.id);
  std::vector<TransferId> unknown;
  for (const TransferId& id : ids) {
    if (!existing.contains(id)) unknown.push_back(id);
  }
  parts_.attachments.detach(client, unknown);
}

void TransfersAdaptor::Detach(const std::vector<std::string>& ids) {
  const std::string client = caller();
  const Result<std::vector<TransferId>> parsed = parse_ids(ids);
  if (!parsed.ok()) throw to_bus_error(parsed.error());
  parts_.attachments.detach(client, *parsed);
  hooks_.called();
}

void TransfersAdaptor::Watch(const bool& on, const bool& all_apps) {
  require_hello();
  parts_.attachments.watch(caller(), on, all_apps);
  hooks_.called();
}

void TransfersAdaptor::List(sdbus::Result<std::vector<WireSnapshot>>&& result, Dictionary filter,
                            std::uint64_t after, std::uint32_t limit) {
  const std::string app = caller_app();
  Result<ListRequest> request = decode_list_request(filter);
  if (!request.ok()) return result.returnError(to_bus_error(request.error()));
  TransferManager::ListWish wish;
  if (!request->all_apps) wish.filter.app = request->app.value_or(app);
  wish.filter.group = std::move(request->group);
  wish.filter.id_prefix = std::move(request->id_prefix);
  wish.filter.phases = phases_of(request->statuses);
  wish.statuses = std::move(request->statuses);
  wish.after = after;
  wish.limit = std::clamp(limit, 1U, kLongestPage);
  parts_.manager.list(std::move(wish),
                      [answer = share(std::move(result))](Result<std::vector<Snapshot>> page) {
                        if (!page.ok()) return answer->returnError(to_bus_error(page.error()));
                        answer->returnResults(encode_all(std::move(*page)));
                      });
}

void TransfersAdaptor::Details(sdbus::Result<Dictionary>&& result, std::string id) {
  require_hello();
  const std::optional<Guid> parsed = Guid::parse(id);
  if (!parsed) return result.returnError(to_bus_error(no_such_transfer()));
  parts_.manager.show(
      *parsed, [answer = share(std::move(result))](std::optional<TransferManager::Shown> shown) {
        if (!shown) return answer->returnError(to_bus_error(no_such_transfer()));
        answer->returnResults(encode_details(shown->details));
      });
}

void TransfersAdaptor::OpenContent(sdbus::Result<sdbus::UnixFd>&& result, std::string id) {
  require_hello();
  const std::optional<Guid> parsed = Guid::parse(id);
  if (!parsed) return result.returnError(to_bus_error(no_such_transfer()));
  open_content(*parsed, [answer = share(std::move(result))](Result<UniqueFd> content) {
    if (!content.ok()) return answer->returnError(to_bus_error(content.error()));
    answer->returnResults(sdbus::UnixFd(content->release(), sdbus::adopt_fd));
  });
}

void TransfersAdaptor::open_content(const TransferId& id,
                                    std::function<void(Result<UniqueFd>)> done,
                                    const std::string& not_there) {
  parts_.manager.show(id, [this, id, done = std::move(done),
                           not_there](std::optional<TransferManager::Shown> shown) {
    if (!shown) return done(no_such_transfer());
    const bool completed = shown->transfer.state.phase == Phase::Completed;
    const std::string path = completed
                                 ? result_path(shown->transfer)
                                 : shown->transfer.spec.target.folder + "/" + partial_file_name(id);
    // What the file may still hold is void.
    if (!completed && shown->snapshot.bytes_received == 0) {
      return done(file_error(ENODATA, "read", path));
    }
    if (path == not_there) {
      // It may be on its way to its final name.
      if (parts_.manager.after_file_work(id, [this, id, done] { open_content(id, done); })) return;
      return done(file_error(ENOENT, "open", path));
    }
    // Opening may wait for a disk: not here.
    parts_.inquiries.run([this, id, done, path, completed, restarts = shown->snapshot.restarts] {
      const int follow = completed ? 0 : O_NOFOLLOW;  // a partial file of ours is no link
      auto content = std::make_shared<UniqueFd>(
          ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | follow));
      const int failure = *content ? 0 : errno;
      parts_.loop.post([this, id, done, content, failure, path, restarts] {
        if (failure == ENOENT) return open_content(id, done, path);
        if (failure != 0) return done(file_error(failure, "open", path));
        hand_out(id, restarts, content, done);
      });
    });
  });
}

/// A download that began anew meanwhile has another file now: what is told of that one must not be
/// read from this one.
void TransfersAdaptor::hand_out(const TransferId& id, std::uint32_t restarts,
                                const std::shared_ptr<UniqueFd>& content,
                                const std::function<void(Result<UniqueFd>)>& done) {
  parts_.manager.show(
      id, [this, id, restarts, content, done](std::optional<TransferManager::Shown> shown) {
        if (!shown) return done(no_such_transfer());
        struct stat is{};
        if (::fstat(content->get(), &is) != 0 || !S_ISREG(is.st_mode)) {
          return done(file_error(EINVAL, "read", shown->snapshot.file));
        }
        if (shown->snapshot.restarts != restarts) return open_content(id, done);
        done(std::move(*content));
      });
}

void TransfersAdaptor::Status(sdbus::Result<Dictionary>&& result) {
  hooks_.called();
  parts_.manager.count([this, answer = share(std::move(result))](Result<StatusCounts> counts) {
    if (!counts.ok()) return answer->returnError(to_bus_error(counts.error()));
    StatusReport report =
        make_status_report(parts_.service, parts_.manager.facts(), *counts, parts_.secrets.place());
    report.spool_max = parts_.spool.limit();
    answer->returnResults(encode_status_report(report));
  });
}

void TransfersAdaptor::Reload() {
  hooks_.called();
  if (const Result<void> reloaded = hooks_.reload(); !reloaded.ok())
    throw to_bus_error(reloaded.error());
}

}  // namespace lh
