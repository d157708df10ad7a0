#pragma once

#include <functional>
#include <string>
#include <vector>

#include "files/file_service.h"

namespace lh {

/// Whether downloads can be made in `folder`: absolute, there, a folder, writable.
[[nodiscard]] FolderCheck check_folder(FileOps& ops, const std::string& folder);

/// The transfers that files in `folder` are named after, partial ones included; none if there is no
/// such folder.
[[nodiscard]] std::vector<TransferId> list_ids(const std::string& folder);

/// Removes partial files in `folder` whose transfer `is_live` does not know.
void sweep_folder(FileOps& ops, const std::string& folder,
                  const std::function<bool(const TransferId&)>& is_live);

}  // namespace lh
