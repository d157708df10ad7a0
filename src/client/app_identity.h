#pragma once

#include <string>

namespace lh {

/// $LONGHAUL_APP_ID, else the program's name.
[[nodiscard]] std::string default_app_id();
/// The app of this process: what SetAppId said, else the default. Final once asked.
[[nodiscard]] std::string app_id();
/// False if the app was asked for already.
[[nodiscard]] bool set_app_id(std::string id);

}  // namespace lh
