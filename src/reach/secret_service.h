#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/guid.h"
#include "core/base/result.h"

namespace lh {

/// The Secret Service of a session (org.freedesktop.secrets): GNOME's keyring, KDE's wallet,
/// KeePassXC. Never asks the user: what is locked is left alone. Spoken over D-Bus directly,
/// because its usual library brings a main loop of its own into the service. Calls wait for the
/// answer; one thread at a time.
class SecretService {
 public:
  /// Entries carry `state_folder` as an attribute, so that several services share a keyring.
  SecretService(std::string bus_address, std::string state_folder);
  ~SecretService();
  SecretService(const SecretService&) = delete;
  SecretService& operator=(const SecretService&) = delete;

  /// Whether it runs, or the bus could start it.
  [[nodiscard]] bool is_there();
  [[nodiscard]] bool is_running();

  /// Unavailable if there is none, or its default collection is locked.
  [[nodiscard]] Result<void> put(const Guid& id, std::string_view text);
  /// NotFound, or Unavailable as above.
  [[nodiscard]] Result<std::string> load(const Guid& id);
  [[nodiscard]] Result<void> erase(const Guid& id);
  [[nodiscard]] std::vector<Guid> list();

 private:
  class Session;
  /// Runs `work` with the open session; what the bus objects to becomes Unavailable, and the next
  /// call connects anew. After a call that was not answered in time nothing is asked for a while:
  /// what waits behind it must not wait as long again.
  template <typename T, typename Work>
  [[nodiscard]] Result<T> ask(Work work);

  std::string bus_address_;
  std::string state_folder_;
  std::unique_ptr<Session> session_;
  std::chrono::steady_clock::time_point deaf_until_;
};

}  // namespace lh
