// The part of TransfersAdaptor that changes a transfer, also where its secrets are touched.
#include <algorithm>
#include <utility>

#include "core/model/request_headers.h"
#include "core/model/spec_check.h"
#include "daemon/request_parts.h"
#include "daemon/transfers_adaptor.h"
#include "ipc/error_names.h"
#include "platform/system_info.h"

namespace lh {
namespace {

/// What of a change concerns secrets; the rest is a WishedChange.
struct SecretWish {
  std::optional<Login> login;
  HeaderList set_headers;
  std::vector<std::string> remove_headers;
  bool has_uri = false;
};

bool touches_secrets(const SecretWish& wish) {
  return wish.has_uri || !wish.set_headers.empty() || !wish.remove_headers.empty();
}

/// What remains of them. Those that were meant for one server do not go to another (R68).
Secrets changed(Secrets secrets, const SecretWish& wish, bool other_origin) {
  if (other_origin) {
    secrets.server.reset();
    secrets.headers.clear();
  }
  if (wish.login) secrets.server = wish.login;
  for (const std::string& name : wish.remove_headers) remove_request_header(secrets.headers, name);
  for (const HeaderField& field : wish.set_headers) add_request_header(secrets.headers, field);
  return secrets;
}

Result<void> read_uri(const std::optional<std::string>& given, WishedChange& wish,
                      SecretWish& secret) {
  if (!given) return {};
  auto address = read_address(*given);
  if (!address) return std::move(address).error();
  if (auto checked = check_request_uri(address->uri); !checked) return checked;
  secret.has_uri = true;
  secret.login = std::move(address->login);
  wish.uri = std::pair{std::move(address->uri), std::move(address->origin)};
  return {};
}

/// Takes the request apart.
Result<std::pair<WishedChange, SecretWish>> read_wish(ChangeRequest request) {
  WishedChange wish;
  SecretWish secret;
  for (const HeaderField& header : request.set_headers) {
    if (auto checked = check_request_header(header.name, header.value); !checked) {
      return std::move(checked).error();
    }
    (is_secret_header(header.name) ? secret.set_headers : wish.set_headers).push_back(header);
  }
  for (std::string& name : request.remove_headers) {
    (is_secret_header(name) ? secret.remove_headers : wish.remove_headers)
        .push_back(std::move(name));
  }
  if (auto read = read_uri(request.uri, wish, secret); !read) return std::move(read).error();
  wish.priority = request.priority;
  wish.cost_policy = request.cost_policy;
  wish.recoverable = std::move(request.recoverable);
  return std::pair{std::move(wish), std::move(secret)};
}

Error no_such_transfer() {
  return {ErrorKind::NotFound, 0, {}, {}, "there is no such transfer"};
}

}  // namespace

struct TransfersAdaptor::SecretChange {
  TransferId id;
  WishedChange wish;
  SecretWish secret;
  bool other_origin = false;
  std::shared_ptr<Answer<>> answer;

  void refuse(const Error& why) const { answer->returnError(to_bus_error(why)); }
};

void TransfersAdaptor::Change(sdbus::Result<>&& result, std::string id, Dictionary changes) {
  require_hello();
  const std::optional<Guid> parsed = Guid::parse(id);
  if (!parsed) return result.returnError(to_bus_error(no_such_transfer()));
  Result<ChangeRequest> request = decode_change_request(changes);
  if (!request.ok()) return result.returnError(to_bus_error(request.error()));
  auto wish = read_wish(std::move(*request));
  if (!wish.ok()) return result.returnError(to_bus_error(wish.error()));
  auto change = std::make_shared<SecretChange>(SecretChange{
      *parsed, std::move(wish->first), std::move(wish->second), false, share(std::move(result))});
  if (!touches_secrets(change->secret)) {
    return parts_.manager.change(change->id, std::move(change->wish),
                                 [change](const std::optional<TransferError>& error) {
                                   if (error)
                                     return change->answer->returnError(to_bus_error(*error));
                                   change->answer->returnResults();
                                 });
  }
  secret_changes_.push_back(change);
  if (secret_changes_.size() == 1) carry_out(change);
}

void TransfersAdaptor::next_secret_change() {
  secret_changes_.pop_front();
  if (secret_changes_.empty()) return;
  // Not from here: what answers at once would come back deeper for each that waits.
  parts_.loop.post([this] { carry_out(secret_changes_.front()); });
}

void TransfersAdaptor::carry_out(const std::shared_ptr<SecretChange>& change) {
  parts_.manager.show(
      change->id, [this, change](const std::optional<TransferManager::Shown>& shown) {
        if (!shown) {
          change->refuse(no_such_transfer());
          return next_secret_change();
        }
        const TransferSpec& spec = shown->transfer.spec;
        change->other_origin = change->wish.uri && change->wish.uri->second != spec.origin;
        if (!spec.secret) return replace_secrets(change, Secrets());
        parts_.secrets.load(
            *spec.secret, [this, &loop = parts_.loop, change](const Result<Secrets>& before) {
              loop.post([this, change, before] {
                if (before.ok()) return replace_secrets(change, *before);
                // What is damaged is as good as gone: a new login mends it.
                const bool is_passing = before.error().kind == ErrorKind::Unavailable;
                if (!is_passing) return replace_secrets(change, std::nullopt);
                change->refuse(before.error());
                next_secret_change();
              });
            });
      });
}

/// `before`: nothing if the transfer refers to an entry that is no more.
void TransfersAdaptor::replace_secrets(const std::shared_ptr<SecretChange>& change,
                                       const std::optional<Secrets>& before) {
  Secrets after = changed(before.value_or(Secrets()), change->secret, change->other_origin);
  if (after == before) return finish(change);
  change->wish.secret = std::optional<SecretId>();
  if (after.empty()) return finish(change);
  const SecretId id = random_guid();
  change->wish.secret = id;
  parts_.secrets.put(id, std::move(after),
                     [this, &loop = parts_.loop, change](const Result<void>& kept) {
                       loop.post([this, change, kept] {
                         if (kept.ok()) return finish(change);
                         parts_.secrets.erase(**change->wish.secret);
                         change->refuse(kept.error());
                         next_secret_change();
                       });
                     });
}

void TransfersAdaptor::finish(const std::shared_ptr<SecretChange>& change) {
  parts_.manager.change(change->id, change->wish,
                        [this, change](const std::optional<TransferError>& error) {
                          const auto& secret = change->wish.secret;
                          if (error && secret && *secret) parts_.secrets.erase(**secret);
                          if (error) {
                            change->answer->returnError(to_bus_error(*error));
                          } else {
                            change->answer->returnResults();
                          }
                          next_secret_change();
                        });
}

}  // namespace lh
