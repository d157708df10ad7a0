#pragma once

#include <string>

#include "core/base/result.h"

namespace lh {

/// Where things live (cli.md, "Names"). All absolute. Reading the environment happens once, in
/// `from_environment`.
struct XdgPaths {
  std::string state_folder;    ///< $XDG_STATE_HOME/longhaul
  std::string config_file;     ///< $XDG_CONFIG_HOME/longhaul/longhaul.toml
  std::string runtime_folder;  ///< $XDG_RUNTIME_DIR/longhaul, else a private 0700 folder found
                               ///< again by the same user

  /// Fails where a variable holds a relative path or no home folder is known. Creates nothing.
  [[nodiscard]] static Result<XdgPaths> from_environment();

  /// The private bus of this pair of state and runtime folders: a folder of its own, so that two
  /// state folders never meet. Short enough for a socket address; falls back to a private folder
  /// under the system's temporary folder if it would not be.
  [[nodiscard]] std::string private_bus_folder() const;
};

/// mkdir -p with mode 0700 for what is new; refuses an existing folder of another user, or one that
/// others may write to.
[[nodiscard]] Result<void> ensure_private_folder(const std::string& path);

}  // namespace lh
