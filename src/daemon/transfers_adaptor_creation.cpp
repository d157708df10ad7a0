// The part of TransfersAdaptor that creates transfers, one by one or as a batch.
#include <unistd.h>

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "daemon/snapshots.h"
#include "daemon/transfer_specs.h"
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
  std::string client;  ///< that asks
  std::string app;
  std::shared_ptr<Answer<std::vector<std::string>>> answer;
  std::optional<OpenBatches::Number> batch;
  std::vector<TransferSpec> specs;
  std::vector<std::pair<SecretId, Secrets>> secrets;
  std::size_t secrets_kept = 0;  ///< of them, with the store
  std::string body_file;
  std::shared_ptr<UniqueFd> body;       ///< to be copied
  BodyParts parts;                      ///< to be laid out
  bool tells_digest = false;            ///< of the body
  std::optional<TransferId> body_kept;  ///< the copy or the layout is there, under this id
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
  creation->client = caller();
  creation->app = caller_app();
  creation->answer = share(std::move(result));
  creation->start = start;
  const std::string folder = answers_folder_of(parts_.service.state_folder);
  begin_creation(creation, settings, {{std::move(url), folder, std::string()}});
}

void TransfersAdaptor::begin_creation(const std::shared_ptr<Creation>& creation,
                                      const Dictionary& settings,
                                      const std::vector<WireItem>& items) {
  Result<TransferSettings> common = decode_settings(settings);
  if (!common.ok()) return refuse(*creation, common.error());
  if (common->batch) {
    if (creation->kind == TransferKind::Upload) {
      return refuse(*creation, invalid_argument("an upload is no part of a batch"));
    }
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
  creation->parts = take_parts(*common);
  creation->tells_digest = common->tells_digest;
  if (creation->kind == TransferKind::Upload) return make_folder_for_answer(creation);
  check_folders(creation);
}

void TransfersAdaptor::make_folder_for_answer(const std::shared_ptr<Creation>& creation) {
  Target& target = creation->specs.front().target;
  target.file_name = creation->ids.front().to_string();
  target.collision = Collision::Replace;
  // Checks of folders go before other work: what is only asked for would not be there yet.
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

/// On a thread that may wait for the disk; a copy or a layout on one where nobody waits behind it.
void TransfersAdaptor::keep_body(const std::shared_ptr<Creation>& creation) {
  const bool is_spooled = creation->body || !creation->parts.list.empty();
  if (!is_spooled && creation->body_file.empty()) return keep_secrets(creation);
  const bool takes_long = is_spooled || creation->tells_digest;
  FileThread& thread = takes_long ? parts_.spooling : parts_.inquiries;
  thread.run([this, &loop = parts_.loop, &spool = parts_.spool, creation] {
    Result<KeptBody> body = keep(spool, *creation);
    loop.post([this, creation, body = std::move(body)] {
      if (!body) return refuse(*creation, body.error());
      if (body->file.is_spooled) creation->body_kept = creation->ids.front();
      for (TransferSpec& spec : creation->specs) {
        spec.body = body->file;
        if (body->digest) spec.checksum = body->digest;
        add_content_type(body->content_type, spec.headers);
      }
      keep_secrets(creation);
    });
  });
}

Result<KeptBody> TransfersAdaptor::keep(Spool& spool, const Creation& creation) {
  Result<KeptBody> kept = keep_content(spool, creation);
  if (!kept || !creation.tells_digest) return kept;
  Result<Checksum> digest = digest_of(kept->file);
  if (!digest && kept->file.is_spooled) spool.erase(creation.ids.front());
  if (!digest) return std::move(digest).error();
  kept->digest = std::move(*digest);
  return kept;
}

Result<KeptBody> TransfersAdaptor::keep_content(Spool& spool, const Creation& creation) {
  const TransferId& id = creation.ids.front();
  if (!creation.parts.list.empty()) return lay_out(spool, creation.parts, id);
  Result<RequestBody> body = creation.body ? spool.take(creation.body->get(), id)
                                           : inspect_body(system_file_ops(), creation.body_file);
  if (!body) return std::move(body).error();
  return KeptBody{std::move(*body), {}, {}};
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
    if (creation->kind == TransferKind::Upload) {
      parts_.attachments.created(creation->client, *created);
    }
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
