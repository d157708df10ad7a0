// The part of TransfersAdaptor that creates downloads, one by one or as a batch.
#include <unistd.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "core/model/ftp_answer.h"
#include "core/model/spec_check.h"
#include "daemon/request_parts.h"
#include "daemon/transfers_adaptor.h"
#include "files/body_source.h"
#include "ipc/error_names.h"
#include "platform/file_ops.h"
#include "platform/system_info.h"
#include "platform/xdg_paths.h"

namespace lh {
namespace {

Error no_such_batch() {
  return {ErrorKind::Unavailable, 0, {}, {}, "the batch is not open; begin it again"};
}

Error with_index(const Error& error, std::size_t index, std::size_t count) {
  if (count == 1) return error;
  Error named = error;
  named.detail = "download " + std::to_string(index) + ": " + error.message();
  named.operation.clear();
  named.subject.clear();
  return named;
}

/// What one call creates: a spec for each item, and what is secret, an entry for all that have the
/// same.
struct Specs {
  std::vector<TransferSpec> list;
  std::vector<std::pair<SecretId, Secrets>> secrets;
  std::unordered_map<std::string, SecretId> entries;  ///< of `secrets`, as they are stored
};

/// The entry with these, which is made if there is none.
std::optional<SecretId> entry_for(Secrets wanted, Specs& specs) {
  if (wanted.empty()) return std::nullopt;
  const auto [entry, is_new] = specs.entries.try_emplace(format_secrets(wanted));
  if (is_new) {
    entry->second = random_guid();
    specs.secrets.emplace_back(entry->second, std::move(wanted));
  }
  return entry->second;
}

bool has_body(const TransferSettings& settings) {
  return !settings.body_file.empty() || settings.body;
}

/// Of the state folder: where the answers to uploads are kept.
constexpr std::string_view kResponses = "/responses";

Result<void> check_body(TransferKind kind, const TransferSettings& settings, std::size_t items) {
  if (kind == TransferKind::Upload && !has_body(settings)) {
    return invalid_argument("an upload needs something to send");
  }
  if (!settings.body) return {};
  if (!settings.body_file.empty()) return invalid_argument("a request has one body, not two");
  const bool is_one = items == 1 && !settings.batch;
  if (!is_one) return invalid_argument("a stream is the body of one request; give a file");
  return {};
}

Result<void> check_upload(const TransferSettings& settings) {
  const bool is_odd = settings.checksum || settings.batch || !settings.recoverable.empty();
  if (is_odd) return invalid_argument("a setting is for downloads only");
  return {};
}

/// What fits to the protocol and the method.
Result<void> check_request(const TransferSpec& spec, const TransferSettings& settings,
                           const Secrets& secrets) {
  const bool is_ftp = spec.uri.starts_with("ftp:");
  const bool is_upload = spec.kind == TransferKind::Upload;
  if (is_ftp && !is_upload && settings.method != "GET" && settings.method != kFtpMethod) {
    return invalid_argument("FTP has no method " + settings.method);
  }
  if (is_ftp && secrets.server && !is_one_line(*secrets.server)) {
    return invalid_argument("control characters in the user or password for an FTP server");
  }
  if (!has_body(settings)) return {};
  if (is_ftp && !is_upload) return invalid_argument("a request for an FTP file has no body");
  if (settings.method == "HEAD") return invalid_argument("a HEAD request has no body");
  return {};
}

/// The spec of one item; everything but the folder is checked.
Result<TransferSpec> make_spec(TransferKind kind, const TransferSettings& settings,
                               const std::string& app, const WireItem& item, Secrets& secrets) {
  Result<RequestAddress> address = read_address(std::get<0>(item));
  if (!address.ok()) return address.error();
  if (address->login) secrets.server = std::move(address->login);
  TransferSpec spec;
  spec.kind = kind;
  spec.app = app;
  spec.uri = std::move(address->uri);
  spec.origin = std::move(address->origin);
  if (auto checked = check_request(spec, settings, secrets); !checked) {
    return std::move(checked).error();
  }
  const bool is_ftp_download = spec.uri.starts_with("ftp:") && kind == TransferKind::Download;
  spec.method = is_ftp_download ? std::string(kFtpMethod) : settings.method;
  spec.headers = settings.headers;
  spec.proxy = settings.proxy;
  spec.ca_file = settings.ca_file;
  spec.recoverable = settings.recoverable;
  spec.target.folder = std::get<1>(item);
  spec.target.file_name = std::get<2>(item);
  // A name that the response tells was chosen by nobody here: it never replaces anything.
  spec.target.collision =
      spec.target.file_name.empty() ? Collision::MakeUnique : settings.collision;
  spec.group = settings.group;
  spec.priority = settings.priority;
  spec.cost_policy = settings.cost_policy;
  spec.checksum = settings.checksum;
  spec.upload_wish = settings.upload_wish;
  spec.keep_when_ended = settings.keep;
  if (Result<void> checked = check_spec(spec); !checked.ok()) return checked.error();
  return spec;
}

/// Takes what is secret out of the settings that all items share.
Result<Secrets> take_secrets(TransferSettings& settings) {
  Secrets secrets;
  secrets.server = std::exchange(settings.server_login, std::nullopt);
  secrets.proxy = std::exchange(settings.proxy_login, std::nullopt);
  if (secrets.proxy && !is_one_line(*secrets.proxy)) {
    return invalid_argument("control characters in the user or password for the proxy");
  }
  auto proxy = read_proxy(settings.proxy);
  if (!proxy) return std::move(proxy).error();
  settings.proxy = std::move(proxy->settings);
  secrets.proxies = std::move(proxy->logins);
  for (const HeaderField& header : settings.headers) {
    if (auto checked = check_request_header(header.name, header.value); !checked) {
      return std::move(checked).error();
    }
  }
  take_secret_headers(settings.headers, secrets);
  return secrets;
}

Result<Specs> make_specs(TransferKind kind, TransferSettings& settings, const std::string& app,
                         const std::vector<WireItem>& items) {
  if (auto body = check_body(kind, settings, items.size()); !body) return std::move(body).error();
  const auto common = take_secrets(settings);
  if (!common) return common.error();
  Specs specs;
  specs.list.reserve(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    Secrets secrets = *common;
    Result<TransferSpec> spec = make_spec(kind, settings, app, items[i], secrets);
    if (!spec.ok()) return with_index(spec.error(), i, items.size());
    spec->secret = entry_for(std::move(secrets), specs);
    specs.list.push_back(std::move(*spec));
  }
  return specs;
}

/// Those that the client has chosen, else new ones.
Result<std::vector<TransferId>> ids_for(std::vector<TransferId> chosen, std::size_t count) {
  if (chosen.empty()) {
    for (std::size_t i = 0; i < count; ++i) chosen.push_back(random_guid());
  }
  const std::unordered_set<TransferId> different(chosen.begin(), chosen.end());
  if (chosen.size() != count || different.size() != count || different.contains(Guid())) {
    return invalid_argument("the ids must be as many as the downloads, and differ");
  }
  return chosen;
}

std::vector<std::string> folders_of(const std::vector<TransferSpec>& specs) {
  std::vector<std::string> folders;
  for (const TransferSpec& spec : specs) {
    if (std::ranges::find(folders, spec.target.folder) == folders.end()) {
      folders.push_back(spec.target.folder);
    }
  }
  return folders;
}

Result<void> resolve_folders(std::vector<TransferSpec>& specs,
                             const std::vector<FolderCheck>& checks) {
  for (std::size_t i = 0; i < specs.size(); ++i) {
    Target& target = specs[i].target;
    const auto check = std::ranges::find(checks, target.folder, &FolderCheck::folder);
    if (check->error) return with_index(*check->error, i, specs.size());
    target.folder = check->resolved;
  }
  return {};
}

/// One that is not made is told by the check of it that follows.
void make_durable_folder(const std::string& path) {
  FileOps& ops = system_file_ops();
  if (ops.access(path, F_OK) == 0 || !ensure_private_folder(path)) return;
  const int parent = ops.open_folder(path.substr(0, path.rfind('/')));
  if (parent < 0) return;
  const FileHandle handle(ops, parent);
  [[maybe_unused]] const int synced = ops.fsync(parent);
}

}  // namespace

/// One call that creates transfers on its way.
struct TransfersAdaptor::Creation {
  TransferKind kind = TransferKind::Download;
  std::string app;
  std::shared_ptr<Answer<std::vector<std::string>>> answer;
  std::optional<OpenBatches::Number> batch;
  std::vector<TransferSpec> specs;
  std::vector<std::pair<SecretId, Secrets>> secrets;
  std::size_t secrets_kept = 0;  ///< of them, with the store
  std::string body_file;
  std::shared_ptr<UniqueFd> body;       ///< to be copied
  std::optional<TransferId> body_kept;  ///< the copy is there, under this id
  std::vector<TransferId> ids;
  bool start = false;
};

void TransfersAdaptor::CreateDownloads(sdbus::Result<std::vector<std::string>>&& result,
                                       Dictionary settings, std::vector<WireItem> items,
                                       bool start) {
  auto creation = std::make_shared<Creation>();
  creation->app = caller_app();
  creation->answer = share(std::move(result));
  creation->start = start;
  begin_creation(creation, settings, items);
}

void TransfersAdaptor::CreateUpload(sdbus::Result<std::vector<std::string>>&& result,
                                    Dictionary settings, std::string url, bool start) {
  auto creation = std::make_shared<Creation>();
  creation->kind = TransferKind::Upload;
  creation->app = caller_app();
  creation->answer = share(std::move(result));
  creation->start = start;
  const std::string folder = parts_.service.state_folder + std::string(kResponses);
  begin_creation(creation, settings, {{std::move(url), folder, std::string()}});
}

void TransfersAdaptor::begin_creation(const std::shared_ptr<Creation>& creation,
                                      const Dictionary& settings,
                                      const std::vector<WireItem>& items) {
  Result<TransferSettings> common = decode_settings(settings);
  if (!common.ok()) return refuse(*creation, common.error());
  if (creation->kind == TransferKind::Upload) {
    if (auto checked = check_upload(*common); !checked) return refuse(*creation, checked.error());
  }
  if (common->batch) {
    if (!batches_.begin_part(*common->batch, caller())) return refuse(*creation, no_such_batch());
    creation->batch = common->batch;
  }
  auto specs = make_specs(creation->kind, *common, creation->app, items);
  if (!specs.ok()) return refuse(*creation, specs.error());
  auto ids = ids_for(std::move(common->ids), specs->list.size());
  if (!ids.ok()) return refuse(*creation, ids.error());
  creation->specs = std::move(specs->list);
  creation->secrets = std::move(specs->secrets);
  creation->ids = std::move(*ids);
  creation->body_file = std::move(common->body_file);
  creation->body = std::move(common->body);
  if (creation->kind == TransferKind::Download) return check_folders(creation);
  Target& target = creation->specs.front().target;
  target.file_name = creation->ids.front().to_string();
  target.collision = Collision::Replace;
  parts_.inquiries.run([this, &loop = parts_.loop, creation, folder = target.folder] {
    make_durable_folder(folder);
    loop.post([this, creation] { check_folders(creation); });
  });
}

void TransfersAdaptor::check_folders(const std::shared_ptr<Creation>& creation) {
  parts_.inquiries.check_folders(folders_of(creation->specs), [this, &loop = parts_.loop, creation](
                                                                  std::vector<FolderCheck> checks) {
    loop.post([this, creation, checks = std::move(checks)] {
      if (auto resolved = resolve_folders(creation->specs, checks); !resolved.ok()) {
        return refuse(*creation, resolved.error());
      }
      keep_body(creation);
    });
  });
}

/// On a thread that may wait for the disk; a copy on one where nobody waits behind it.
void TransfersAdaptor::keep_body(const std::shared_ptr<Creation>& creation) {
  if (!creation->body && creation->body_file.empty()) return keep_secrets(creation);
  FileThread& thread = creation->body ? parts_.spooling : parts_.inquiries;
  thread.run([this, &loop = parts_.loop, &spool = parts_.spool, creation] {
    auto body = creation->body ? spool.take(creation->body->get(), creation->ids.front())
                               : inspect_body(system_file_ops(), creation->body_file);
    loop.post([this, creation, body = std::move(body)] {
      if (!body) return refuse(*creation, body.error());
      if (body->is_spooled) creation->body_kept = creation->ids.front();
      for (TransferSpec& spec : creation->specs) spec.body = *body;
      keep_secrets(creation);
    });
  });
}

/// One after the other; then the rows that refer to them may be written.
void TransfersAdaptor::keep_secrets(const std::shared_ptr<Creation>& creation) {
  if (creation->secrets_kept == creation->secrets.size()) return create(creation);
  auto& [id, secrets] = creation->secrets[creation->secrets_kept];
  parts_.secrets.put(id, std::move(secrets),
                     [this, &loop = parts_.loop, creation](const Result<void>& kept) {
                       loop.post([this, creation, kept] {
                         if (!kept.ok()) return refuse(*creation, kept.error());
                         ++creation->secrets_kept;
                         keep_secrets(creation);
                       });
                     });
}

void TransfersAdaptor::create(const std::shared_ptr<Creation>& creation) {
  auto done = [this, creation](const Result<std::vector<TransferId>>& created) {
    if (!created.ok()) return refuse(*creation, created.error());
    if (creation->batch) batches_.end_part(*creation->batch, true);
    std::vector<std::string> texts;
    texts.reserve(created->size());
    for (const TransferId& id : *created) texts.push_back(id.to_string());
    creation->answer->returnResults(texts);
  };
  if (!creation->batch) {
    return parts_.manager.create(std::move(creation->specs), creation->start,
                                 std::move(creation->ids), std::move(done));
  }
  // The client may have left meanwhile.
  if (!batches_.is_open(*creation->batch)) return refuse(*creation, no_such_batch());
  auto& kept = batch_secrets_[*creation->batch];
  for (const auto& [id, secrets] : creation->secrets) kept.push_back(id);
  parts_.manager.stage(*creation->batch, std::move(creation->specs), creation->start,
                       std::move(creation->ids), std::move(done));
}

void TransfersAdaptor::refuse(const Creation& creation, const Error& why) {
  // After a failed commit, the rows may be there all the same: the next start knows.
  if (why.kind != ErrorKind::Store) drop_kept(creation);
  if (creation.batch) batches_.end_part(*creation.batch, false);
  creation.answer->returnError(to_bus_error(why));
}

/// What was kept for a creation that was refused.
void TransfersAdaptor::drop_kept(const Creation& creation) {
  // Also the one whose storing has failed: it may be there all the same.
  for (std::size_t i = 0; i < creation.secrets.size() && i <= creation.secrets_kept; ++i) {
    parts_.secrets.erase(creation.secrets[i].first);
  }
  if (creation.body_kept) {
    parts_.spooling.run([&spool = parts_.spool, id = *creation.body_kept] { spool.erase(id); });
  }
}

void TransfersAdaptor::drop_batch(OpenBatches::Number batch) {
  parts_.manager.drop(batch);
  for (const SecretId& secret : batch_secrets_[batch]) parts_.secrets.erase(secret);
  batch_secrets_.erase(batch);
}

std::uint64_t TransfersAdaptor::BeginBatch() {
  require_hello();
  const auto batch = batches_.begin(caller());
  if (!batch) {
    throw to_bus_error(
        Error{ErrorKind::Quota, 0, {}, {}, "too many batches are open; end some of them first"});
  }
  return *batch;
}

void TransfersAdaptor::EndBatch(sdbus::Result<std::uint64_t>&& result, std::uint64_t batch,
                                bool publish) {
  const auto answer = share(std::move(result));
  const OpenBatches::Ended ended = batches_.end(batch, caller());
  if (!ended.was_open) return answer->returnError(to_bus_error(no_such_batch()));
  if (!publish || !ended.whole) {
    drop_batch(batch);
    if (!publish) return answer->returnResults(0);
    return answer->returnError(to_bus_error(invalid_argument(
        "a part of the batch was refused, or is not answered yet; nothing was created")));
  }
  parts_.manager.publish(batch, [this, batch, answer](const Result<std::uint64_t>& published) {
    if (!published.ok()) {
      drop_batch(batch);
      return answer->returnError(to_bus_error(published.error()));
    }
    batch_secrets_.erase(batch);
    answer->returnResults(*published);
  });
}

void TransfersAdaptor::gone(const std::string& client) {
  for (const OpenBatches::Number batch : batches_.gone(client)) drop_batch(batch);
}

}  // namespace lh
