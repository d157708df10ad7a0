#include "daemon/attachments.h"

#include <algorithm>
#include <utility>

namespace lh {

void Attachments::hello(const ClientName& client, std::string app) {
  clients_[client].app = std::move(app);
}

std::string Attachments::app_of(const ClientName& client) const {
  const auto it = clients_.find(client);
  return it == clients_.end() ? std::string() : it->second.app;
}

void Attachments::attach(const ClientName& client, const std::vector<TransferId>& ids) {
  Client& entry = clients_[client];
  for (const TransferId& id : ids) {
    if (entry.attached.insert(id).second) attached_to_[id].push_back(client);
  }
}

void Attachments::detach(const ClientName& client, const std::vector<TransferId>& ids) {
  const auto it = clients_.find(client);
  if (it == clients_.end()) return;
  for (const TransferId& id : ids) {
    if (it->second.attached.erase(id) == 0) continue;
    const auto names = attached_to_.find(id);
    std::erase(names->second, client);
    if (names->second.empty()) attached_to_.erase(names);
  }
}

void Attachments::watch(const ClientName& client, bool on, bool all_apps) {
  Client& entry = clients_[client];
  entry.watches_app = on && !all_apps;
  entry.watches_all = on && all_apps;
}

void Attachments::created(const ClientName& client, const std::vector<TransferId>& ids) {
  const auto it = clients_.find(client);
  if (it != clients_.end()) it->second.created.insert(ids.begin(), ids.end());
}

void Attachments::gone(const ClientName& client) {
  const auto it = clients_.find(client);
  if (it == clients_.end()) return;
  const std::vector<TransferId> all(it->second.attached.begin(), it->second.attached.end());
  detach(client, all);
  clients_.erase(client);
  with_news_.erase(client);
}

std::vector<TransferId> Attachments::attached() const {
  std::vector<TransferId> ids;
  ids.reserve(attached_to_.size());
  for (const auto& [id, names] : attached_to_) ids.push_back(id);
  return ids;
}

bool Attachments::any() const {
  return std::ranges::any_of(clients_, [](const auto& item) {
    const Client& client = item.second;
    return !client.attached.empty() || client.watches_app || client.watches_all;
  });
}

bool Attachments::any_watches() const {
  return std::ranges::any_of(clients_, [](const auto& item) {
    return item.second.watches_app || item.second.watches_all;
  });
}

bool Attachments::has_listeners(const TransferId& id, const std::string& app) const {
  if (attached_to_.contains(id)) return true;
  return std::ranges::any_of(clients_, [&app](const auto& item) {
    const Client& client = item.second;
    return client.watches_all || (client.watches_app && client.app == app);
  });
}

bool Attachments::is_attended(const TransferId& id, const std::string& app) const {
  return has_listeners(id, app) || std::ranges::any_of(clients_, [&id](const auto& item) {
           return item.second.created.contains(id);
         });
}

void Attachments::tell(const Change& change) {
  for (auto& [name, client] : clients_) {
    const bool listens = client.watches_all ||
                         (client.watches_app && client.app == change.snapshot.app) ||
                         client.attached.contains(change.snapshot.id);
    if (listens) queue(name, client, change);
  }
}

void Attachments::queue(const ClientName& name, Client& client, const Change& change) {
  const TransferId& id = change.snapshot.id;
  const bool is_progress =
      change.what == Change::What::Progress && !change.restarted && !change.response_changed;
  const auto merged = client.last_progress.find(id);
  if (is_progress && merged != client.last_progress.end()) {
    client.news[merged->second] = change;
    return;
  }
  if (is_progress) {
    client.last_progress[id] = client.news.size();
  } else if (merged != client.last_progress.end()) {
    client.last_progress.erase(merged);
  }
  client.news.push_back(change);
  with_news_.insert(name);
}

void Attachments::flush() {
  for (const ClientName& name : std::exchange(with_news_, {})) {
    const auto it = clients_.find(name);
    if (it == clients_.end()) continue;
    it->second.last_progress.clear();
    send_(name, std::exchange(it->second.news, {}));
  }
}

}  // namespace lh
