#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <fstream>
#include <iostream>
#include <memory>
#include <string_view>

#include "cli/command.h"
#include "cli/creation_options.h"
#include "cli/download_plan.h"
#include "cli/failure.h"
#include "cli/options.h"
#include "cli/selection.h"
#include "longhaul/foundation/hresult.h"

namespace lh::cli {
namespace {

struct GetOptions {
  std::vector<std::string> urls;
  std::optional<std::string> file;
  std::optional<std::string> folder;
  std::optional<std::string> list;
  std::optional<std::string> checksum;
  std::optional<std::string> recoverable;
  CreationOptions common;
};

void append_list(const GetOptions& options, const std::string& folder,
                 std::vector<PlannedDownload>& downloads) {
  const std::string& name = *options.list;
  std::vector<PlannedDownload> listed;
  if (name == "-") {
    listed = read_list(std::cin, "standard input", folder);
  } else {
    // A folder can be opened but not read: ask before.
    const int descriptor = open(name.c_str(), O_RDONLY | O_CLOEXEC);
    char byte = 0;
    const bool readable = descriptor >= 0 && read(descriptor, &byte, 1) >= 0;
    const int error = errno;
    if (descriptor >= 0) close(descriptor);
    if (!readable) throw system_failure("cannot read the list " + name, error);
    std::ifstream stream(name);
    listed = read_list(stream, name, folder);
  }
  for (PlannedDownload& each : listed) downloads.push_back(std::move(each));
}

/// What is to be downloaded and where to. Throws before anything is created.
std::vector<PlannedDownload> plan(const GetOptions& options) {
  if (options.urls.empty() && !options.list)
    throw bad_argument("get needs at least one URL", "Try: longhaul help get");
  if (options.file && options.folder) throw bad_argument("-o and -d exclude each other");
  if (options.file && (options.list || options.urls.size() > 1))
    throw bad_argument("-o names the file of one download, but there are several",
                       "Give a folder with -d, or a list with -i.");
  if (options.list == "-" && options.common.request.body_file == "-")
    throw bad_argument("standard input cannot be both the list and the body");
  options.common.check();
  const std::string current = current_folder();
  const std::string folder = options.folder ? absolute_path(current, *options.folder) : current;
  std::vector<PlannedDownload> downloads;
  for (const std::string& url : options.urls) {
    if (const auto problem = url_problem(url))
      throw bad_argument("'" + without_credentials(url) + "' " + *problem);
    PlannedDownload download;
    if (options.file)
      download.item = target_file(current, *options.file);
    else
      download.item.Folder = folder;
    download.item.Url = url;
    downloads.push_back(std::move(download));
  }
  if (!options.file && !options.urls.empty()) check_folder(folder);
  if (options.folder) check_folder(folder);
  if (options.list) append_list(options, folder, downloads);
  if (options.checksum && downloads.size() > 1)
    throw bad_argument("--checksum is that of one download, but there are several");
  return downloads;
}

longhaul::DownloadSettings settings_of(const GetOptions& options) {
  longhaul::DownloadSettings settings;
  options.common.apply(settings);
  if (options.recoverable) settings.Recoverable = parse_web_errors(*options.recoverable);
  if (options.checksum) {
    check_checksum(*options.checksum);
    settings.Checksum = *options.checksum;
  }
  return settings;
}

/// The service names a bad item by its place in the call ("download 3: …"); the user knows it by
/// its line or its URL.
std::string in_users_terms(std::string_view message,
                           const std::vector<PlannedDownload>& downloads) {
  constexpr std::string_view mark = "download ";
  std::size_t place = 0;
  const char* const end = message.data() + message.size();
  if (!message.starts_with(mark)) return std::string(message);
  const auto [rest, error] = std::from_chars(message.data() + mark.size(), end, place);
  if (error != std::errc{} || rest == end || *rest != ':' || place >= downloads.size())
    return std::string(message);
  const PlannedDownload& download = downloads[place];
  const std::string name = download.origin.empty()
                               ? "'" + without_credentials(download.item.Url) + "'"
                               : download.origin;
  return name + std::string(rest, end);
}

/// Creates all or none; the IDs in the order of the downloads.
std::vector<std::string> create(longhaul::TransferService& service,
                                const longhaul::DownloadSettings& settings,
                                const std::vector<PlannedDownload>& downloads, bool start) {
  std::vector<longhaul::DownloadItem> items;
  items.reserve(downloads.size());
  for (const PlannedDownload& download : downloads) items.push_back(download.item);
  try {
    return service.CreateDownloads(settings, items, start);
  } catch (const longhaul::hresult_error& error) {
    throw service_failure(error.code(), in_users_terms(error.what(), downloads));
  }
}

ExitStatus run_get(const GetOptions& options) {
  const std::vector<PlannedDownload> downloads = plan(options);
  if (downloads.empty()) return ExitStatus::Done;
  const longhaul::DownloadSettings settings = settings_of(options);
  longhaul::TransferService service = open_service();
  const std::vector<std::string> ids = create(service, settings, downloads, !options.common.paused);
  std::vector<longhaul::TransferInfo> created;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    // The news brings the rest.
    longhaul::TransferInfo& transfer = created.emplace_back();
    transfer.Id = ids[i];
    transfer.Url = downloads[i].item.Url;
    if (downloads[i].is_named())
      transfer.File = downloads[i].item.Folder + "/" + downloads[i].item.FileName;
    transfer.Started = longhaul::UtcTime{};
  }
  return report_created(service, options.common, std::move(created));
}

Run define_get(Arguments& arguments) {
  const auto options = std::make_shared<GetOptions>();
  arguments.operands("URL", options->urls, false);
  arguments.value("-o,--output", "FILE", options->file,
                  "Save as FILE, which is replaced when the download is complete");
  arguments.value("-d,--directory", "DIR", options->folder,
                  "Save in DIR, under a name that the server or the URL gives");
  arguments.value("-i,--input", "LIST", options->list,
                  "Read more downloads from the file LIST (- is standard input): a line each, "
                  "URL or URL<TAB>FILE");
  options->common.declare_life(arguments);
  arguments.value("--checksum", "ALGORITHM:HEX", options->checksum,
                  "Fail unless the file has this sha256, sha512, sha1 or md5 digest");
  options->common.request.declare(arguments, "GET");
  options->common.request.declare_body(arguments);
  arguments.value(
      "--recoverable", "STATUS[,STATUS]", options->recoverable,
      "Pause on these errors (such as Forbidden) instead of ending; 'longhaul set --url' "
      "and 'longhaul resume' go on");
  options->common.declare_output(arguments);
  return [options] { return run_get(*options); };
}

}  // namespace

const Command get_command{
    "get",
    "[OPTION...] URL...|-i LIST",
    "Download files in the background",
    "Hands each URL to the service, prints the ID of each transfer on a line and returns at once. "
    "The transfers go on by themselves, whatever happens to this program, the service or the "
    "connection.\n\n"
    "Without -o the file goes to the current folder (or DIR). Its name comes from the server or "
    "the URL and never replaces a file that is there. A file appears under its name only when it "
    "is complete.",
    "longhaul get https://example.org/disc.iso\n"
    "longhaul get --wait -o disc.iso https://example.org/disc.iso\n"
    "longhaul get -d ~/Downloads --priority low -i list.txt\n"
    "longhaul wait $(longhaul get URL1 URL2) && echo both are here",
    &define_get};

}  // namespace lh::cli
