#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/failure.h"
#include "cli/form_field.h"
#include "cli/upload.h"

namespace lh::cli {
namespace {

struct PostOptions {
  std::optional<std::string> url;
  std::vector<std::string> fields;
  std::optional<std::string> subtype;
  std::optional<std::string> boundary;
  CreationOptions common;
};

ExitStatus run_post(const PostOptions& options) {
  if (options.fields.empty()) throw bad_argument("post needs at least one -F, as in -F name=@FILE");
  longhaul::UploadSettings settings = upload_settings(options.common, "POST", *options.url);
  settings.Parts.reserve(options.fields.size());
  for (const std::string& field : options.fields) {
    settings.Parts.push_back(parse_form_field(field));
  }
  settings.Subtype = options.subtype.value_or("");
  settings.Boundary = options.boundary.value_or("");
  return upload(options.common, settings, *options.url);
}

Run define_post(Arguments& arguments) {
  const auto options = std::make_shared<PostOptions>();
  arguments.operand("URL", options->url, true);
  arguments.values("-F,--form", "NAME=VALUE", options->fields,
                   "A part: a text, or with NAME=@FILE a file; several are sent in that order");
  arguments.value("--subtype", "SUBTYPE", options->subtype,
                  "Send multipart/SUBTYPE instead of multipart/form-data");
  arguments.value("--boundary", "BOUNDARY", options->boundary,
                  "What divides the parts; generated unless given");
  options->common.declare_life(arguments);
  options->common.request.declare(arguments, "POST");
  options->common.declare_output(arguments);
  return [options] { return run_post(*options); };
}

}  // namespace

const Command post_command{
    "post",
    "[OPTION...] URL -F NAME=VALUE...",
    "Upload a form, with texts and files, in the background",
    "Hands the upload to the service, prints its ID and returns at once. The files are read when "
    "they are sent, and must stay as they are until the upload has ended; one that changes "
    "meanwhile is an error.\n\n"
    "Behind a value, ;type=MIME sets the part's content type and ;filename=NAME what the server is "
    "told as its file name; that of a file is the last part of its path unless it is set.\n\n"
    "An upload that is interrupted is not sent again unless somebody is there to see it: with "
    "--wait, 'longhaul watch' or an app of its own; for the server may have got it. With --method "
    "PUT it begins anew by itself. 'longhaul cat' shows what the server has answered.",
    "longhaul post https://example.org/in -F title=Holiday -F photo=@beach.jpg\n"
    "longhaul post https://example.org/in -F 'a=@out;type=text/csv;filename=a.csv'",
    &define_post};

}  // namespace lh::cli
