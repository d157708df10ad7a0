#include "cli/upload.h"

#include <utility>

#include "cli/download_plan.h"
#include "cli/failure.h"
#include "cli/selection.h"
#include "longhaul/foundation/hresult.h"

namespace lh::cli {

longhaul::UploadSettings upload_settings(const CreationOptions& options, const std::string& method,
                                         const std::string& url) {
  if (const auto problem = url_problem(url))
    throw bad_argument("'" + without_credentials(url) + "' " + *problem);
  options.check();
  longhaul::UploadSettings settings;
  settings.Method = method;
  options.apply(settings);
  return settings;
}

ExitStatus upload(const CreationOptions& options, const longhaul::UploadSettings& settings,
                  const std::string& url) {
  longhaul::TransferService service = open_service();
  longhaul::TransferInfo created;
  try {
    created.Id = service.CreateUpload(settings, url, !options.paused);
  } catch (const longhaul::hresult_error& error) {
    throw service_failure(error.code(), error.what());
  }
  created.Kind = longhaul::TransferKind::Upload;
  created.Url = url;
  created.File = settings.BodyFile;
  created.Started = longhaul::UtcTime{};
  return report_created(service, options, {std::move(created)});
}

}  // namespace lh::cli
