#include "client/create_once.h"

#include <tuple>
#include <vector>

namespace lh {

std::optional<bool> exists(ServiceConnection& connection, const TransferId& id) {
  ListRequest request;
  request.id_prefix = id.to_string();
  request.all_apps = true;
  const auto page = connection.call_and_wait<std::vector<WireSnapshot>>(
      "List", Repeat::Safe, encode_list_request(request), std::uint64_t{0}, std::uint32_t{1});
  if (!page) return std::nullopt;
  return !std::get<0>(*page.value).empty();
}

}  // namespace lh
