#include "cli/download_plan.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <filesystem>
#include <unordered_map>
#include <unordered_set>

#include "cli/failure.h"
#include "cli/text.h"

namespace lh::cli {
namespace {

constexpr std::size_t kBadLinesShown = 20;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool starts_with_scheme(std::string_view url) {
  const std::size_t colon = url.find("://");
  if (colon == 0 || colon == url.npos) return false;
  return url.substr(0, colon).find_first_of("/?#") == url.npos;
}

/// A folder already looked at is not looked at again: lists are long.
class CheckedFolders {
 public:
  int error_of(const std::string& folder) {
    const auto [place, is_new] = errors_.try_emplace(folder, 0);
    if (is_new) place->second = look(folder);
    return place->second;
  }

 private:
  static int look(const std::string& folder) {
    struct stat info{};
    if (stat(folder.c_str(), &info) != 0) return errno;
    if (!S_ISDIR(info.st_mode)) return ENOTDIR;
    return access(folder.c_str(), W_OK | X_OK) == 0 ? 0 : errno;
  }

  std::unordered_map<std::string, int> errors_;
};

CheckedFolders& checked_folders() {
  static CheckedFolders folders;
  return folders;
}

}  // namespace

std::optional<std::string> url_problem(std::string_view url) {
  for (const char c : url) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == 0x7F)
      return "is not a URL: it has a space or a control character in it";
  }
  if (!starts_with_scheme(url))
    return "is not a URL: it does not begin with http://, https:// or ftp://";
  const std::string scheme = lower_case(url.substr(0, url.find(':')));
  if (scheme != "http" && scheme != "https" && scheme != "ftp")
    return "cannot be downloaded: only http, https and ftp are supported";
  std::string_view host = url.substr(url.find("://") + 3);
  host = host.substr(0, host.find_first_of("/?#"));
  if (const std::size_t at = host.rfind('@'); at != host.npos) host.remove_prefix(at + 1);
  if (host.empty() || host.front() == ':') return "is not a URL: it names no host";
  return std::nullopt;
}

std::string without_credentials(std::string_view url) {
  // Also of what is no URL: "http:/user:password@host".
  const std::size_t slash = url.find('/');
  const bool is_behind_scheme = slash == 0 || (slash != url.npos && url[slash - 1] == ':');
  const std::size_t begin =
      is_behind_scheme ? std::min(url.find_first_not_of('/', slash), url.size()) : 0;
  const std::size_t end = std::min(url.find_first_of("/?#", begin), url.size());
  const std::string_view authority = url.substr(begin, end - begin);
  const std::size_t colon = authority.rfind(':');
  // A password may have a slash in it, where it should not: what looks like a port is none.
  const bool is_odd = authority.find('@') == authority.npos && colon != authority.npos &&
                      colon + 1 < authority.size() && !is_digit(authority[colon + 1]) &&
                      !authority.ends_with(']');
  const std::size_t at = (is_odd ? url.substr(begin) : authority).rfind('@');
  if (at == url.npos) return std::string(url);
  return std::string(url.substr(0, begin)) + "..." + std::string(url.substr(begin + at));
}

std::string current_folder() {
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::current_path(error);
  if (error) throw system_failure("cannot find the current folder", error.value());
  return folder.string();
}

std::string absolute_path(const std::string& folder, const std::string& path) {
  const bool is_absolute = !path.empty() && path.front() == '/';
  const std::filesystem::path whole(is_absolute ? path : folder + "/" + path);
  std::string result;
  for (const std::filesystem::path& part : whole.relative_path()) {
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      // Behind a link, ".." is the parent of what it leads to.
      char real[PATH_MAX];
      if (realpath(result.empty() ? "/" : result.c_str(), real) != nullptr) result = real;
      result.erase(result.find_last_of('/') == result.npos ? 0 : result.find_last_of('/'));
      continue;
    }
    result += "/" + part.string();
  }
  return result.empty() ? "/" : result;
}

void check_folder(const std::string& folder) {
  const int error = checked_folders().error_of(folder);
  if (error != 0) throw system_failure("cannot create files in " + folder, error);
}

longhaul::DownloadItem target_file(const std::string& folder, const std::string& path) {
  const auto refuse = [&path](int error) {
    return system_failure("cannot save to " + path, error);
  };
  if (path.empty()) throw bad_argument("the name of the file is empty");
  if (path.find('\0') != path.npos) throw bad_argument(path + " has a NUL in it");
  const std::string absolute = absolute_path(folder, path);
  struct stat info{};
  const bool ends_as_folder = path.back() == '/' || path == "." || path == ".." ||
                              path.ends_with("/.") || path.ends_with("/..");
  const bool exists = stat(absolute.c_str(), &info) == 0;
  if (ends_as_folder || (exists && S_ISDIR(info.st_mode))) throw refuse(EISDIR);
  if (exists && !S_ISREG(info.st_mode)) {
    throw bad_argument("cannot save to " + path + ": it is a device, a pipe or a socket");
  }
  const std::size_t slash = absolute.rfind('/');
  longhaul::DownloadItem item;
  item.Folder = slash == 0 ? "/" : absolute.substr(0, slash);
  item.FileName = absolute.substr(slash + 1);
  if (item.FileName.size() > NAME_MAX) throw refuse(ENAMETOOLONG);
  check_folder(item.Folder);
  return item;
}

std::optional<longhaul::DownloadItem> parse_list_line(std::string_view line,
                                                      const std::string& folder) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (trim(line).empty() || line.front() == '#') return std::nullopt;
  const std::size_t tab = line.find('\t');
  const std::string url(trim(line.substr(0, tab)));
  if (const auto problem = url_problem(url))
    throw bad_argument("'" + without_credentials(url) + "' " + *problem);
  longhaul::DownloadItem item;
  if (tab == line.npos) {
    check_folder(folder);
    item.Folder = folder;
  } else {
    const std::string file(line.substr(tab + 1));
    if (file.find('\t') != file.npos) {
      throw bad_argument(
          "there is a second tab behind the file '" + file.substr(0, file.find('\t')) + "'",
          "A name with a tab in it can be given with -o.");
    }
    item = target_file(folder, file);
  }
  item.Url = url;
  return item;
}

std::vector<PlannedDownload> read_list(std::istream& list, const std::string& name,
                                       const std::string& folder) {
  std::vector<PlannedDownload> downloads;
  std::unordered_set<std::string> files;
  std::size_t bad = 0;
  std::size_t number = 0;
  for (std::string line; std::getline(list, line);) {
    const std::string origin = name + ":" + std::to_string(++number);
    try {
      std::optional<longhaul::DownloadItem> item = parse_list_line(line, folder);
      if (!item) continue;
      const bool is_new =
          item->FileName.empty() || files.insert(item->Folder + "/" + item->FileName).second;
      if (!is_new) throw bad_argument("an earlier line has the same file " + item->FileName);
      if (bad == 0) downloads.push_back({std::move(*item), origin});
    } catch (const Failure& failure) {
      if (++bad <= kBadLinesShown)
        complain(origin + ": " + failure.what(), failure.cause(), failure.next());
    }
  }
  if (list.bad()) throw system_failure("cannot read " + name, EIO);
  if (bad > 0)
    throw bad_argument("nothing was started: " + counted(bad, "bad line") + " in " + name);
  return downloads;
}

}  // namespace lh::cli
