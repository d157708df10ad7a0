#pragma once

#include <string>
#include <string_view>

namespace lh {

/// `text` without the user and password of the addresses in it: "ftp://ann:secret@host/" becomes
/// "ftp://host/".
[[nodiscard]] std::string without_user_info(std::string_view text);

}  // namespace lh
