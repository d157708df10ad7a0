#pragma once

#include <string>

#include "longhaul/service.h"

namespace lh::cli {

/// One -F as curl has it: "name=value" or "name=@file", both with ";type=MIME" and
/// ";filename=NAME" behind. A file's name is the last part of its path unless it is given; what is
/// in double quotes ends there, and a backslash is for the character behind it. Throws Failure.
[[nodiscard]] longhaul::UploadPart parse_form_field(const std::string& text);

}  // namespace lh::cli
