#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/guid.h"
#include "core/base/result.h"
#include "core/model/secrets.h"

namespace lh {

/// Where the secrets of operations are (design.md 2.10): the session's Secret Service where there
/// is one that is not locked, else a file of mode 0600 each. An entry never changes; it is written
/// before the rows that refer to it, and goes when the last of them has ended. Calls return at
/// once; `done` is called on a thread of the store. Any thread.
class SecretStore {
 public:
  template <typename T>
  using Done = std::function<void(T)>;

  /// `folder`, made when it is needed, is for the files; it also tells apart the entries of several
  /// services in one Secret Service. `bus_address`: where a Secret Service may be; none: nowhere.
  SecretStore(const std::string& folder, std::optional<std::string> bus_address);
  ~SecretStore();  ///< carries out what was asked for
  SecretStore(const SecretStore&) = delete;
  SecretStore& operator=(const SecretStore&) = delete;

  /// Durable when done.
  void put(const Guid& id, Secrets secrets, Done<Result<void>> done);
  /// NotFound if there is no such entry any more; Unavailable if it may be read later: it is in a
  /// store that is locked or does not answer now. Anything else: it is damaged, or not ours to
  /// read.
  void load(const Guid& id, Done<Result<Secrets>> done);
  void erase(const Guid& id);
  /// All entries that can be seen without starting a Secret Service.
  void list(Done<std::vector<Guid>> done);
  /// "secret-service" or "file": where the next entry goes, as far as is known; empty before the
  /// first look.
  [[nodiscard]] std::string place() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lh
