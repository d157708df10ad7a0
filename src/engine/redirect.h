#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "core/model/response_head.h"
#include "core/model/transfer_error.h"

namespace lh {

inline constexpr unsigned kMaxRedirects = 20;

/// The request that a redirect asks for.
struct Redirect {
  std::string uri;
  std::string method;
  bool keeps_content = true;  ///< the new request sends what this one has sent
  bool other_origin = false;  ///< nothing that was meant for the first server may go there

  friend bool operator==(const Redirect&, const Redirect&) = default;
};

/// 301, 302, 303, 307, 308.
[[nodiscard]] bool is_redirect(int status);

/// What follows from the redirect `head`, the answer to `method`; `followed` others went before it
/// (R68 as amended). An error: no or bad Location, another scheme, https to http, too many.
[[nodiscard]] std::variant<Redirect, TransferError> follow_redirect(const ResponseHead& head,
                                                                    std::string_view method,
                                                                    unsigned followed);

}  // namespace lh
