#pragma once

#include <string_view>

#include "core/http/header_field.h"

namespace lh {

/// R58: values of one name concatenate; cookies with the separator that they have.
void add_request_header(HeaderList& headers, const HeaderField& added);
/// R61: all values of that name, compared without letter case.
void remove_request_header(HeaderList& headers, std::string_view name);

}  // namespace lh
