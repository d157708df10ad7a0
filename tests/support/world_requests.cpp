#include <algorithm>
#include <memory>

#include "core/model/status_name.h"
#include "daemon/snapshots.h"
#include "support/world.h"

// What is asked of the service, and what is looked up.
namespace lh::sim {
namespace {

std::string_view verb_name(ControlVerb verb) {
  switch (verb) {
    case ControlVerb::Start:
      return "start";
    case ControlVerb::Pause:
      return "pause";
    case ControlVerb::Resume:
      return "resume";
    case ControlVerb::Cancel:
      return "cancel";
    case ControlVerb::Forget:
      return "forget";
    case ControlVerb::Collect:
      return "collect";
  }
  return "?";
}

}  // namespace

TransferId World::new_id() {
  ++last_id_;
  Guid::Bytes bytes{};
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[15 - i] = static_cast<std::uint8_t>(last_id_ >> (8 * i));
  }
  bytes[6] = 0x40;
  return Guid(bytes);
}

std::size_t World::request(const std::string& what) {
  note([&] { return what; });
  return witness.asked(what);
}

TransferSpec World::make_spec(const std::string& app, ByteCount size, const DownloadWish& wish) {
  ++last_file_;
  const std::string name = "file-" + std::to_string(last_file_);
  TransferSpec spec;
  spec.app = app;
  spec.uri = wish.uri;
  if (spec.uri.empty()) {
    spec.uri = "http://" + wish.host + "/" + name;
    ServedFile file = wish.file;
    file.size = size;
    server.serve(spec.uri, std::move(file));
  }
  spec.origin = spec.uri.substr(0, spec.uri.find('/', 7));
  spec.target.folder = "/home/user";
  spec.target.file_name = wish.file_name.empty() ? name : wish.file_name;
  spec.target.collision = wish.collision;
  spec.priority = wish.priority;
  spec.cost_policy = wish.cost_policy;
  spec.keep_when_ended = wish.keep_when_ended;
  if (wish.with_stream) spec.body = {.file = "/body", .is_spooled = true, .stamp = {}};
  if (last_file_ % 2 == 0) spec.secret = *secrets.insert(new_id()).first;
  if (wish.with_checksum) spec.checksum = checksum_of(server.file(spec.uri).content);
  return spec;
}

void World::note_secrets(const std::vector<TransferId>& ids,
                         const std::vector<TransferSpec>& specs) {
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (specs[i].secret) secret_of_[ids[i]] = *specs[i].secret;
  }
}

void World::give_body(const std::vector<TransferId>& ids, std::vector<TransferSpec>& specs) {
  if (specs.size() != 1) return;
  auto& body = specs.front().body;
  if (!body && last_file_ % 3 == 0) {
    body = {.file = "/body", .is_spooled = last_file_ % 2 != 0, .stamp = {}};
  }
  if (!body || !body->is_spooled) return;
  bodies.insert(ids.front());
  spooled_.insert(ids.front());
}

void World::ask_create(const std::string& app, std::vector<TransferSpec> specs, bool start,
                       bool attach_too, Created done) {
  std::vector<TransferId> ids;
  for (std::size_t i = 0; i < specs.size(); ++i) ids.push_back(new_id());
  note_secrets(ids, specs);
  give_body(ids, specs);
  const std::size_t asked = request("create " + short_name(ids.front()) + " x" +
                                    std::to_string(ids.size()) + (start ? ", started" : ""));
  const TransferId first = ids.front();
  manager_->create(std::move(specs), start, std::move(ids),
                   [this, asked, app, attach_too, first,
                    done = std::move(done)](Result<std::vector<TransferId>> created) {
                     witness.answered(asked);
                     if (!created.ok() && bodies.contains(first)) drop_body(first);
                     if (created.ok()) {
                       for (const TransferId& id : *created) {
                         witness.created(id);
                         if (attach_too) attach(app, id);
                       }
                     }
                     if (done) done(std::move(created));
                   });
}

void World::watch(const std::string& client) {
  watcher_ = client;
  if (!manager_) return;
  attachments_->hello(client, "org.example.watcher");
  attachments_->watch(client, true, true);
  witness.watched(client);
}

void World::ask_batch(std::vector<std::vector<TransferSpec>> parts, bool start, bool publish,
                      Created done) {
  struct Batch {
    std::uint64_t number = 0;
    std::size_t open = 0;
    bool publish = false;
    std::vector<TransferId> ids;
    Created done;
  };
  auto batch =
      std::make_shared<Batch>(Batch{++last_batch_, parts.size(), publish, {}, std::move(done)});
  for (std::vector<TransferSpec>& part : parts) {
    std::vector<TransferId> ids;
    for (std::size_t i = 0; i < part.size(); ++i) ids.push_back(new_id());
    batch->ids.insert(batch->ids.end(), ids.begin(), ids.end());
    note_secrets(ids, part);
    const std::size_t asked = request("stage " + short_name(ids.front()) + " x" +
                                      std::to_string(ids.size()) + (start ? ", started" : ""));
    manager_->stage(batch->number, std::move(part), start, std::move(ids),
                    [this, asked, batch](const Result<std::vector<TransferId>>& staged) {
                      witness.answered(asked);
                      if (!staged.ok()) batch->publish = false;
                      if (--batch->open > 0) return;
                      if (!batch->publish) return manager_->drop(batch->number);
                      publish_batch(batch->number, batch->ids, batch->done);
                    });
  }
}

void World::publish_batch(std::uint64_t batch, const std::vector<TransferId>& ids,
                          const Created& done) {
  const std::size_t asked = request("publish a batch of " + std::to_string(ids.size()));
  manager_->publish(batch, [this, asked, batch, ids, done](const Result<std::uint64_t>& count) {
    witness.answered(asked);
    if (count.ok()) {
      for (const TransferId& id : ids) witness.created(id);
    } else {
      manager_->drop(batch);
    }
    if (!done) return;
    done(count.ok() ? Result<std::vector<TransferId>>(ids)
                    : Result<std::vector<TransferId>>(count.error()));
  });
}

void World::ask(ControlVerb verb, const TransferId& id, Answered done) {
  const std::string name(verb_name(verb));
  const std::size_t asked = request(name + " " + short_name(id));
  if (verb == ControlVerb::Forget || verb == ControlVerb::Collect) witness.erase_asked(id);
  manager_->control(
      verb, {id},
      [this, asked, id, name, done = std::move(done)](const std::vector<RefusedTransfer>& refused) {
        witness.answered(asked);
        note([&] {
          return "  answer " + name + " " + short_name(id) +
                 (refused.empty() ? ": ok" : ": " + refused.front().error.message);
        });
        if (refused.empty()) witness.accepted(id, name);
        if (!done) return;
        done(refused.empty() ? std::nullopt : std::optional(refused.front().error));
      });
}

void World::ask_all(ControlVerb verb, const std::vector<TransferId>& ids) {
  const std::string name(verb_name(verb));
  const std::size_t asked = request(name + " " + std::to_string(ids.size()) + " at once");
  manager_->control(verb, ids,
                    [this, asked, ids, name](const std::vector<RefusedTransfer>& refused) {
                      witness.answered(asked);
                      note([&] {
                        return "  answer " + name + " of " + std::to_string(ids.size()) + ": " +
                               std::to_string(refused.size()) + " refused";
                      });
                      for (const TransferId& id : ids) {
                        const bool was_refused =
                            std::ranges::find(refused, id, &RefusedTransfer::id) != refused.end();
                        if (!was_refused) witness.accepted(id, name);
                      }
                    });
}

void World::ask_change(const TransferId& id, WishedChange wish, Answered done) {
  const std::size_t asked = request("change " + short_name(id));
  manager_->change(id, std::move(wish),
                   [this, asked, done = std::move(done)](std::optional<TransferError> error) {
                     witness.answered(asked);
                     if (done) done(std::move(error));
                   });
}

void World::attach(const std::string& app, const TransferId& id) {
  wanted_attachments_.emplace(app, id);
  attachments_->hello(app, app);
  attachments_->attach(app, {id});
  const std::size_t asked = request("attach " + short_name(id));
  witness.attached(app, id);
  manager_->snapshots({id}, [this, asked, app, id](const std::vector<Snapshot>& snapshots) {
    witness.answered(asked);
    if (snapshots.empty()) return detach(app, id);
    attachments_->flush();
    note([&] {
      return "  shown " + short_name(id) + " " + std::string(status_name(snapshots[0].status));
    });
    witness.shown(app, snapshots.front());
  });
}

void World::detach(const std::string& app, const TransferId& id) {
  wanted_attachments_.erase({app, id});
  attachments_->detach(app, {id});
  witness.detached(app, id);
}

void World::ask_list() {
  const std::size_t asked = request("list");
  manager_->list({}, [this, asked](const Result<std::vector<Snapshot>>& page) {
    witness.answered(asked);
    if (!page.ok()) return;
    for (const Snapshot& snapshot : *page) witness.listed(snapshot);
  });
}

std::vector<Snapshot> World::list(TransferManager::ListWish wish) {
  std::vector<Snapshot> all;
  for (bool more = true; more;) {
    more = false;
    manager_->list(wish, [&](const Result<std::vector<Snapshot>>& page) {
      if (!page.ok() || page->empty()) return;
      all.insert(all.end(), page->begin(), page->end());
      wish.after = page->back().sequence;
      more = true;
    });
    settle();
  }
  return all;
}

Snapshot World::snapshot(const TransferId& id) {
  Snapshot found;
  manager_->snapshots({id}, [&found](const std::vector<Snapshot>& snapshots) {
    if (!snapshots.empty()) found = snapshots.front();
  });
  settle();
  return found;
}

bool World::has_right_file(const TransferId& id) {
  const Transfer* const row = store.find(id);
  if (row == nullptr) return false;
  const auto file = disk.durable_target(result_path(*row));
  const ServedFile& served = server.file(row->spec.uri);
  return file && file->image.size() == served.size &&
         file->image.version_of(served.size) == served.content;
}

ServedFile& World::served(const TransferId& id) {
  return server.file(store.find(id)->spec.uri);
}

void World::break_connection(const TransferId& id) {
  const auto* const attempt = engine.find(id);
  if (attempt != nullptr) {
    engine.break_off(attempt->plan.attempt, ScriptedEngine::Break::Reset);
  }
  settle();
}

}  // namespace lh::sim
