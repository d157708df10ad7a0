#pragma once

#include <string_view>

namespace lh {

/// "Not Found" for 404: the registered words, not those of the server. Empty for a status that has
/// none.
[[nodiscard]] std::string_view reason_phrase(int http_status);

}  // namespace lh
