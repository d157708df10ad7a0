#pragma once

#include <string>
#include <string_view>

#include "longhaul/service.h"

namespace lh::cli {

/// "USER:PASSWORD". Without a colon the password is asked for on the terminal; throws Failure where
/// there is none. `option` is what it was given with. ":" is the user's own ticket (Kerberos).
[[nodiscard]] longhaul::TransferLogin parse_login(const std::string& text,
                                                  const std::string& option);

/// The first line of `file`, in the same form, but never asked for.
[[nodiscard]] longhaul::TransferLogin read_login(const std::string& file);

/// Whether the next word of a command line is the value of this option and may be a secret: a
/// login, a header, a proxy.
[[nodiscard]] bool takes_secret(std::string_view word);
/// Whether this word itself may hold one: such an option with its value, or a URL with a user.
[[nodiscard]] bool may_hold_secret(std::string_view word);

}  // namespace lh::cli
