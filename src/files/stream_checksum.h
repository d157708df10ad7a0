#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace lh {

/// A digest while the bytes pass. One thread.
class StreamChecksum {
 public:
  /// `algorithm` as in `Checksum`: "sha256", "sha512", "sha1" or "md5"; InvalidArgument otherwise.
  [[nodiscard]] static Result<StreamChecksum> create(std::string_view algorithm);
  StreamChecksum(StreamChecksum&&) noexcept;
  StreamChecksum& operator=(StreamChecksum&&) noexcept;
  ~StreamChecksum();

  [[nodiscard]] Result<void> add(std::span<const char> data);
  /// The digest in lower-case hex; nothing can be added afterwards.
  [[nodiscard]] Result<std::string> finish();

 private:
  struct Context;
  explicit StreamChecksum(std::unique_ptr<Context> context);
  std::unique_ptr<Context> context_;
};

}  // namespace lh
