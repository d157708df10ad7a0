#pragma once

#include <mutex>

#include "core/http/multipart.h"
#include "longhaul/storage/storage_file.h"

namespace longhaul::detail {

/// What stands behind the handles of a part. Any thread.
class ContentPart {
 public:
  ContentPart() = default;
  ContentPart(std::string name, std::string file_name);

  void file(const IStorageFile& value);
  void text(std::string value);
  void header(lh::HeaderField field);

  /// As it is now; the file where it is now.
  [[nodiscard]] lh::BodyPart snapshot() const;

 private:
  mutable std::mutex mutex_;
  lh::BodyPart part_;  ///< but for its file
  IStorageFile file_ = nullptr;
};

}  // namespace longhaul::detail
