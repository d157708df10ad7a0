#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/units.h"
#include "core/http/header_field.h"
#include "core/model/transfer_spec.h"
#include "core/model/validator.h"

namespace lh {

/// The head of the final response of a request: what `GetResponseInformation` shows, and what
/// judging needs.
struct ResponseHead {
  int status = 0;
  std::string uri;  ///< that delivered it, after redirects, without user info (R68)
  HeaderList headers;

  friend bool operator==(const ResponseHead&, const ResponseHead&) = default;
};

/// Length of the whole representation where the head tells it: Content-Range total, else
/// Content-Length of a 200 that is not encoded.
[[nodiscard]] std::optional<ByteCount> total_length(const ResponseHead& head);
/// Of the body itself, whatever it is; none if it is not told.
[[nodiscard]] std::optional<ByteCount> body_length(const ResponseHead& head);
/// The validator to resume with (R72 as amended): none for an encoded body.
[[nodiscard]] Validator validator_of(const ResponseHead& head);
/// Whether the lengths that the head gives contradict each other (RFC 9110, section 8.6): such an
/// answer cannot be trusted to end where it should.
[[nodiscard]] bool has_conflicting_lengths(const ResponseHead& head);
/// The digest of the whole representation that the head tells (RFC 9530; RFC 1864): as it is sent,
/// so with its content coding. Those of the content alone count for a 200 only.
/// In an answer to HEAD they speak of what was not sent.
[[nodiscard]] std::optional<Checksum> served_digest(const ResponseHead& head,
                                                    std::string_view method);
/// Whether a content coding other than identity was applied (R71).
[[nodiscard]] bool is_encoded(const ResponseHead& head);
/// The server says that it has no ranges (RFC 9110, section 14.3). One that says nothing may.
[[nodiscard]] bool refuses_ranges(const ResponseHead& head);
/// `ResponseInformation::IsResumable` (R72).
[[nodiscard]] bool is_resumable(const ResponseHead& head, std::string_view method);

}  // namespace lh
