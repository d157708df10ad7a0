#pragma once

#include <functional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/model/snapshot.h"

namespace lh {

/// Who watches what, and what they were not told yet. News goes to those who asked for it and to
/// nobody else. Byte reports of one operation are merged, nothing else is dropped, and the order of
/// one client's news is the order of events. Main loop only.
class Attachments {
 public:
  using ClientName = std::string;  ///< unique name on the bus
  /// Sends news to one client.
  using Send = std::function<void(const ClientName&, const std::vector<Change>&)>;

  explicit Attachments(Send send) : send_(std::move(send)) {}

  void hello(const ClientName& client, std::string app);
  /// The app the client named; empty if it has not said hello.
  [[nodiscard]] std::string app_of(const ClientName& client) const;

  void attach(const ClientName& client, const std::vector<TransferId>& ids);
  void detach(const ClientName& client, const std::vector<TransferId>& ids);
  void watch(const ClientName& client, bool on, bool all_apps);
  /// What it has created is attended as long as it is there, also if it did not attach (yet).
  void created(const ClientName& client, const std::vector<TransferId>& ids);
  /// The client has left the bus.
  void gone(const ClientName& client);

  /// Anybody attached or watching (the service stays for them).
  [[nodiscard]] bool any() const;
  /// Anybody hears of whatever comes to be.
  [[nodiscard]] bool any_watches() const;
  [[nodiscard]] bool has_listeners(const TransferId& id, const std::string& app) const;
  /// R86: whether a session is there that would see what becomes of it.
  [[nodiscard]] bool is_attended(const TransferId& id, const std::string& app) const;

  /// Everything that anybody attached to.
  [[nodiscard]] std::vector<TransferId> attached() const;

  void tell(const Change& change);
  /// Something waits to be sent.
  [[nodiscard]] bool has_news() const { return !with_news_.empty(); }
  void flush();

 private:
  struct Client {
    std::string app;
    std::unordered_set<TransferId> attached;
    std::unordered_set<TransferId> created;
    bool watches_app = false;
    bool watches_all = false;
    std::vector<Change> news;
    std::unordered_map<TransferId, std::size_t>
        last_progress;  ///< index in `news`, while nothing newer of that operation follows
  };
  void queue(const ClientName& name, Client& client, const Change& change);

  Send send_;
  std::unordered_map<ClientName, Client> clients_;
  std::unordered_map<TransferId, std::vector<ClientName>> attached_to_;
  std::unordered_set<ClientName> with_news_;
};

}  // namespace lh
