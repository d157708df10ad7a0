#pragma once

#include <string>

#include "cli/creation_options.h"
#include "cli/exit_status.h"
#include "longhaul/service.h"

namespace lh::cli {

/// What put and post have in common: the settings that the options say, without what is sent.
/// Throws Failure.
[[nodiscard]] longhaul::UploadSettings upload_settings(const CreationOptions& options,
                                                       const std::string& method,
                                                       const std::string& url);
/// Hands it to the service, prints it, and waits for its end if that is wanted.
[[nodiscard]] ExitStatus upload(const CreationOptions& options,
                                const longhaul::UploadSettings& settings, const std::string& url);

}  // namespace lh::cli
