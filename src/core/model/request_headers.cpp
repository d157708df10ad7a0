#include "core/model/request_headers.h"

#include <algorithm>

namespace lh {

void add_request_header(HeaderList& headers, const HeaderField& added) {
  const auto found = std::ranges::find_if(headers, [&added](const HeaderField& field) {
    return same_field_name(field.name, added.name);
  });
  if (found == headers.end()) return headers.push_back(added);
  found->value += same_field_name(added.name, "Cookie") ? "; " : ", ";
  found->value += added.value;
}

void remove_request_header(HeaderList& headers, std::string_view name) {
  std::erase_if(headers,
                [name](const HeaderField& field) { return same_field_name(field.name, name); });
}

}  // namespace lh
