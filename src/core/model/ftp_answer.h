#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/time.h"
#include "core/base/units.h"
#include "core/model/response_head.h"

namespace lh {

/// The method of FTP downloads (R56).
inline constexpr std::string_view kFtpMethod = "RETR";

/// What an FTP server tells of a file before it sends it, in the form of an answer, so that it is
/// judged where all answers are: fields SIZE and MDTM. It is shown to nobody (R176, R78).
[[nodiscard]] ResponseHead ftp_answer(std::string uri, std::optional<ByteCount> size,
                                      std::optional<std::int64_t> modified);
/// Length of the file; nothing if the server does not tell.
[[nodiscard]] std::optional<ByteCount> ftp_size(const ResponseHead& head);
/// Time of its last change, as stored in a validator; empty if the server does not tell.
[[nodiscard]] std::string ftp_time(const ResponseHead& head);
/// Whether that time stands for one version: it counts seconds, so it must have been a while ago
/// (as for Last-Modified, RFC 9110, section 8.8.2.2).
[[nodiscard]] bool ftp_time_proves(const ResponseHead& head, TimePoint now);

}  // namespace lh
