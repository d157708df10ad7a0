#include "reach/secret_service.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include <sdbus-c++/sdbus-c++.h>

namespace lh {
namespace {

constexpr const char* kService = "org.freedesktop.secrets";
constexpr const char* kServicePath = "/org/freedesktop/secrets";
constexpr const char* kServiceInterface = "org.freedesktop.Secret.Service";
constexpr const char* kCollectionInterface = "org.freedesktop.Secret.Collection";
constexpr const char* kItemInterface = "org.freedesktop.Secret.Item";
constexpr const char* kPromptInterface = "org.freedesktop.Secret.Prompt";
constexpr const char* kNoObject = "/";
constexpr const char* kLabel = "Logins of a longhaul transfer";
constexpr auto kPatience = std::chrono::seconds(10);
constexpr auto kRest = std::chrono::minutes(1);

using Attributes = std::map<std::string, std::string>;
using Paths = std::vector<sdbus::ObjectPath>;
/// session, parameters, value, content type
using Secret = sdbus::Struct<sdbus::ObjectPath, std::vector<std::uint8_t>,
                             std::vector<std::uint8_t>, std::string>;

Error unavailable(std::string detail) {
  return {ErrorKind::Unavailable, 0, "ask the Secret Service", {}, std::move(detail)};
}

}  // namespace

/// A connection to the bus, and a session with the service on it.
class SecretService::Session {
 public:
  explicit Session(const std::string& address)
      : bus_(address.empty() ? sdbus::createSessionBusConnection()
                             : sdbus::createSessionBusConnectionWithAddress(address)),
        driver_(sdbus::createProxy(*bus_, "org.freedesktop.DBus", "/org/freedesktop/DBus")),
        service_(object(kServicePath)) {
    bus_->setMethodCallTimeout(kPatience);
  }

  std::unique_ptr<sdbus::IProxy> object(const std::string& path) {
    return sdbus::createProxy(*bus_, kService, path);
  }
  sdbus::IProxy& service() { return *service_; }

  bool is_running() {
    bool owned = false;
    driver_->callMethod("NameHasOwner")
        .onInterface("org.freedesktop.DBus")
        .withArguments(std::string(kService))
        .storeResultsTo(owned);
    return owned;
  }
  bool is_activatable() {
    std::vector<std::string> names;
    driver_->callMethod("ListActivatableNames")
        .onInterface("org.freedesktop.DBus")
        .storeResultsTo(names);
    return std::ranges::find(names, kService) != names.end();
  }

  /// "plain": the bus is local, and who may read it may read the keyring too.
  const sdbus::ObjectPath& open() {
    if (!path_) {
      sdbus::Variant output;
      sdbus::ObjectPath path;
      service_->callMethod("OpenSession")
          .onInterface(kServiceInterface)
          .withArguments(std::string("plain"), sdbus::Variant(std::string()))
          .storeResultsTo(output, path);
      path_ = path;
    }
    return *path_;
  }

  /// Items with these attributes, first those that are unlocked or can be without asking.
  std::pair<Paths, Paths> search(const Attributes& attributes) {
    Paths unlocked;
    Paths locked;
    service_->callMethod("SearchItems")
        .onInterface(kServiceInterface)
        .withArguments(attributes)
        .storeResultsTo(unlocked, locked);
    if (!locked.empty()) {
      Paths opened = unlock(locked);
      unlocked.insert(unlocked.end(), opened.begin(), opened.end());
      std::erase_if(locked, [&opened](const sdbus::ObjectPath& path) {
        return std::ranges::find(opened, path) != opened.end();
      });
    }
    return {std::move(unlocked), std::move(locked)};
  }

  /// Those that needed no question to the user.
  Paths unlock(const Paths& objects) {
    Paths unlocked;
    sdbus::ObjectPath prompt;
    service_->callMethod("Unlock")
        .onInterface(kServiceInterface)
        .withArguments(objects)
        .storeResultsTo(unlocked, prompt);
    dismiss(prompt);
    return unlocked;
  }

  sdbus::ObjectPath default_collection() {
    sdbus::ObjectPath path;
    service_->callMethod("ReadAlias")
        .onInterface(kServiceInterface)
        .withArguments(std::string("default"))
        .storeResultsTo(path);
    return path;
  }

  bool is_locked(const sdbus::ObjectPath& collection) {
    return object(collection)->getProperty("Locked").onInterface(kCollectionInterface).get<bool>();
  }

  /// False if it would ask the user first.
  bool create_item(const sdbus::ObjectPath& collection, const Attributes& attributes,
                   std::string_view text) {
    const std::map<std::string, sdbus::Variant> properties = {
        {std::string(kItemInterface) + ".Label", sdbus::Variant(std::string(kLabel))},
        {std::string(kItemInterface) + ".Attributes", sdbus::Variant(attributes)}};
    const Secret secret(open(), {}, std::vector<std::uint8_t>(text.begin(), text.end()),
                        "text/plain");
    sdbus::ObjectPath item;
    sdbus::ObjectPath prompt;
    object(collection)
        ->callMethod("CreateItem")
        .onInterface(kCollectionInterface)
        .withArguments(properties, secret, true)
        .storeResultsTo(item, prompt);
    dismiss(prompt);
    return item != kNoObject;
  }

  std::string secret_of(const sdbus::ObjectPath& item) {
    Secret secret;
    object(item)
        ->callMethod("GetSecret")
        .onInterface(kItemInterface)
        .withArguments(open())
        .storeResultsTo(secret);
    const std::vector<std::uint8_t>& value = secret.get<2>();
    return {value.begin(), value.end()};
  }

  /// False if it would ask the user first.
  bool erase(const sdbus::ObjectPath& item) {
    sdbus::ObjectPath prompt;
    object(item)->callMethod("Delete").onInterface(kItemInterface).storeResultsTo(prompt);
    return !dismiss(prompt);
  }

  std::optional<Guid> id_of(const sdbus::ObjectPath& item) {
    const auto attributes =
        object(item)->getProperty("Attributes").onInterface(kItemInterface).get<Attributes>();
    const auto id = attributes.find("id");
    return id == attributes.end() ? std::nullopt : Guid::parse(id->second);
  }

 private:
  /// True if there was such a question; nobody asks it, and it must not wait for that forever.
  bool dismiss(const sdbus::ObjectPath& prompt) {
    if (prompt.empty() || prompt == kNoObject) return false;
    object(prompt)->callMethod("Dismiss").onInterface(kPromptInterface).dontExpectReply();
    return true;
  }

  std::unique_ptr<sdbus::IConnection> bus_;
  std::unique_ptr<sdbus::IProxy> driver_;
  std::unique_ptr<sdbus::IProxy> service_;
  std::optional<sdbus::ObjectPath> path_;
};

namespace {

Attributes attributes_of(const std::string& state_folder) {
  return {{"xdg:schema", "org.longhaul.Transfer"}, {"state-folder", state_folder}};
}

Attributes attributes_of(const std::string& state_folder, const Guid& id) {
  Attributes attributes = attributes_of(state_folder);
  attributes["id"] = id.to_string();
  return attributes;
}

}  // namespace

SecretService::SecretService(std::string bus_address, std::string state_folder)
    : bus_address_(std::move(bus_address)), state_folder_(std::move(state_folder)) {}
SecretService::~SecretService() = default;

template <typename T, typename Work>
Result<T> SecretService::ask(Work work) {
  using Clock = std::chrono::steady_clock;
  const auto asked_at = Clock::now();
  if (asked_at < deaf_until_) return unavailable("it did not answer a moment ago");
  try {
    if (!session_) session_ = std::make_unique<Session>(bus_address_);
    return work(*session_);
  } catch (const sdbus::Error& error) {
    session_.reset();
    const auto now = Clock::now();
    if (now - asked_at >= kPatience) deaf_until_ = now + kRest;
    return unavailable(error.getName() + ": " + error.getMessage());
  }
}

bool SecretService::is_there() {
  const auto there =
      ask<bool>([](Session& session) { return session.is_running() || session.is_activatable(); });
  return there.ok() && *there;
}

bool SecretService::is_running() {
  const auto running = ask<bool>([](Session& session) { return session.is_running(); });
  return running.ok() && *running;
}

Result<void> SecretService::put(const Guid& id, std::string_view text) {
  const auto stored = ask<bool>([&](Session& session) -> Result<bool> {
    const sdbus::ObjectPath collection = session.default_collection();
    if (collection == kNoObject) return unavailable("it has no default collection");
    if (session.is_locked(collection) && session.unlock({collection}).empty()) {
      return unavailable("its default collection is locked");
    }
    return session.create_item(collection, attributes_of(state_folder_, id), text);
  });
  if (!stored) return stored.error();
  if (!*stored) return unavailable("it wants to ask the user before it keeps anything");
  return {};
}

Result<std::string> SecretService::load(const Guid& id) {
  return ask<std::string>([&](Session& session) -> Result<std::string> {
    const auto [unlocked, locked] = session.search(attributes_of(state_folder_, id));
    if (!unlocked.empty()) return session.secret_of(unlocked.front());
    if (!locked.empty()) return unavailable("the keyring is locked");
    return Error{ErrorKind::NotFound, 0, "look up", id.to_string(), "no such entry"};
  });
}

Result<void> SecretService::erase(const Guid& id) {
  const auto erased = ask<bool>([&](Session& session) -> Result<bool> {
    const auto [unlocked, locked] = session.search(attributes_of(state_folder_, id));
    bool all = true;
    for (const sdbus::ObjectPath& path : unlocked) all = session.erase(path) && all;
    if (!all) return unavailable("it wants to ask the user before it forgets anything");
    if (!locked.empty()) return unavailable("the keyring is locked");
    return !unlocked.empty();
  });
  if (!erased) return erased.error();
  if (!*erased) return Error{ErrorKind::NotFound, 0, "look up", id.to_string(), "no such entry"};
  return {};
}

std::vector<Guid> SecretService::list() {
  auto ids = ask<std::vector<Guid>>([this](Session& session) {
    std::vector<Guid> found;
    const auto [unlocked, locked] = session.search(attributes_of(state_folder_));
    for (const sdbus::ObjectPath& path : unlocked) {
      if (const auto id = session.id_of(path)) found.push_back(*id);
    }
    return found;
  });
  return ids.ok() ? std::move(*ids) : std::vector<Guid>();
}

}  // namespace lh
