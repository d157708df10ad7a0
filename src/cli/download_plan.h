#pragma once

#include <cstddef>
#include <istream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "longhaul/service.h"

namespace lh::cli {

/// A download that `get` was asked for, with its place on the command line or in a list.
struct PlannedDownload {
  longhaul::DownloadItem item;
  std::string origin;  ///< for messages: "LIST:3", else empty
  /// Whether the user has named the file.
  [[nodiscard]] bool is_named() const { return !item.FileName.empty(); }
};

/// Why `url` cannot be downloaded, or nothing. What only the service can tell is left to it.
[[nodiscard]] std::optional<std::string> url_problem(std::string_view url);

/// `url` for messages: without the user and password that it may hold.
[[nodiscard]] std::string without_credentials(std::string_view url);

/// `path` as seen from `folder`, which is absolute: without ".", repeated slashes, and ".."
/// resolved as the file system does.
[[nodiscard]] std::string absolute_path(const std::string& folder, const std::string& path);
[[nodiscard]] std::string current_folder();

/// Splits a path into folder and name, and checks that a file can be created there. Throws Failure
/// with the errno text.
[[nodiscard]] longhaul::DownloadItem target_file(const std::string& folder,
                                                 const std::string& path);
/// Checks that files can be created in it. Throws Failure with the errno text.
void check_folder(const std::string& folder);

/// A line of a list: URL, or URL, tab, FILE. Nothing for blank lines and comments. Throws Failure.
[[nodiscard]] std::optional<longhaul::DownloadItem> parse_list_line(std::string_view line,
                                                                    const std::string& folder);

/// All lines of a list. Reports each bad line with its number, and throws if there are any.
[[nodiscard]] std::vector<PlannedDownload> read_list(std::istream& list, const std::string& name,
                                                     const std::string& folder);

}  // namespace lh::cli
