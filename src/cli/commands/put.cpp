#include <memory>
#include <optional>
#include <string>

#include "cli/command.h"
#include "cli/upload.h"

namespace lh::cli {
namespace {

struct PutOptions {
  std::optional<std::string> file;
  std::optional<std::string> url;
  bool tus = false;
  bool digest = false;
  CreationOptions common;
};

ExitStatus run_put(const PutOptions& options) {
  longhaul::UploadSettings settings = upload_settings(options.common, "PUT", *options.url);
  settings.Tus = options.tus;
  settings.Digest = options.digest;
  if (*options.file == "-") {
    settings.BodyStream = read_standard_input;
  } else {
    settings.BodyFile = readable_file(*options.file, "what is to be sent");
  }
  return upload(options.common, settings, *options.url);
}

Run define_put(Arguments& arguments) {
  const auto options = std::make_shared<PutOptions>();
  arguments.operand("FILE", options->file, true);
  arguments.operand("URL", options->url, true);
  options->common.declare_life(arguments);
  options->common.request.declare(arguments, "PUT");
  arguments.flag("--tus", options->tus, "URL is where a tus server creates uploads");
  arguments.flag("--digest", options->digest, "Tell the server the SHA-256 of what is sent");
  options->common.declare_output(arguments);
  return [options] { return run_put(*options); };
}

}  // namespace

const Command put_command{
    "put",
    "[OPTION...] FILE URL",
    "Upload a file in the background",
    "Hands the upload to the service, prints its ID and returns at once. The file must stay as it "
    "is until the upload has ended; one that changes meanwhile is an error. - reads standard input "
    "to its end, and the service keeps it.\n\n"
    "An upload that is interrupted goes on where it was if the server can do that (Resumable "
    "Uploads "
    "for HTTP; with --tus, tus 1.0), else it begins anew, by itself. One with a method that must "
    "not be "
    "carried out twice (--method POST) is not sent again unless somebody is there to see it: with "
    "--wait, 'longhaul watch' or an app of its own. 'longhaul cat' shows what the server has "
    "answered.",
    "longhaul put holiday.mp4 https://example.org/videos/holiday.mp4\n"
    "tar -cz photos | longhaul put - https://example.org/photos.tar.gz\n"
    "longhaul cat $(longhaul put --wait report.pdf https://example.org/in)",
    &define_put};

}  // namespace lh::cli
