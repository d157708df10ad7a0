#pragma once

#include <string>
#include <utility>

#include "core/base/result.h"
#include "platform/unique_fd.h"

namespace lh {

/// One service per state folder. Held as long as it lives; the kernel lets go of it when the
/// process ends, however it ends.
class InstanceLock {
 public:
  /// Locks FOLDER/lock and writes our process id into it. A holder that is just leaving is waited
  /// for, a second or two; the error names the process that stays.
  [[nodiscard]] static Result<InstanceLock> acquire(const std::string& state_folder);

 private:
  explicit InstanceLock(UniqueFd file) : file_(std::move(file)) {}
  UniqueFd file_;
};

}  // namespace lh
