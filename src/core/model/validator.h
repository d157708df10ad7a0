#pragma once

#include <cstdint>
#include <string>

namespace lh {

/// What proves that bytes of two responses belong to the same file (R72 to R75 as amended).
struct Validator {
  enum class Kind : std::uint8_t {
    None,          ///< nothing, a weak tag or a too young date: never join
    StrongEtag,    ///< `value` is the tag with its quotes
    LastModified,  ///< `value` is the date as received; at least 60 s older than the response's
                   ///< Date (RFC 9110, section 8.8.2.2)
    Checksum,      ///< the server proves nothing, but the app's checksum tells in the end
    FileTime,      ///< FTP: `value` is the time of the file's last change; with its length (R177)
    OldDate  ///< LastModified of an answer from another URI: an answer of the new one must name
             ///< it (R160 as amended)
  };
  Kind kind = Kind::None;
  std::string value;

  [[nodiscard]] bool can_resume() const { return kind != Kind::None; }
  friend bool operator==(const Validator&, const Validator&) = default;
};

}  // namespace lh
