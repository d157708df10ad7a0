#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/guid.h"
#include "core/base/result.h"

namespace lh {

/// Secrets as files of the user alone (mode 0600 in a folder of mode 0700), named by their ids. One
/// thread at a time.
class SecretFiles {
 public:
  explicit SecretFiles(std::string folder) : folder_(std::move(folder)) {}

  /// Durable when it returns.
  [[nodiscard]] Result<void> put(const Guid& id, std::string_view text) const;
  /// NotFound if there is none; Unavailable if it is only now that it cannot be read.
  [[nodiscard]] Result<std::string> load(const Guid& id) const;
  /// NotFound if there is none.
  [[nodiscard]] Result<void> erase(const Guid& id) const;
  /// What a crash left half written is removed.
  [[nodiscard]] std::vector<Guid> list() const;
  [[nodiscard]] std::string path_of(const Guid& id) const;
  [[nodiscard]] bool has(const Guid& id) const;

 private:
  std::string folder_;
};

}  // namespace lh
