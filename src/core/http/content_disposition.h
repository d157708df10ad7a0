#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lh {

/// The file name of a `Content-Disposition` value, UTF-8, not sanitised: `filename*` (RFC 8187)
/// before `filename` (RFC 6266).
[[nodiscard]] std::optional<std::string> disposition_file_name(std::string_view value);

/// The last path segment of a URL, percent-decoded; empty if there is none.
[[nodiscard]] std::string url_file_name(std::string_view url);

/// A name that is safe to create in a folder, whatever the server said: no directories, control or
/// bidi characters, leading dots or blanks, at most 255 bytes cut between characters with the
/// extension kept, valid UTF-8. Empty if nothing is left.
[[nodiscard]] std::string sanitise_file_name(std::string_view name);

/// "name (2).ext" for n = 2, within 255 bytes.
[[nodiscard]] std::string numbered_file_name(std::string_view name, unsigned n);

}  // namespace lh
