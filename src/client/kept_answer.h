#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/model/snapshot.h"
#include "platform/unique_fd.h"

namespace lh {

/// What a server has answered to an upload, for as long as somebody may read it, when the service
/// keeps it no more (R99). Small ones are bytes: a program may hold thousands of uploads, but not
/// as many descriptors. Any thread.
class KeptAnswer {
 public:
  /// Takes the descriptor.
  [[nodiscard]] static std::shared_ptr<const KeptAnswer> of(int content);

  /// As pread().
  [[nodiscard]] ssize_t read(std::span<std::uint8_t> into, std::uint64_t position) const;

 private:
  UniqueFd file_;  ///< none: `bytes_` are all of it
  std::vector<std::uint8_t> bytes_;
};

/// Whether it is an upload that has ended, with an answer that can be read.
[[nodiscard]] constexpr bool has_answer(const Snapshot& snapshot) {
  const bool is_readable = snapshot.status == BackgroundTransferStatus::Completed ||
                           snapshot.status == BackgroundTransferStatus::Error;
  return snapshot.kind == TransferKind::Upload && is_readable && snapshot.http_status.has_value() &&
         snapshot.bytes_received > 0;
}

}  // namespace lh
